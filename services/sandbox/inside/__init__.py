"""What runs inside the sandbox, in one process with the model's programs: nothing it says may be believed outside.

The folder is shown to the sandbox as a package named `inside`, so its modules import one another relatively, and use
the standard library alone.
"""
