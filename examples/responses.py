"""The Responses API, OpenAI's successor of Assistants: the server keeps what was said, and the next turn names it.

python examples/responses.py "My name is Ada." "What is my name?"
"""

import os
import sys

from openai import OpenAI

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")

client = OpenAI()
previous: str | None = None
for question in sys.argv[1:] or ["My name is Ada.", "What is my name?"]:
    with client.responses.stream(
        model=MODEL,
        input=question,
        instructions="Answer in one short sentence.",  # these are not kept: say them each time
        previous_response_id=previous,
    ) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                print(event.delta, end="", flush=True)
        response = stream.get_final_response()
    print()
    previous = response.id
