"""Many questions as one batch: a file of requests, answered within a day, at OpenAI for half the price.

python examples/batch.py "What is a token?" "What is an embedding?"
"""

import json
import os
import sys
import time

from openai import OpenAI

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
ENDS = ("completed", "failed", "expired", "cancelled")
LOOK_EVERY_S = 1.0

questions = sys.argv[1:] or ["What is a token?", "What is an embedding?"]
lines = [
    {
        "custom_id": str(number),
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": MODEL, "messages": [{"role": "user", "content": question}]},
    }
    for number, question in enumerate(questions)
]
client = OpenAI()
given = client.files.create(
    file=("questions.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="batch"
)
batch = client.batches.create(
    input_file_id=given.id, endpoint="/v1/chat/completions", completion_window="24h"
)
try:
    while batch.status not in ENDS:
        time.sleep(LOOK_EVERY_S)
        batch = client.batches.retrieve(batch.id)
except KeyboardInterrupt:
    client.batches.cancel(batch.id)
    sys.exit("Cancelled. What was answered already is in the batch's output file.")

for error in (batch.errors.data or []) if batch.errors else []:
    print(f"line {error.line}: {error.message}", file=sys.stderr)
# Answers come in no promised order: the custom_id tells which question each belongs to.
for file_id in (batch.output_file_id, batch.error_file_id):
    for one in map(json.loads, client.files.content(file_id).text.splitlines() if file_id else ()):
        body = (one["response"] or {}).get("body") or {}
        said = (
            body["choices"][0]["message"]["content"]
            if "choices" in body
            else f"failed: {body or one['error']}"
        )
        print(questions[int(one["custom_id"])], said)
print(f"{batch.id} is {batch.status}.", file=sys.stderr)
for file_id in (given.id, batch.output_file_id, batch.error_file_id):
    if file_id:
        client.files.delete(file_id)
