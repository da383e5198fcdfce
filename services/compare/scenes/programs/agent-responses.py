import json
import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]
PARAMETERS = {
    "type": "object",
    "properties": {"amount": {"type": "number"}},
    "required": ["amount"],
    "additionalProperties": False,
}


def kilometres(amount: float) -> str:
    return f"{amount * 1.609344:.2f} km"


TOOL = {"type": "function", "name": "kilometres", "description": "Miles to km", "parameters": PARAMETERS}
conversation = client.conversations.create()
for message in sys.argv[1:]:
    sent = message
    while True:
        answer = client.responses.create(
            model=model,
            instructions="Use your tools.",
            tools=[TOOL],
            conversation=conversation.id,
            input=sent,
        )
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            break
        sent = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": kilometres(**json.loads(call.arguments)),
            }
            for call in calls
        ]
    print(answer.output_text)
