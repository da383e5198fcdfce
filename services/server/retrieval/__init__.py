"""Retrieval: files read in the background, their words and vectors kept, and passages found for a question."""
