import os
import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

names, messages = sys.argv[1].split(","), sys.argv[2:]
store = client.vector_stores.create()
for name in names:
    client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=Path(name))
conversation = client.conversations.create()
for message in messages:
    answer = client.responses.create(
        model=model,
        instructions="Answer from the files only.",
        tools=[{"type": "file_search", "vector_store_ids": [store.id]}],
        conversation=conversation.id,
        input=message,
    )
    print(answer.output_text)
