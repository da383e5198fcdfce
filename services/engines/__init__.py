"""Local models, each kind behind one small interface. Knows nothing of HTTP routes."""
