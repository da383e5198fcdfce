"""Questions to PDFs answered by the local model, by hand and by an assistant: whether the citations and the refusals are right.

`python -m benchmarks.file_citing [--way manual|native] [--every N] [--only ID …]` prints every answer.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openai

from benchmarks.file_answers import collection, server
from benchmarks.file_questions import AbsentQuestion, Passage, Question, absent, documents, questions
from benchmarks.file_questions.scoring import is_right
from benchmarks.report import Figure, at_least
from benchmarks.servers import KEY
from services.assistants.presets import preset
from services.assistants.records import Hit, as_hit
from services.clients import Connection, open_client
from services.files.answers import ABSENT, NONE_FOUND
from services.files.manual import Question as Asked
from services.files.manual import ask
from services.files.native import PRESET
from services.loop import BackgroundLoop
from services.settings import get_settings
from services.turns import Citation, Message, Turn

QUICK_EVERY = 20
MEASURED_EVERY = 4
"""A local answer takes half a minute; every fourth question tells what all of them do within a few points."""
ANSWER_LIMIT_S = 900.0
NOT_THERE = ("do not answer", "does not answer", "not in the", "do not say", "does not say", "not mention")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question. `citations` are those of statements, not the nearest passages of a refusal."""

    question: Question | AbsentQuestion
    text: str
    citations: tuple[Citation, ...]
    is_refused: bool
    duration_s: float

    @property
    def right_citations(self) -> int:
        """How many lead to a page that answers."""
        expected: Sequence[Passage] = getattr(self.question, "passages", ())
        return sum(any(_is_on(citation, passage) for passage in expected) for citation in self.citations)


Asks = Callable[[Question | AbsentQuestion], Outcome]


def figures(quick: bool = False) -> list[Figure]:
    """Both ways on the same questions."""
    every = QUICK_EVERY if quick else MEASURED_EVERY
    told: list[Figure] = []
    with server() as client:
        store_id = collection(client, documents())
        for way, make in WAYS.items():
            asks = make(client, store_id)
            there = [asks(question) for question in questions()[::every]]
            told += summary(way, there, [asks(question) for question in absent()[::every]])
    return told


def summary(way: str, there: Sequence[Outcome], missing: Sequence[Outcome]) -> list[Figure]:
    """The figures of one way."""
    cited = [outcome for outcome in (*there, *missing) if outcome.citations]
    citations = sum(len(outcome.citations) for outcome in cited)
    right = sum(outcome.right_citations for outcome in cited)
    refused = statistics.mean(outcome.is_refused for outcome in missing)
    precision = round(right / citations, 3) if citations else 0.0
    is_manual = way == "manual"
    return [
        at_least(f"{way}: citations that lead to a page that answers", precision, 0.95)
        if is_manual
        else Figure(f"{way}: citations that lead to a page that answers", f"{precision:.3f}"),
        at_least(f"{way}: what is not there is said not to be there", round(refused, 3), 0.8)
        if is_manual
        else Figure(f"{way}: what is not there is said not to be there", f"{refused:.3f}"),
        Figure(f"{way}: right answers", f"{_share(there, lambda o: is_right(o.text, o.question)):.3f}"),
        Figure(
            f"{way}: questions refused that have an answer", f"{_share(there, lambda o: o.is_refused):.3f}"
        ),
        Figure(f"{way}: questions", f"{len(there)} and {len(missing)}"),
        Figure(f"{way}: median time", f"{statistics.median(o.duration_s for o in (*there, *missing)):.0f} s"),
    ]


def by_hand(client: openai.OpenAI, store_id: str) -> Asks:
    """Retrieval by us, and quotes checked."""
    loop, model = BackgroundLoop(), get_settings().chat_model
    connection = Connection("Local", "local", str(client.base_url).rstrip("/"), KEY)

    def asks(question: Question | AbsentQuestion) -> Outcome:
        turn = Turn("benchmark", Message("user", question.text), model, "Local")
        began = time.monotonic()

        def search(queries: Sequence[str], most: int) -> list[Hit]:
            wanted: Any = {"type": "in", "key": "name", "value": list(question.files)}
            page = client.vector_stores.search(
                store_id, query=list(queries), max_num_results=most, filters=wanted
            )
            return [as_hit(hit.to_dict()) for hit in page.data]

        async def answer() -> None:
            asked = Asked(question.text, model, True, parameters={"temperature": 0.0})
            async for event in ask(
                open_client(connection, loop.pool(connection.base_url)), connection, asked, search
            ):
                turn.apply(event)

        loop.run(answer(), ANSWER_LIMIT_S)
        refused = turn.text.startswith(ABSENT) or turn.text.endswith(NONE_FOUND)
        citations = () if refused else tuple(turn.citations)
        return Outcome(question, turn.text, citations, refused, time.monotonic() - began)

    return asks


def by_assistant(client: openai.OpenAI, store_id: str) -> Asks:
    """The server's own file search, in a thread for each question. It searches all documents."""
    analyst = preset(PRESET)
    assert analyst is not None
    body = analyst.body(get_settings().chat_model)
    resources: Any = {"file_search": {"vector_store_ids": [store_id]}}
    assistant = client.beta.assistants.create(**body, tool_resources=resources)

    def asks(question: Question | AbsentQuestion) -> Outcome:
        began = time.monotonic()
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question.text}])
        client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=200, timeout=ANSWER_LIMIT_S
        )
        answer = client.beta.threads.messages.list(thread.id).data[0]
        texts = [part.text for part in answer.content if part.type == "text"]
        citations = tuple(_citation(note.to_dict()) for text in texts for note in text.annotations)
        said = " ".join(text.value for text in texts)
        refused = not citations and any(words in said.casefold() for words in NOT_THERE)
        return Outcome(question, said, citations, refused, time.monotonic() - began)

    return asks


WAYS: dict[str, Callable[[openai.OpenAI, str], Asks]] = {"manual": by_hand, "native": by_assistant}


def _citation(note: dict[str, Any]) -> Citation:
    cited = note["file_citation"]
    name = note["text"].strip("【】").partition("†")[2]
    place = cited.get("quote"), cited.get("page"), cited.get("last_page")
    return Citation(note["text"], 0, 0, cited["file_id"], name, *place)


def _is_on(citation: Citation, passage: Passage) -> bool:
    if citation.page is None or citation.filename != passage.file:
        return False
    return citation.page <= passage.page <= (citation.last_page or citation.page)


def _share(outcomes: Sequence[Outcome], holds: Callable[[Any], bool]) -> float:
    return statistics.mean(map(holds, outcomes)) if outcomes else 0.0


def main() -> None:
    """Print every answer, and the figures at the end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.file_citing")
    parser.add_argument("--way", choices=tuple(WAYS), default="manual")
    parser.add_argument("--every", type=int, default=MEASURED_EVERY)
    parser.add_argument("--only", nargs="+", default=[])
    told = parser.parse_args()
    with server() as client:
        store_id = collection(client, documents())
        asks = WAYS[told.way](client, store_id)
        chosen: list[Question | AbsentQuestion] = [*questions()[:: told.every], *absent()[:: told.every]]
        if told.only:
            chosen = [one for one in (*questions(), *absent()) if one.id in told.only]
        outcomes = [_printed(asks(question)) for question in chosen]
    there = [outcome for outcome in outcomes if isinstance(outcome.question, Question)]
    missing = [outcome for outcome in outcomes if isinstance(outcome.question, AbsentQuestion)]
    if there and missing:
        for figure in summary(told.way, there, missing):
            print(figure)


def _printed(outcome: Outcome) -> Outcome:
    question = outcome.question
    right = "-" if isinstance(question, AbsentQuestion) else is_right(outcome.text, question)
    pages = [f"{c.filename} p{c.page}" for c in outcome.citations]
    print(
        f"{question.id} ({outcome.duration_s:.0f} s) right={right} refused={outcome.is_refused} "
        f"citations {outcome.right_citations}/{len(outcome.citations)} {pages}\n  {question.text}\n  {outcome.text[:400]!r}",
        flush=True,
    )
    return outcome


if __name__ == "__main__":
    main()
