"""The Images page: making, editing and asking about pictures, and their gallery."""
