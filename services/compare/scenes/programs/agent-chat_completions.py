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


TOOL = {
    "type": "function",
    "function": {"name": "kilometres", "description": "Miles to km", "parameters": PARAMETERS},
}
history = [{"role": "system", "content": "Use your tools."}]
for message in sys.argv[1:]:
    history.append({"role": "user", "content": message})
    while True:
        answer = client.chat.completions.create(model=model, messages=history, tools=[TOOL])
        reply = answer.choices[0].message
        history.append(reply.model_dump(exclude_none=True))
        if not reply.tool_calls:
            break
        for call in reply.tool_calls:
            result = kilometres(**json.loads(call.function.arguments))
            history.append({"role": "tool", "tool_call_id": call.id, "content": result})
    print(reply.content)
