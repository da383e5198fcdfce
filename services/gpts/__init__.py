"""Custom GPTs: a configuration with a name, which can be run in any of the modes."""
