"""A small library of one function: an answer that is data, checked, with time limit and retries."""

import json
import os
import sys

from openai import OpenAI

client = OpenAI(timeout=120, max_retries=3)
model = os.environ.get("MODEL", "gpt-6-luna")
text = sys.argv[1] if len(sys.argv) > 1 else "Dinner for four at Rosa's on Friday at 7 pm, please."
schema = {
    "type": "object",
    "properties": {
        "place": {"type": "string"},
        "people": {"type": "integer"},
        "day": {"type": "string"},
        "time": {"type": "string"},
    },
    "required": ["place", "people", "day", "time"],
    "additionalProperties": False,
}


def extract(text: str) -> dict:
    answer = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "system", "content": "Take the booking out of the message."},
            {"role": "user", "content": text},
        ],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "booking", "schema": schema, "strict": True},
        },
    )
    print("usage:", answer.usage.to_json(indent=None))
    choice = answer.choices[0]
    if choice.finish_reason != "stop" or choice.message.refusal:
        raise RuntimeError(f"No booking: {choice.message.refusal or choice.finish_reason}")
    return json.loads(choice.message.content)


booking = extract(text)
print(f"A table for {booking['people']} at {booking['place']}, {booking['day']} {booking['time']}")
print(booking)
