"""The objects of /v1 in the database: one file per noun, plain functions over a session, answers in wire shape."""
