"""What the page of custom GPTs draws."""
