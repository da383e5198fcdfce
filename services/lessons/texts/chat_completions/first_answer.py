"""Ask twice, and look at what the second request carries."""

import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
question = sys.argv[1] if len(sys.argv) > 1 else "My name is Ada. What is a prime number, in one sentence?"

messages = [{"role": "system", "content": "Answer in one short sentence."}]
for text in (question, "What did I ask you just now?"):
    messages.append({"role": "user", "content": text})
    answer = client.chat.completions.create(model=model, messages=messages)
    reply = answer.choices[0].message.content
    print(f"> {text}\n{reply}")
    print(f"  sent {len(messages)} messages, finish_reason {answer.choices[0].finish_reason}")
    print("usage:", answer.usage.to_json(indent=None), end="\n\n")
    messages.append({"role": "assistant", "content": reply})
