"""The same examples twice: checked as a training file, and used at once in the prompt."""

import json
import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
text = sys.argv[1] if len(sys.argv) > 1 else "The parcel came, but the cup inside was broken."
examples = [
    ("Where is my order?", "delivery"),
    ("I was charged twice.", "payment"),
    ("The lamp arrived with a crack.", "damage"),
    ("It should have been here on Monday.", "delivery"),
    ("My card was refused.", "payment"),
]
system = "Sort the message of a customer: delivery, payment or damage. Answer with one word."


def conversation(message: str, label: str) -> dict:
    turns = [("system", system), ("user", message), ("assistant", label)]
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


with open("training.jsonl", "w", encoding="utf-8") as file:
    file.writelines(json.dumps(conversation(*example)) + "\n" for example in examples)

with open("training.jsonl", encoding="utf-8") as file:
    lines = [json.loads(line) for line in file]
for number, line in enumerate(lines, 1):
    if line["messages"][-1]["role"] != "assistant" or not line["messages"][-1]["content"]:
        print(f"  line {number}: the last message must be the assistant's, and not empty")
print(f"{len(lines)} examples; OpenAI wants at least 10." if len(lines) < 10 else f"{len(lines)} examples.")

shots = [message for line in lines for message in line["messages"][1:]]
answer = client.chat.completions.create(
    model=model, messages=[{"role": "system", "content": system}, *shots, {"role": "user", "content": text}]
)
print(f"> {text}\n{answer.choices[0].message.content}")
print("usage:", answer.usage.to_json(indent=None))
