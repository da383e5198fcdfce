import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

assistant = client.beta.assistants.create(model=model, instructions="You are a friendly assistant.")
thread = client.beta.threads.create()
for message in sys.argv[1:]:
    client.beta.threads.messages.create(thread.id, role="user", content=message)
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    newest = client.beta.threads.messages.list(thread.id, limit=1).data[0]
    print(newest.content[0].text.value)
