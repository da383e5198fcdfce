"""The client's side of the Assistants API: assistants, threads and stores as plain values, asked for over HTTP."""
