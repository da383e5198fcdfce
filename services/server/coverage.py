"""Which of OpenAI's operations are served: `python -m services.server.coverage` prints docs/api-coverage.md."""

from __future__ import annotations

import sys

from services.server.operations import OPERATIONS, Operation
from services.server.routes import ROUTES

_HEAD = """\
# API coverage

Computed from the routes by `python -m services.server.coverage > docs/api-coverage.md`; a test compares.
An operation in `code` is the method of the OpenAI SDK that calls it; one marked "ours" is not in OpenAI's API.

| Request | Operation | Streams | Key | What it does |
|---|---|---|---|---|
"""


_FIDELITY = """
## How fidelity is shown

* `make conformance`: OpenAI's own SDK tests of these operations pass against this server, 1600 of 1600 (the SDK skips 7 of them itself).
* Recorded traffic of the real service, replayed (`python -m tests.golden`): status, keys, types, enumerated values and the order of events
  agree in 204 of 204 exchanges. The recordings are not part of this project; where they are missing, the tests skip.
* `tests/contract/` tries what the SDK's helpers do, on SQLite and PostgreSQL, and every fault known of other servers of this protocol.

## Where this server differs from OpenAI's

* Answers carry every key the specification asks for, and those the service sent beyond it. Where the two conflict, the SDK's type wins:
  `vector_store.files_batch`, and `""` where a text is required.
* Any chat model answers, not only those of a list. Without an upstream, the local model answers to a retired name such as `gpt-4o`.
* `GET /v1/threads/{thread_id}/runs/{run_id}/events` joins a streamed run again, from the event after `Last-Event-ID` on.
* A search can be told in `ranking_options.hybrid_search` how much words and vectors count, as the file search of Responses can.
* A citation carries its quote, page and records beside `file_id`; search results carry page and records. Made-up markers are left out.
* Files of purpose `assistants` can be downloaded. CSV, TSV and JSON lines can be searched too.
* A file counts as `completed` once its words are searchable and its vectors are there, or after 3 seconds; vectors of long files follow.
* `code_interpreter` runs in a sandbox of the thread's own, on Linux; where none works it says so and the run goes on. A program has 60 s
  and 1 GB; its variables live on for an hour without use. Files it writes can be downloaded; a link `sandbox:/mnt/data/…` is annotated.
* A run ends `failed` when the server is stopped while it works; one that waits for its caller goes on after a restart.
* An upstream that keeps responses itself, as OpenAI does, gets requests for responses as they came, unless they name something kept
  here. Then, and for every other model, this server answers over chat completions, with the tools `function`, `file_search` and
  `code_interpreter`. `prompt`, `moderation`, `context_management` and `top_logprobs` are refused then; of a file input the text is read.
* A stored response can be followed again with `?stream=true&starting_after=…`, in the background or not; after ten minutes from its
  record. One that is not in the background ends `cancelled` when its client leaves, and keeps what had come. No event is named for that
  end: the last one is `response.incomplete`, with that status in it.
* `GET /v1/responses/{response_id}/citations` tells the quote, page and records of each citation, for which an annotation has no room.
* A conversation takes several responses at once; each adds its items when it has ended. Deleting a response leaves its conversation as
  it is, and the other way round.
* A container lasts until it is deleted and has no network. `code_interpreter_call.outputs` holds figures as data URLs, and the message
  after a program cites them at its beginning. The content of a compaction item is a summary, encoded and not encrypted.
* Without an upstream `tts-1` and `gpt-4o-mini-tts` are spoken by one voice, whichever of OpenAI's is asked for; `tts-1-hd` has several.
  They speak English; `instructions` are not followed. Transcripts come from Whisper base, streamed for every name; speakers are not told
  apart and there are no `logprobs`. A recording may have 512 MB and four hours; on to an upstream 25 MB. `usage` of speech events counts
  characters.
* Pictures of the local illustrator are scenes composed from drawings, not generated: `model` and each `revised_prompt` say so, and
  `usage` counts no output tokens. `seed` is ours; the same words, size and seed give the same picture. `output_format` may be `svg`.
  Edits are those it can make in words (add, replace or remove the background, recolour, styles, enlarge, mirror) or fill behind a mask;
  any other is refused with `edit_not_understood`. `markup` is refused, `frame_count` and `complexity` do nothing.
  `images.create_variation` answers 404, as it is retired.
* A picture in a conversation with the local chat model is replaced by what programs read from it: text, colours, size. It is told that
  it did not see the picture.
* Fine-tuning trains the small local chat model here, on the processor, with the method `supervised` and one job at a time; a checkpoint of
  every epoch answers to its name in chat completions. A job on any other model goes on to the upstream as it came, so that its files must
  be there; the list of jobs holds those of this machine. A job goes on after a restart from its last epoch.
* Lists are ordered by when the server took an object in, so that a clock set back changes nothing.
"""


def table() -> str:
    """The coverage table as Markdown."""
    rows = [
        _row(method, route.path, OPERATIONS[route.endpoint], route.endpoint.__doc__)
        for route in ROUTES
        for method in sorted((route.methods or {"GET"}) - {"HEAD"})
    ]
    return _HEAD + "".join(rows) + _FIDELITY


def _row(method: str, path: str, operation: Operation, summary: str) -> str:
    name = "–" if operation.is_open else "ours" if operation.is_ours else f"`{operation.name}`"
    streams = "yes" if operation.streams else "no"
    key = "no" if operation.is_open else "yes"
    shown = path.replace(":path}", "}")
    return f"| `{method} /v1{shown}` | {name} | {streams} | {key} | {summary} |\n"


if __name__ == "__main__":
    sys.stdout.write(table())
