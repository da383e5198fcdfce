"""The model asks for a function, this program runs it, the model answers from the result."""

import json
import os
import sys

from openai import OpenAI

client = OpenAI()
model = os.environ.get("MODEL", "gpt-6-luna")
question = sys.argv[1] if len(sys.argv) > 1 else "How many bags of green tea are in stock?"
STOCK = {"green tea": 42, "black tea": 0, "coffee": 7}


def stock(product: str) -> dict:
    return {"product": product, "bags": STOCK.get(product.lower(), "unknown product")}


tools = [
    {
        "type": "function",
        "function": {
            "name": "stock",
            "description": "How many bags of a product are in the warehouse. Products: " + ", ".join(STOCK),
            "parameters": {
                "type": "object",
                "properties": {"product": {"type": "string", "enum": list(STOCK)}},
                "required": ["product"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }
]
effort = {"reasoning_effort": "none"} if model.startswith(("gpt-5.6", "gpt-6")) else {}
messages = [{"role": "user", "content": question}]
for _ in range(4):
    answer = client.chat.completions.create(model=model, messages=messages, tools=tools, **effort)
    print("usage:", answer.usage.to_json(indent=None))
    message = answer.choices[0].message
    if not message.tool_calls:
        print(message.content)
        break
    messages.append(message.to_dict())
    for call in message.tool_calls:
        result = stock(**json.loads(call.function.arguments))
        print(f"  the model calls {call.function.name}({call.function.arguments}) and gets {result}")
        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
