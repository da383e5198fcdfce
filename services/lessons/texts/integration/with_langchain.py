"""The same server through LangChain: a prompt, a model and a parser in one chain."""

import os

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

prompt = ChatPromptTemplate.from_messages(
    [("system", "Answer in one short sentence."), ("human", "Explain {term} to a {reader}.")]
)
chain = prompt | ChatOpenAI(model=os.environ.get("MODEL", "gpt-6-luna")) | StrOutputParser()
for piece in chain.stream({"term": "a hash function", "reader": "gardener"}):
    print(piece, end="", flush=True)
print()
