import os
import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

# Two ids are all this program keeps.
saved = Path("ids.txt")
if not saved.exists():
    assistant = client.beta.assistants.create(model=model, instructions="You are a patient tutor.")
    saved.write_text(f"{assistant.id} {client.beta.threads.create().id}")
assistant_id, thread_id = saved.read_text().split()
for message in sys.argv[1:]:
    client.beta.threads.messages.create(thread_id, role="user", content=message)
    client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    newest = client.beta.threads.messages.list(thread_id, limit=1).data[0]
    print(newest.content[0].text.value)
