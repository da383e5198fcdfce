"""Batches as a client sees them: files of requests checked, sent, watched, cancelled and downloaded."""
