import json
import os
import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

ROOM = 12_000  # characters that fit the model beside its answer

# What was said before a restart lies in a file, and is this program's to keep.
saved = Path("history.json")
history = json.loads(saved.read_text()) if saved.exists() else []
for message in sys.argv[1:]:
    history.append({"role": "user", "content": message})
    sent = list(history)
    while len(sent) > 1 and sum(len(m["content"]) for m in sent) > ROOM:
        del sent[:2]
    tutor = {"role": "system", "content": "You are a patient tutor."}
    answer = client.chat.completions.create(model=model, messages=[tutor, *sent])
    text = answer.choices[0].message.content
    history.append({"role": "assistant", "content": text})
    saved.write_text(json.dumps(history))
    print(text)
