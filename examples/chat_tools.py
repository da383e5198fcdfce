"""Function calling: the model asks for a function, the program runs it and sends the result back, until there is an answer.

python examples/chat_tools.py "How much are 3 tickets to Oslo?"
"""

import json
import os
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
MOST_ROUNDS = 5
FARES = {"oslo": 129, "rome": 95}
TOOLS: list[ChatCompletionFunctionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "fare",
            "description": "What a ticket to a city costs, in euros.",
            "strict": True,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
]


def run(name: str, arguments: str) -> str:
    """What a call gives, as JSON. The model's arguments are somebody else's input: they may be anything."""
    try:
        city = json.loads(arguments)["city"].lower()
    except (ValueError, KeyError, TypeError, AttributeError):
        return json.dumps({"error": 'send {"city": "…"}'})
    if name != "fare" or city not in FARES:
        return json.dumps({"error": f"no such thing; cities are {', '.join(FARES)}"})
    return json.dumps({"city": city, "euros": FARES[city]})


client = OpenAI()
messages: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": " ".join(sys.argv[1:]) or "How much are 3 tickets to Oslo?"}
]
for _ in range(MOST_ROUNDS):
    message = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    if not message.tool_calls:
        print(message.content)
        break
    messages.append(message.model_dump(exclude_none=True))  # type: ignore[arg-type]
    for call in message.tool_calls:
        if call.type == "function":
            result = run(call.function.name, call.function.arguments)
            print(f"[{call.function.name}({call.function.arguments}) = {result}]", file=sys.stderr)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
else:
    print("The model kept asking for functions; giving up.")
