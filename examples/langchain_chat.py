"""LangChain's chat model over Tandem: nothing but the address differs. A prompt, a model and a parser in a chain.

python examples/langchain_chat.py "a token"
"""

import os
import sys

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")

prompt = ChatPromptTemplate.from_messages(
    [("system", "Explain to a ten-year-old, in one sentence."), ("user", "What is {thing}?")]
)
# LangChain would use the Responses API for some models; here it is told to stay with Chat Completions.
model = ChatOpenAI(model=MODEL, use_responses_api=False, max_retries=2, stream_usage=True)
chain = prompt | model | StrOutputParser()
for piece in chain.stream({"thing": " ".join(sys.argv[1:]) or "a token"}):
    print(piece, end="", flush=True)
print()
