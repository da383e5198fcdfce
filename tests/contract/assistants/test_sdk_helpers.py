"""The SDK's own helpers, unmodified: event handlers, streams, polling and pages, sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI

from tests.support.assistants import FUNCTION, PARIS, ROME, Account
from tests.support.upstream import Script, ScriptedUpstream

CALLBACKS = (
    "on_event",
    "on_run_step_created",
    "on_run_step_delta",
    "on_run_step_done",
    "on_tool_call_created",
    "on_tool_call_delta",
    "on_tool_call_done",
    "on_message_created",
    "on_message_delta",
    "on_message_done",
    "on_text_created",
    "on_text_delta",
    "on_text_done",
    "on_end",
)
TEXT = [
    "on_run_step_created",
    "on_message_created",
    "on_text_created",
    "on_text_delta",
    "on_message_delta",
    "on_text_delta",
    "on_message_delta",
    "on_text_done",
    "on_message_done",
    "on_run_step_done",
    "on_end",
]


def recording(base: Any) -> Any:
    """A handler that writes down which of its methods were called, in order."""
    is_async = base is AsyncAssistantEventHandler

    def callback(name: str) -> Any:
        def called(self: Any, *_: Any) -> None:
            self.calls.append(name)

        async def acalled(self: Any, *_: Any) -> None:
            self.calls.append(name)

        return acalled if is_async else called

    handler = type("Recording", (base,), {name: callback(name) for name in CALLBACKS})()
    handler.calls = []
    return handler


def told(handler: Any) -> list[str]:
    """What the handler was called with, but for the event behind each."""
    return [name for name in handler.calls if name != "on_event"]


def test_a_handler_hears_of_every_word(me: Account) -> None:
    thread, assistant, handler = me.thread("Hi"), me.assistant(), recording(AssistantEventHandler)
    runs = me.client.beta.threads.runs
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    assert told(handler) == TEXT
    assert handler.get_final_run().status == "completed"
    (message,) = handler.get_final_messages()
    assert message.content[0].text.value == "Hello world"
    (step,) = handler.get_final_run_steps()
    assert step.step_details.message_creation.message_id == message.id


def test_text_can_be_read_word_by_word(me: Account) -> None:
    runs = me.client.beta.threads.runs
    with runs.stream(thread_id=me.thread("Hi").id, assistant_id=me.assistant().id) as stream:
        assert list(stream.text_deltas) == ["Hello", " world"]


def test_a_handler_hears_of_every_call_and_its_output(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(PARIS, ROME)))
    handler = recording(AssistantEventHandler)
    runs, assistant = me.client.beta.threads.runs, me.assistant(tools=[FUNCTION])
    thread = me.thread("Hi")
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    run = handler.current_run
    assert run.status == "requires_action"
    assert told(handler).count("on_tool_call_created") == 2
    arguments = [c.function.arguments for c in handler.current_run_step_snapshot.step_details.tool_calls]
    assert arguments == [PARIS.arguments, ROME.arguments]
    answering = recording(AssistantEventHandler)
    outputs = me.outputs(run)
    with runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs, event_handler=answering
    ) as stream:
        stream.until_done()
    assert told(answering) == ["on_run_step_done", *TEXT]
    assert answering.get_final_run().status == "completed"


def test_a_thread_can_be_made_and_run_by_a_stream(me: Account) -> None:
    handler = recording(AssistantEventHandler)
    with me.client.beta.threads.create_and_run_stream(
        assistant_id=me.assistant().id,
        thread={"messages": [{"role": "user", "content": "Hi"}]},
        event_handler=handler,
    ) as stream:
        stream.until_done()
    assert told(handler) == TEXT


@pytest.mark.parametrize("end", ["failed", "incomplete"])
def test_a_handler_ends_with_runs_that_end_early(me: Account, upstream: ScriptedUpstream, end: str) -> None:
    scripts = {"failed": Script(cut_after=2), "incomplete": Script(finish_reason="length")}
    upstream.play(scripts[end])
    runs, handler = me.client.beta.threads.runs, recording(AssistantEventHandler)
    thread, assistant = me.thread("Hi"), me.assistant()
    with runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    assert handler.current_run.status == end
    assert handler.calls[-1] == "on_end"


def test_polling_helpers_come_to_the_end_quickly(me: Account, upstream: ScriptedUpstream) -> None:
    runs, assistant = me.client.beta.threads.runs, me.assistant(tools=[FUNCTION])
    run = runs.create_and_poll(thread_id=me.thread("Hi").id, assistant_id=assistant.id)
    assert run.status == "completed"
    upstream.play(Script(tool_calls=(PARIS,)))
    first: Any = {"messages": [{"role": "user", "content": "Hi"}]}
    waiting = me.client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=first)
    assert waiting.status == "requires_action"
    ended = runs.submit_tool_outputs_and_poll(
        run_id=waiting.id, thread_id=waiting.thread_id, tool_outputs=me.outputs(waiting)
    )
    assert ended.status == "completed"


def test_answers_carry_the_headers_the_sdk_reads(me: Account) -> None:
    run = me.run()
    raw = me.client.beta.threads.runs.with_raw_response.retrieve(run.id, thread_id=run.thread_id)
    assert raw.headers["openai-version"] == "2020-10-01"
    assert raw.headers["openai-poll-after-ms"] == "100"
    assert raw.headers["openai-processing-ms"].isdecimal()
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.parse()._request_id == raw.headers["x-request-id"]


# The same, async.


def in_async(me: Account, work: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Any:
    """What this gives with the async SDK."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncOpenAI]:
        async with AsyncOpenAI(base_url=me.base_url, api_key=me.key, max_retries=0) as client:
            yield client

    async def working() -> Any:
        async with opened() as client:
            return await work(client)

    return asyncio.run(working())


def test_an_async_handler_hears_of_every_word(me: Account) -> None:
    thread, assistant = me.thread("Hi"), me.assistant()

    async def work(client: AsyncOpenAI) -> Any:
        handler = recording(AsyncAssistantEventHandler)
        async with client.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
        ) as stream:
            await stream.until_done()
        (message,) = await handler.get_final_messages()
        return told(handler), message.content[0].text.value

    assert in_async(me, work) == (TEXT, "Hello world")


def test_an_async_client_answers_calls_by_a_stream(me: Account, upstream: ScriptedUpstream) -> None:
    waiting = me.waiting(PARIS, ROME)

    async def work(client: AsyncOpenAI) -> Any:
        handler = recording(AsyncAssistantEventHandler)
        async with client.beta.threads.runs.submit_tool_outputs_stream(
            run_id=waiting.id,
            thread_id=waiting.thread_id,
            tool_outputs=me.outputs(waiting),
            event_handler=handler,
        ) as stream:
            await stream.until_done()
        return told(handler), (await handler.get_final_run()).status

    assert in_async(me, work) == (["on_run_step_done", *TEXT], "completed")


def test_an_async_client_makes_and_runs_and_polls_and_turns_pages(me: Account) -> None:
    assistant = me.assistant()
    first: Any = {"messages": [{"role": "user", "content": "Hi"}]}

    async def work(client: AsyncOpenAI) -> Any:
        threads = client.beta.threads
        async with threads.create_and_run_stream(assistant_id=assistant.id, thread=first) as stream:
            words = [word async for word in stream.text_deltas]
        run = await threads.create_and_run_poll(assistant_id=assistant.id, thread=first)
        again = await threads.runs.create_and_poll(thread_id=run.thread_id, assistant_id=assistant.id)
        pages = threads.messages.list(run.thread_id, limit=1)
        return words, run.status, again.status, [message.role async for message in pages]

    roles = ["assistant", "assistant", "user"]
    assert in_async(me, work) == (["Hello", " world"], "completed", "completed", roles)
