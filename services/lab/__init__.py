"""Best practices tried on one's own prompts: two ways, in turns, with a conclusion that says how sure it is."""
