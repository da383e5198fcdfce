"""Tables a person uploads: recognised, loaded into DuckDB, and asked in SQL that cannot do harm."""
