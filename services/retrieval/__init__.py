"""Retrieval made visible: passages as points, texts compared, other chunk sizes tried, and how well questions find their passages."""
