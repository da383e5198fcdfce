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
assistant = client.beta.assistants.create(
    model=model,
    instructions="Answer from the files only.",
    tools=[{"type": "file_search"}],
    tool_resources={"file_search": {"vector_store_ids": [store.id]}},
)
thread = client.beta.threads.create()
for message in messages:
    client.beta.threads.messages.create(thread.id, role="user", content=message)
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    newest = client.beta.threads.messages.list(thread.id, limit=1).data[0]
    print(newest.content[0].text.value)
