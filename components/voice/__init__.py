"""What the Voice page draws: the listener, the talk with its players, and recordings."""
