"""Readers of formats that need a parser: each turns a file into parts, in the reading process only."""
