"""Python for a model: programs run in a process and a folder of their own, from which nothing gets out.

    Interpreter ── Session ── Worker ──pipes──► keeper ── sandlock or bubblewrap ── inside/ (the model's programs)

The keeper stands between this process and a sandbox: it measures what the sandbox uses and ends it with all it
started, also when this process dies. What comes out of the sandbox was written by a program nobody knows: every
message is checked, every file is opened here and never by a path that was told.
"""
