"""Functions a model may call from the client's side: demo tools, canned and typed answers, operations of web APIs."""
