"""Responses: answers that the server keeps, chained or in conversations. The tools and models are those of runs."""
