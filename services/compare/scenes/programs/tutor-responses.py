import os
import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

# One id is all this program keeps.
saved = Path("conversation.txt")
if not saved.exists():
    saved.write_text(client.conversations.create().id)
for message in sys.argv[1:]:
    answer = client.responses.create(
        model=model,
        instructions="You are a patient tutor.",
        conversation=saved.read_text(),
        input=message,
        truncation="auto",
    )
    print(answer.output_text)
