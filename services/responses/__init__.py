"""The client's side of Responses and Conversations: conversations as plain values and turns, asked for over HTTP."""
