"""What the library of conversations takes: saving a turn, a long branch, the list, a search."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Figure
from services.settings import DEFAULT_OWNER
from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from services.turns import Finished, Message, TextDelta, Turn, Usage, UsageReport

TURNS = 500
CONVERSATIONS = 200
TIMES = 20
MODEL = "gpt-6-luna"
ANSWER = """\
Here is **some** text with `code` and a table.

| a | b |
|---|---|
| 1 | 2 |

```python
print(1)
```"""


def figures(quick: bool = False) -> list[Figure]:
    """Times of what the pages ask of the library, for information."""
    turns, conversations, times = (20, 5, 3) if quick else (TURNS, CONVERSATIONS, TIMES)
    with tempfile.TemporaryDirectory() as folder:
        database, store = open_store(Path(folder))
        long = store.create(title="A long one").id
        saving_s = add_turns(store, long, turns)
        for number in range(conversations):
            add_turns(store, store.create(title=f"Conversation {number}").id, 1)
        rows = [
            _row("save a finished turn", saving_s),
            _row(f"read a branch of {turns} turns", _times(lambda: store.branch(long), times)),
            _row("read its last 20 turns", _times(lambda: store.branch(long, last=20), times)),
            _row(f"list 50 of {conversations} conversations", _times(store.list, times)),
            _row(f"search {turns + conversations} turns", _times(lambda: store.search("question 7"), times)),
        ]
        database.close()
    return rows


def open_store(home: Path) -> tuple[Database, Conversations]:
    """A new library in `home`."""
    database = open_database(f"sqlite:///{home / 'tandem.db'}")
    return database, Conversations(database, FolderBlobs(home / "blobs"), DEFAULT_OWNER)


def add_turns(store: Conversations, conversation_id: str, count: int) -> list[float]:
    """Add so many finished turns in one branch; the seconds each took to save."""
    parent_id, times_s = None, []
    for number in range(count):
        turn = _finished_turn(conversation_id, number, parent_id)
        began = time.perf_counter()
        store.save_turn(turn)
        times_s.append(time.perf_counter() - began)
        parent_id = turn.id
    return times_s


def _finished_turn(conversation_id: str, number: int, parent_id: str | None) -> Turn:
    question = Message("user", f"Question {number}")
    turn = Turn(conversation_id, question, MODEL, "OpenAI", parent_id=parent_id)
    for event in (TextDelta(ANSWER), UsageReport(MODEL, Usage(100, 20), 0.1, 0.5), Finished("stop")):
        turn.apply(event)
    return turn


def _times(act: Callable[[], object], times: int) -> list[float]:
    times_s = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        times_s.append(time.perf_counter() - began)
    return times_s


def _row(what: str, times_s: list[float]) -> Figure:
    return Figure(f"{what}, median of {len(times_s)}", f"{statistics.median(times_s) * 1000:.1f} ms")
