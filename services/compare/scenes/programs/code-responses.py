import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]

conversation = client.conversations.create()
for message in sys.argv[1:]:
    answer = client.responses.create(
        model=model,
        instructions="You review Python code.",
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
        conversation=conversation.id,
        input=message,
    )
    print(answer.output_text)
