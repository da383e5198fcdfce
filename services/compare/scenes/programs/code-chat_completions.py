import json
import os
import subprocess
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ["MODEL"]
RUN = {
    "type": "function",
    "function": {
        "name": "run_python",
        "description": "Run a Python program and return what it prints.",
        "parameters": {
            "type": "object",
            "properties": {"program": {"type": "string"}},
            "required": ["program"],
        },
    },
}


def run(program: str) -> str:
    """A time limit is no sandbox: this program can read and delete what you can. A wall around it is yours to build."""
    command = [sys.executable, "-I", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return done.stdout + done.stderr


history = [{"role": "system", "content": "You review Python code."}]
for message in sys.argv[1:]:
    history.append({"role": "user", "content": message})
    while True:
        answer = client.chat.completions.create(model=model, messages=history, tools=[RUN])
        reply = answer.choices[0].message
        history.append(reply.model_dump(exclude_none=True))
        if not reply.tool_calls:
            break
        for call in reply.tool_calls:
            printed = run(json.loads(call.function.arguments)["program"])
            history.append({"role": "tool", "tool_call_id": call.id, "content": printed})
    print(reply.content)
