"""Questions to your own files with LangChain: a retriever over a vector store of Tandem's, which reads, cuts and searches.

python examples/langchain_retriever.py "How long is the warranty?" manual.pdf contract.docx
"""

import os
import sys
from pathlib import Path

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from openai import OpenAI
from pydantic import ConfigDict

MODEL = os.environ.get("MODEL", "qwen2.5-coder-1.5b-instruct")


class VectorStoreRetriever(BaseRetriever):
    """The best passages of a vector store as LangChain's documents."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    client: OpenAI
    store_id: str
    most: int = 3

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = self.client.vector_stores.search(self.store_id, query=query, max_num_results=self.most)
        return [
            Document(
                "\n".join(part.text for part in hit.content),
                metadata={"source": hit.filename, "score": hit.score},
            )
            for hit in found
        ]


def as_text(passages: list[Document]) -> str:
    """Passages as a prompt shows them, each under the name of its file."""
    return "\n\n".join(f"[{passage.metadata['source']}]\n{passage.page_content}" for passage in passages)


question, *paths = sys.argv[1:]
client = OpenAI()
store = client.vector_stores.create(name="LangChain recipe")
uploaded: list[str] = []
try:
    for path in map(Path, paths):
        file = client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=path)
        uploaded.append(file.id)
        if file.status != "completed":
            sys.exit(
                f"{path.name} could not be read: {file.last_error.message if file.last_error else file.status}"
            )
    retriever = VectorStoreRetriever(client=client, store_id=store.id)
    prompt = ChatPromptTemplate.from_template(
        "Answer from these passages alone, and name the file.\n\n{passages}\n\nQuestion: {question}"
    )
    model = ChatOpenAI(model=MODEL, use_responses_api=False)
    chain = (
        {"passages": retriever | as_text, "question": RunnablePassthrough()}
        | prompt
        | model
        | StrOutputParser()
    )
    print(chain.invoke(question))
finally:
    client.vector_stores.delete(store.id)
    for file_id in uploaded:
        client.files.delete(file_id)
