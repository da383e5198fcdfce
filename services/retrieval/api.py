"""What the pages ask of a server to show how retrieval works: the openai SDK over HTTP, with plain values and our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from services.catalog import catalog_data, describe
from services.retrieval.records import SIDES, Passage, Shelf, Side
from services.sdk import SdkApi
from services.turns import Usage

if TYPE_CHECKING:
    import openai

    from services.retrieval.records import Vectors

Wire = Mapping[str, Any]
LONGEST_PAGE = 100
MOST_FOUND = 50


class RetrievalApi(SdkApi):
    """Passages, searches and embeddings. All of it raises AppError."""

    timeout_s = 60.0

    def shelf(
        self, store_id: str, most: int, on_progress: Callable[[int, int], None] = lambda done, of: None
    ) -> Shelf:
        """A store's passages and their vectors; where there are more than `most`, each second, third … one of them.

        `on_progress` is told how many of how many have been read. An extra of our server.
        """
        with self._speaking() as client:
            total = _page(client, store_id, limit=1)["total"]
            every = max(1, -(-total // most))
            wires: list[Wire] = []
            for wire in _passages(client, store_id, every):
                wires.append(wire)
                on_progress(len(wires), -(-total // every))
        return _shelf(wires, total, every)

    def search(self, store_id: str, query: str, side: Side = "both", most: int = 10) -> list[Passage]:
        """The passages that fit a query best, the best first, by words, by vectors or by both. An extra of our server."""
        weights = SIDES[side]
        body: Any = {"hybrid_search": {"text_weight": weights.words, "embedding_weight": weights.vectors}}
        with self._speaking() as client:
            page = client.vector_stores.search(
                store_id, query=query, max_num_results=min(most, MOST_FOUND), ranking_options=body
            )
            return [as_passage(hit.to_dict(), number) for number, hit in enumerate(page.data)]

    def text(self, store_id: str, file_id: str) -> str:
        """The text that was read from a file of a store."""
        with self._speaking() as client:
            page = client.vector_stores.files.content(file_id, vector_store_id=store_id)
            return "\n".join(part.text or "" for part in page.data)

    def embed(self, texts: Sequence[str], model: str) -> tuple[Vectors, Usage]:
        """One vector of length 1 for each text, shape (n, dimensions), and the tokens that took."""
        import numpy as np

        with self._speaking() as client:
            answer = client.embeddings.create(model=model, input=list(texts))
            vectors = np.array([entry.embedding for entry in answer.data], dtype=np.float32)
            usage = Usage(answer.usage.prompt_tokens, 0) if answer.usage else Usage()
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, 1e-12), usage


def local_embedding_model() -> str:
    """The model that the passages of our own server have their vectors from."""
    local = (describe(name, "Local") for name in catalog_data()["local"]["models"])
    return next(model.id for model in local if model.kind == "embedding")


def as_passage(wire: Wire, number: int = 0) -> Passage:
    """A passage or a search result as our server spells it."""
    text = "\n".join(part["text"] for part in wire["content"])
    return Passage(
        id=wire.get("id") or f"{wire['file_id']}#{number}",
        file_id=wire["file_id"],
        filename=wire["filename"],
        text=text,
        page=wire.get("page"),
        last_page=wire.get("last_page"),
        row=wire.get("first_row"),
        score=wire.get("score") or 0.0,
    )


def _page(client: openai.OpenAI, store_id: str, **query: Any) -> dict[str, Any]:
    path = f"/vector_stores/{store_id}/passages"
    page: dict[str, Any] = client.get(path, cast_to=dict[str, Any], options={"params": query})
    return page


def _passages(client: openai.OpenAI, store_id: str, every: int) -> Iterator[Wire]:
    query: dict[str, Any] = {"limit": LONGEST_PAGE, "every": every, "include[]": "vector"}
    while True:
        page = _page(client, store_id, **query)
        yield from page["data"]
        if not page["has_more"]:
            return
        query["after"] = page["last_id"]


def _shelf(wires: Sequence[Wire], total: int, every: int) -> Shelf:
    import numpy as np

    there = [wire for wire in wires if wire["vector"]]
    vectors = np.array([wire["vector"] for wire in there], dtype=np.float32)
    passages = tuple(as_passage(wire) for wire in there)
    shape = vectors.shape if there else (0, 0)
    return Shelf(passages, vectors.reshape(shape), total, every, len(wires) - len(there))
