"""Questions about a person's files: collections of them, passages found in them, and answers that can be checked."""
