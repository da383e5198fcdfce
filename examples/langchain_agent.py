"""An agent in LangChain's terms: a model with tools, asked again until it needs none any more.

python examples/langchain_agent.py "How many days is it from 1 March to 15 May 2027?"
"""

import os
import sys
from datetime import date

from langchain_core.messages import BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")
MOST_ROUNDS = 5


@tool
def days_between(first: str, last: str) -> int:
    """The days from one date to another, both as 2027-03-01."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


TOOLS = {days_between.name: days_between}


def run(call: ToolCall) -> ToolMessage:
    """What a tool gives; where it fails, or there is no such tool, the model is told so and may try again."""
    try:
        result: ToolMessage = TOOLS[call["name"]].invoke(call)
    except (KeyError, ValueError) as error:
        return ToolMessage(f"failed: {error}", tool_call_id=call["id"], status="error")
    return result


model = ChatOpenAI(model=MODEL, use_responses_api=False).bind_tools(list(TOOLS.values()))
question = " ".join(sys.argv[1:]) or "How many days is it from 1 March to 15 May 2027?"
messages: list[BaseMessage] = [HumanMessage(question)]
for _ in range(MOST_ROUNDS):
    answer = model.invoke(messages)
    messages.append(answer)
    if not answer.tool_calls:
        print(answer.text)
        break
    messages += [run(call) for call in answer.tool_calls]
else:
    print("The model kept asking for tools; giving up.")
