"""The answer piece by piece, as it is written, and a conversation that goes on: the program sends all of it each time.

python examples/chat_streaming.py "My name is Ada." "What is my name?"
"""

import os
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")

client = OpenAI()
history: list[ChatCompletionMessageParam] = []
for question in sys.argv[1:] or ["My name is Ada.", "What is my name?"]:
    history.append({"role": "user", "content": question})
    pieces: list[str] = []
    # `with` closes the connection whatever happens, so that the model stops writing too.
    with client.chat.completions.create(
        model=MODEL, messages=history, stream=True, stream_options={"include_usage": True}
    ) as stream:
        for chunk in stream:
            if chunk.choices and (piece := chunk.choices[0].delta.content):
                pieces.append(piece)
                print(piece, end="", flush=True)
            if chunk.usage:  # the last chunk, which has no choices
                print(f"\n[{chunk.usage.total_tokens} tokens]")
    history.append({"role": "assistant", "content": "".join(pieces)})
