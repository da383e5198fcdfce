import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

history = [{"role": "system", "content": "You are a friendly assistant."}]
for message in sys.argv[1:]:
    history.append({"role": "user", "content": message})
    answer = client.chat.completions.create(model=model, messages=history)
    text = answer.choices[0].message.content
    history.append({"role": "assistant", "content": text})
    print(text)
