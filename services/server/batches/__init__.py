"""Batches: many requests in a file, answered when nobody else is waiting."""
