"""Away from the Assistants API: what in a code base calls it, and talks moved between the three modes."""
