"""A talk as a program: the same calls with the openai SDK, curl or LangChain, or behind a web service of one's own."""
