"""The same with OpenAI's successor: a conversation on the server, and responses that add to it."""

import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
fact = sys.argv[1] if len(sys.argv) > 1 else "My cat is called Miso."

conversation = client.conversations.create()
for text in (fact, "What did I tell you before this?"):
    answer = client.responses.create(
        model=model, instructions="Answer in one short sentence.", input=text, conversation=conversation.id
    )
    print(f"> {text}\n{answer.output_text}")
    print("usage:", answer.usage.to_json(indent=None), end="\n\n")
print(f"{len(client.conversations.items.list(conversation.id).data)} items lie on the server.")
client.conversations.delete(conversation.id)
