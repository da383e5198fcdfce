"""The Assistants API, which OpenAI shut down in August 2026: the server keeps the assistant and the thread.

Code written for `client.beta` runs as it stands once the address is Tandem's.

    python examples/assistant.py "What is 3 + 4?" "And twice that?"
"""

import os
import sys
import warnings

from openai import OpenAI
from openai.types.beta.threads import TextContentBlock

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
warnings.filterwarnings("ignore", "The Assistants API is deprecated", DeprecationWarning)

client = OpenAI()
assistant = client.beta.assistants.create(
    model=MODEL, name="Tutor", instructions="You are a patient tutor. Answer in one sentence."
)
thread = client.beta.threads.create()
try:
    for question in sys.argv[1:] or ["What is 3 + 4?", "And twice that?"]:
        # Only the new message travels: the server has the rest.
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        run = client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=200
        )
        if run.status != "completed":
            sys.exit(
                f"The run ended as {run.status}: {run.last_error.message if run.last_error else 'no reason given'}"
            )
        newest = next(iter(client.beta.threads.messages.list(thread.id, run_id=run.id)))
        print("".join(part.text.value for part in newest.content if isinstance(part, TextContentBlock)))
    kept = client.beta.threads.messages.list(thread.id).data
    print(f"The thread keeps {len(kept)} messages.", file=sys.stderr)
finally:
    client.beta.threads.delete(thread.id)
    client.beta.assistants.delete(assistant.id)
