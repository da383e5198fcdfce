"""An assistant and a thread. OpenAI switched this API off on 2026-08-26; Tandem's own server still speaks it."""

import os
import sys
import warnings

from openai import OpenAI

warnings.simplefilter("ignore", DeprecationWarning)
client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
fact = sys.argv[1] if len(sys.argv) > 1 else "My cat is called Miso."

tutor = client.beta.assistants.create(model=model, instructions="Answer in one short sentence.")
thread = client.beta.threads.create()
for text in (fact, "What did I tell you before this?"):
    client.beta.threads.messages.create(thread.id, role="user", content=text)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=tutor.id)
    newest = client.beta.threads.messages.list(thread.id, limit=1).data[0]
    print(f"> {text}\n{newest.content[0].text.value}")
    print(f"  run {run.status}; we sent one message, the server read the whole thread")
    print("usage:", run.usage.to_json(indent=None), end="\n\n")
client.beta.threads.delete(thread.id)
client.beta.assistants.delete(tutor.id)
