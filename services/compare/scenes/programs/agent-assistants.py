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
assistant = client.beta.assistants.create(model=model, instructions="Use your tools.", tools=[TOOL])
thread = client.beta.threads.create()
for message in sys.argv[1:]:
    client.beta.threads.messages.create(thread.id, role="user", content=message)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    while run.status == "requires_action":
        outputs = [
            {"tool_call_id": call.id, "output": kilometres(**json.loads(call.function.arguments))}
            for call in run.required_action.submit_tool_outputs.tool_calls
        ]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs
        )
    newest = client.beta.threads.messages.list(thread.id, limit=1).data[0]
    print(newest.content[0].text.value)
