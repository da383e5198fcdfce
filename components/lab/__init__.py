"""What the lab's page draws."""
