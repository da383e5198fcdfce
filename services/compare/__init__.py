"""Side by side: one message to several lanes, and what each of them sent, spent and answered."""
