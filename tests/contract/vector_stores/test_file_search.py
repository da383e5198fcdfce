"""file_search in a run, in front of a scripted model: what the model is told, and what its markers become."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep

from services.server.retrieval import reader
from tests.contract.vector_stores.conftest import Clock
from tests.services.documents import files
from tests.support.retrieval import Gate, Ground, stored, uploaded
from tests.support.upstream import Script, ToolCall

RESULTS: Any = ["step_details.tool_calls[*].file_search.results[*].content"]
DAY_S = 86_400
PUMP = "The pump runs at 400 rpm. Its bearings are changed every 2000 hours. Call Anna when it leaks."


class Desk:
    """An assistant with file search over some stores, and what came of asking it."""

    def __init__(self, shared: Ground, client: OpenAI, tool: Any = None, store: str | None = None) -> None:
        self.shared, self.client = shared, client
        resources: Any = {"file_search": {"vector_store_ids": [store]}} if store else None
        self.assistant = client.beta.assistants.create(
            model="gpt-6-luna", tools=[tool or {"type": "file_search"}], tool_resources=resources
        )

    def ask(self, answer: str, query: Any = "bearings", calls: int = 1, **thread: Any) -> Run:
        """Run a thread: the model searches so many times, then answers."""
        search = Script(tool_calls=(ToolCall("file_search", json.dumps({"query": query})),))
        self.shared.upstream.play(*[search] * calls, Script(text=tuple(answer.split(" ~ "))))
        self.shared.upstream.requests.clear()
        message: Any = {
            "role": "user",
            "content": "When are the bearings changed?",
            **thread.pop("message", {}),
        }
        return self.client.beta.threads.create_and_run_poll(
            assistant_id=self.assistant.id, thread={"messages": [message], **thread}
        )

    def answer(self, run: Run) -> Message:
        return self.client.beta.threads.messages.list(run.thread_id).data[0]

    def step(self, run: Run, include: Any = RESULTS) -> RunStep:
        steps = self.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, include=include)
        return next(step for step in steps if step.type == "tool_calls")

    def told(self) -> str:
        """What the model was last told by the tool."""
        messages = self.shared.upstream.requests[-1].json["messages"]
        return next(str(m["content"]) for m in reversed(messages) if m["role"] == "tool")


MakeDesk = Callable[..., Desk]


@pytest.fixture
def desk(shared: Ground, client: OpenAI) -> MakeDesk:
    return lambda **more: Desk(shared, client, **more)


def search_of(step: RunStep) -> Any:
    call: Any = step.step_details.tool_calls[0]  # type: ignore[union-attr]
    assert call.type == "file_search"
    return call.file_search


def citations(message: Message) -> list[Any]:
    """The annotations, each standing exactly where it says."""
    (part,) = message.content
    assert part.type == "text"
    for annotation in part.text.annotations:
        assert part.text.value[annotation.start_index : annotation.end_index] == annotation.text
    return list(part.text.annotations)


def test_a_marker_becomes_a_citation_with_a_quote(client: OpenAI, desk: MakeDesk) -> None:
    store, ids = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    run = ours.ask("Bearings are changed every 2000 hours 【4:0†pu ~ mp.txt】. Done.")
    assert run.status == "completed"
    message = ours.answer(run)
    assert message.content[0].text.value == "Bearings are changed every 2000 hours 【4:0†pump.txt】. Done."  # type: ignore[union-attr]
    (cited,) = citations(message)
    assert (cited.type, cited.text) == ("file_citation", "【4:0†pump.txt】")
    assert cited.file_citation.file_id == ids["pump.txt"]
    assert cited.file_citation.model_extra == {"quote": "Its bearings are changed every 2000 hours."}


def test_the_model_is_told_passages_under_their_markers(client: OpenAI, desk: MakeDesk) -> None:
    store, _ = stored(client, {"pump.txt": PUMP, "menu.txt": "Bearings are not on the menu."})
    ours = desk(store=store)
    ours.ask("Thanks.", query="the bearings of the pump")
    told = ours.told()
    assert f"【4:0†pump.txt】\n{PUMP}" in told and "【4:1†menu.txt】\n" in told
    functions = [tool["function"]["name"] for tool in ours.shared.upstream.requests[0].json["tools"]]
    assert functions == ["file_search"]


def test_each_search_of_a_thread_has_its_own_number(client: OpenAI, desk: MakeDesk) -> None:
    store, _ = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    run = ours.ask("First 【4:0†pump.txt】, second 【8:0†pump.txt】.", calls=2)
    assert "【8:0†pump.txt】" in ours.told()
    assert [cited.text for cited in citations(ours.answer(run))] == ["【4:0†pump.txt】", "【8:0†pump.txt】"]


def test_a_marker_that_was_made_up_is_left_out(client: OpenAI, desk: MakeDesk) -> None:
    store, _ = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    message = ours.answer(ours.ask("Every 2000 hours【4:7†novel.pdf】."))
    assert message.content[0].text.value == "Every 2000 hours."  # type: ignore[union-attr]
    assert citations(message) == []


def test_a_citation_of_a_pdf_has_its_pages(client: OpenAI, desk: MakeDesk) -> None:
    pages = ["A title", "Nothing here", "The bearings are changed every 2000 hours."]
    small: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    store, _ = stored(
        client, {"manual.pdf": files.pdf([f"{p}\n" + "word " * 90 for p in pages])}, chunking_strategy=small
    )
    ours = desk(store=store)
    (cited,) = citations(ours.answer(ours.ask("Every 2000 hours 【4:0†manual.pdf】.")))
    where = cited.file_citation.model_extra
    assert where["page"] <= 3 <= where["last_page"]
    assert where["quote"].startswith("The bearings are changed every 2000 hours.")


def test_a_citation_of_a_table_has_its_rows(client: OpenAI, desk: MakeDesk) -> None:
    table = (
        "part,interval\n" + "".join(f"part{n},{n} hours\n" for n in range(1, 300)) + "bearings,2000 hours\n"
    )
    small: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    store, _ = stored(client, {"parts.csv": table}, chunking_strategy=small)
    ours = desk(store=store)
    (cited,) = citations(ours.answer(ours.ask("Every 2000 hours 【4:0†parts.csv】.")))
    first, last = cited.file_citation.model_extra["rows"]
    assert first < last == 300
    assert "bearings" in cited.file_citation.model_extra["quote"]


def test_a_name_with_brackets_is_cited_all_the_same(client: OpenAI, desk: MakeDesk) -> None:
    store, ids = stored(client, {"a【b】†.txt": PUMP})
    ours = desk(store=store)
    (cited,) = citations(ours.answer(ours.ask("Every 2000 hours 【4:0†a[b]†.txt】.")))
    assert cited.file_citation.file_id == ids["a【b】†.txt"]


def test_results_carry_text_only_when_asked(client: OpenAI, desk: MakeDesk) -> None:
    store, ids = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    run = ours.ask("Thanks.")
    (full,) = search_of(ours.step(run)).results
    assert (full.file_id, full.file_name, full.content[0].text) == (ids["pump.txt"], "pump.txt", PUMP)
    assert 0.5 < full.score <= 1
    assert search_of(ours.step(run)).to_dict()["queries"] == ["bearings"]
    assert "queries" not in search_of(ours.step(run, include=[])).to_dict()
    (bare,) = search_of(ours.step(run, include=[])).results
    assert (bare.file_id, bare.score, bare.content) == (full.file_id, full.score, None)


def test_the_options_of_the_tool_are_followed(client: OpenAI, desk: MakeDesk) -> None:
    store, _ = stored(client, {f"{n}.txt": f"Bearings {n}, bearings. " + "word " * n * 9 for n in range(6)})
    few = desk(store=store, tool={"type": "file_search", "file_search": {"max_num_results": 2}})
    assert len(search_of(few.step(few.ask("Thanks."))).results) == 2
    everything = desk(store=store)
    scores = [r.score for r in search_of(everything.step(everything.ask("Thanks."))).results]
    assert len(scores) == 6
    options = {"ranker": "auto", "score_threshold": scores[2]}
    strict = desk(store=store, tool={"type": "file_search", "file_search": {"ranking_options": options}})
    found = search_of(strict.step(strict.ask("Thanks.")))
    assert found.ranking_options.to_dict() == {"ranker": "default_2024_08_21", "score_threshold": scores[2]}
    assert [r.score for r in found.results] == [score for score in scores if score >= scores[2]]


def test_the_stores_of_assistant_and_thread_are_searched_together(client: OpenAI, desk: MakeDesk) -> None:
    mine, ids = stored(client, {"pump.txt": PUMP})
    theirs, more = stored(client, {"valve.txt": "The bearings of the valve never change."})
    ours = desk(store=mine)
    run = ours.ask("Thanks.", tool_resources={"file_search": {"vector_store_ids": [theirs]}})
    assert {r.file_id for r in search_of(ours.step(run)).results} == {*ids.values(), *more.values()}


def test_a_file_attached_to_a_message_is_searched(client: OpenAI, desk: MakeDesk) -> None:
    ours, file = desk(), uploaded(client, "pump.txt", PUMP)
    attached: Any = {"attachments": [{"file_id": file, "tools": [{"type": "file_search"}]}]}
    run = ours.ask("Every 2000 hours 【4:0†pump.txt】.", message=attached)
    thread = client.beta.threads.retrieve(run.thread_id)
    (store,) = thread.tool_resources.file_search.vector_store_ids  # type: ignore[union-attr]
    assert client.vector_stores.retrieve(store).expires_after.days == 7  # type: ignore[union-attr]
    assert [r.file_id for r in search_of(ours.step(run)).results] in ([file], [])


def test_several_queries_of_one_call_are_all_looked_for(client: OpenAI, desk: MakeDesk) -> None:
    store, ids = stored(client, {"pump.txt": PUMP, "menu.txt": "Salmon is served on Fridays."})
    ours = desk(store=store)
    run = ours.ask("Thanks.", query=["bearings", "salmon"])
    assert {r.file_id for r in search_of(ours.step(run)).results} == set(ids.values())


@pytest.mark.parametrize("query", ["", None, 7, [], [3], "\x00"])
def test_a_call_without_a_query_looks_for_the_question(client: OpenAI, desk: MakeDesk, query: Any) -> None:
    store, _ = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    run = ours.ask("Thanks.", query=query)
    assert run.status == "completed"
    assert len(search_of(ours.step(run)).results) == 1


def test_a_search_that_finds_nothing_says_so(client: OpenAI, desk: MakeDesk) -> None:
    ours = desk(store=client.vector_stores.create().id)
    run = ours.ask("I do not know.")
    assert (run.status, search_of(ours.step(run)).results) == ("completed", [])
    assert "No passage in the files fits" in ours.told()


def test_a_store_deleted_since_has_nothing_to_say(client: OpenAI, desk: MakeDesk) -> None:
    gone, _ = stored(client, {"pump.txt": PUMP})
    kept, ids = stored(client, {"valve.txt": "The bearings of the valve never change."})
    ours = desk(store=gone)
    client.vector_stores.delete(gone)
    run = ours.ask("Thanks.", tool_resources={"file_search": {"vector_store_ids": [kept]}})
    assert run.status == "completed"
    assert [r.file_id for r in search_of(ours.step(run)).results] == list(ids.values())


def test_a_store_deleted_during_the_run_does_not_fail_it(
    shared: Ground, client: OpenAI, desk: MakeDesk
) -> None:
    store, _ = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    shared.upstream.play(
        Script(tool_calls=(ToolCall("file_search", '{"query": "bearings"}'),), hold_after=1),
        Script(text=("No.",)),
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "When?"}])
    run = client.beta.threads.runs.create(thread.id, assistant_id=ours.assistant.id)
    assert shared.upstream.holding.wait(10)
    client.vector_stores.delete(store)
    shared.upstream.release()
    done = client.beta.threads.runs.poll(run.id, thread_id=thread.id)
    assert (done.status, search_of(ours.step(done)).results) == ("completed", [])
    shared.upstream.holding.clear()


def test_an_expired_store_is_not_searched(client: OpenAI, desk: MakeDesk, clock: Clock) -> None:
    store, _ = stored(client, {"pump.txt": PUMP}, expires_after={"anchor": "last_active_at", "days": 1})
    ours = desk(store=store)
    clock.now_s += DAY_S
    run = ours.ask("Thanks.")
    assert (run.status, search_of(ours.step(run)).results) == ("completed", [])
    assert client.vector_stores.retrieve(store).status == "expired"


def test_a_run_keeps_its_stores_alive(client: OpenAI, desk: MakeDesk, clock: Clock) -> None:
    store, _ = stored(client, {"pump.txt": PUMP}, expires_after={"anchor": "last_active_at", "days": 1})
    clock.now_s += DAY_S - 1
    desk(store=store).ask("Thanks.")
    assert client.vector_stores.retrieve(store).expires_at == clock.now_s + DAY_S


def test_words_are_searched_while_vectors_are_still_made(
    client: OpenAI, desk: MakeDesk, embedding_gate: Gate
) -> None:
    store = client.vector_stores.create(file_ids=[uploaded(client, "pump.txt", PUMP)]).id
    assert embedding_gate.reached.wait(10)
    embedding_gate.open()
    ours = desk(store=store)
    assert len(search_of(ours.step(ours.ask("Thanks."))).results) == 1


def test_a_strangers_store_is_never_searched(shared: Ground, client: OpenAI, desk: MakeDesk) -> None:
    stranger = shared.account()
    foreign, _ = stored(stranger, {"pump.txt": PUMP})
    with pytest.raises(Exception, match="No vector store found"):
        desk(store=foreign)


def test_the_stream_tells_of_a_search_and_then_of_its_results(
    shared: Ground, client: OpenAI, desk: MakeDesk
) -> None:
    store, _ = stored(client, {"pump.txt": PUMP})
    ours = desk(store=store)
    shared.upstream.play(
        Script(tool_calls=(ToolCall("file_search", '{"query": "bearings"}'),)),
        Script(text=("Every 2000 hours 【4:", "0†pump.txt】", " or so.")),
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "When?"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=ours.assistant.id) as stream:
        events = list(stream)
    names = [event.event for event in events]
    assert names.index("thread.run.step.delta") < names.index("thread.run.step.completed")
    deltas: Any = [event.data.delta for event in events if event.event == "thread.message.delta"]
    told = [part for delta in deltas for part in delta.content]
    marked = [part for part in told if part.text.annotations]
    assert [part.text.value for part in marked] == ["【4:0†pump.txt】"]
    assert "".join(part.text.value for part in told) == "Every 2000 hours 【4:0†pump.txt】 or so."
    assert stream.get_final_messages()[0].content[0].text.annotations[0].text == "【4:0†pump.txt】"  # type: ignore[union-attr]


def test_a_file_attached_just_now_is_read_before_it_is_searched(
    client: OpenAI, desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = reader.extract
    monkeypatch.setattr(reader, "extract", lambda *args, **more: (time.sleep(0.5), extract(*args, **more))[1])
    file = uploaded(client, "pump.txt", PUMP)
    ours = desk()
    attached = [{"file_id": file, "tools": [{"type": "file_search"}]}]
    run = ours.ask("Thanks.", message={"attachments": attached})
    assert [result.file_id for result in search_of(ours.step(run)).results] == [file]
