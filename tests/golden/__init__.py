"""Sessions recorded with the real service, sent to ours again: what comes back is compared exchange by exchange."""
