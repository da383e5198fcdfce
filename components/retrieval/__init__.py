"""The tabs of the Files page that show how retrieval works, and how well."""
