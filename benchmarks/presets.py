"""How often the local model does what the presets of the assistant page are for: twenty tasks through /v1.

`python -m benchmarks.presets [TIMES]` tries each of them several times and prints what was answered.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai

from benchmarks.preset_tasks import TASKS, Outcome, Task
from benchmarks.report import Figure, at_least
from benchmarks.servers import KEY, own_app
from services.assistants.presets import preset
from services.settings import get_settings

RUN_LIMIT_S = 240
MOSTLY = 0.7


def figures() -> list[Figure]:
    """How many of the tasks are done, by preset."""
    done, durations_s = Counter[str](), []
    with _server() as client:
        for task in TASKS:
            began = time.monotonic()
            done[task.preset] += task.is_done(attempt(client, task))
            durations_s.append(time.monotonic() - began)
    of = Counter(task.preset for task in TASKS)
    return [
        at_least(f"tasks done, of {len(TASKS)}", done.total(), MOSTLY * len(TASKS)),
        *(Figure(f"of these: {name}", f"{done[name]} of {count}") for name, count in of.items()),
        Figure("median time of a task", f"{sorted(durations_s)[len(durations_s) // 2]:.0f} s"),
    ]


def attempt(client: openai.OpenAI, task: Task) -> Outcome:
    """Make the assistant, say everything in a new thread, and see what came of it."""
    given = preset(task.preset)
    assert given is not None
    assistant = client.beta.assistants.create(**given.body(get_settings().chat_model))
    thread = client.beta.threads.create()
    for number, text in enumerate(task.messages):
        attachments = _attachments(client, task, given.tools) if number == 0 and task.file else []
        client.beta.threads.messages.create(thread.id, role="user", content=text, attachments=attachments)
        run = client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=200, timeout=RUN_LIMIT_S
        )
    return _outcome(client, run)


def _attachments(client: openai.OpenAI, task: Task, tools: tuple[str, ...]) -> list[Any]:
    assert task.file is not None
    name, text = task.file
    file = client.files.create(file=(name, text.encode()), purpose="assistants")
    return [{"file_id": file.id, "tools": [{"type": tools[0]}]}]


def _outcome(client: openai.OpenAI, run: Any) -> Outcome:
    messages = client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc").data
    parts = [part for message in messages for part in message.content]
    texts = [part.text for part in parts if part.type == "text"]
    annotations = [annotation for text in texts for annotation in text.annotations]
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    calls = [c for step in steps if step.type == "tool_calls" for c in step.step_details.tool_calls]
    paths = [a for a in annotations if a.type == "file_path"]
    return Outcome(
        text="\n".join(text.value for text in texts) or str(run.last_error or ""),
        programs=sum(call.type == "code_interpreter" for call in calls),
        citations=sum(a.type == "file_citation" for a in annotations),
        figures=sum(part.type == "image_file" for part in parts),
        files=tuple(client.files.retrieve(path.file_path.file_id).filename for path in paths),
    )


@contextmanager
def _server() -> Iterator[openai.OpenAI]:
    """The app with a home of its own, and a client of it."""
    with (
        own_app() as base_url,
        openai.OpenAI(base_url=base_url, api_key=KEY, timeout=RUN_LIMIT_S) as client,
    ):
        yield client


def main(times: int) -> None:
    """Try each task so many times, and say what was answered."""
    with _server() as client:
        for number, task in enumerate(TASKS, 1):
            outcomes = [attempt(client, task) for _ in range(times)]
            done = sum(map(task.is_done, outcomes))
            print(f"{number:2} {task.preset}: {task.messages[-1]} – {done} of {times}", flush=True)
            for outcome in outcomes:
                if not task.is_done(outcome):
                    print(f"     {outcome}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
