"""What a person is shown of a file that an answer cites: a page with the passage marked, rows of a table, or text."""
