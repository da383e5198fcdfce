"""A question and its answer: the shortest program there is.

export OPENAI_BASE_URL=http://127.0.0.1:8501/v1 OPENAI_API_KEY="$(cat data/api_key)"
python examples/chat.py "What is a token?"
"""

import os
import sys

from openai import OpenAI

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")

question = " ".join(sys.argv[1:]) or "What is a token?"
client = OpenAI()  # address and key come from OPENAI_BASE_URL and OPENAI_API_KEY
answer = client.chat.completions.create(
    model=MODEL,
    messages=[
        {"role": "system", "content": "Answer in one short sentence."},
        {"role": "user", "content": question},
    ],
)
print(answer.choices[0].message.content)
if answer.usage:
    print(
        f"{answer.usage.prompt_tokens} tokens sent, {answer.usage.completion_tokens} written", file=sys.stderr
    )
