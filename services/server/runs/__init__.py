"""Runs: how an assistant answers a thread. A state machine, an executor, and the events a client sees."""
