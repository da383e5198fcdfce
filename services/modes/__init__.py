"""The API modes: three ways to send a turn, one stream of events."""
