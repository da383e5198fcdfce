from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from services.server.runs.events import KEPT_S, EventLog, EventLogs, encoded

MANY = settings(deadline=None, max_examples=60)


async def all_of(log: EventLog, after: int = 0) -> list[bytes]:
    """Every event a reader gets, one by one."""
    pieces = [piece async for piece in log.follow(after)]
    return [event + b"\n\n" for event in b"".join(pieces).split(b"\n\n")[:-1]]


def test_an_event_is_a_name_its_data_and_an_id() -> None:
    assert (
        encoded("a.b", {"text": "über\n"}, "x-1")
        == 'event: a.b\ndata: {"text":"über\\n"}\nid: x-1\n\n'.encode()
    )
    assert encoded("a.b", {}) == b"event: a.b\ndata: {}\n\n"


@MANY
@given(
    st.lists(st.sampled_from(["tell", "read", "yield", "pause", "resume"]), max_size=30),
    st.lists(st.integers(0, 10), max_size=4),
)
def test_every_reader_gets_every_event_once_whenever_it_comes(acts: list[str], places: list[int]) -> None:
    async def play() -> None:
        log, readers, told = EventLog(), [], 0
        for act in acts:
            match act:
                case "tell":
                    told += 1
                    log.append("e", told)
                case "read":
                    readers.append((0, asyncio.ensure_future(read_on(log, 0))))
                case "yield":
                    await asyncio.sleep(0)
                case "pause":
                    log.pause()
                case "resume":
                    log.resume()
        places_here = [min(place, told) for place in places]
        readers += [(place, asyncio.ensure_future(read_on(log, place))) for place in places_here]
        log.append("end", None)
        log.pause()
        whole = await all_of(log)
        assert len(whole) == told + 1
        for place, reader in readers:
            assert await asyncio.wait_for(reader, 5) == whole[place:]

    async def read_on(log: EventLog, place: int) -> list[bytes]:
        """Reads until the end, joining again whenever the run pauses."""
        got: list[bytes] = []
        while not got or b"event: end\n" not in got[-1]:
            got += await all_of(log, place + len(got))
            await asyncio.sleep(0)
        return got

    asyncio.run(play())


def test_an_id_is_a_place_in_its_own_log_alone() -> None:
    log, other = EventLog(), EventLog()
    log.extend([("a", 1), ("b", 2)])
    other.append("a", 1)
    assert [log.number_of(f"{log.name}-{n}") for n in (0, 1, 2, 3)] == [0, 1, 2, 2]
    for stranger in (None, "", "1", f"{other.name}-1", f"{log.name}-x", f"{log.name}-", "-1"):
        assert log.number_of(stranger) == 0


def test_a_new_log_begins_with_what_had_happened_an_old_one_does_not() -> None:
    logs = EventLogs()
    first = logs.open("run_1", [("a", 1)])
    assert (len(first), first.is_paused) == (1, True)
    assert logs.open("run_1", [("b", 2)]) is first
    assert len(first) == 1
    assert logs.get("run_2") is None


def test_logs_of_runs_long_ended_are_dropped_those_of_runs_at_work_never() -> None:
    logs = EventLogs()
    ended, working = logs.open("run_1"), logs.open("run_2")
    working.resume()
    ended.paused_at = working.paused_at = ended.paused_at - KEPT_S - 1
    logs.open("run_3")
    assert logs.get("run_1") is None
    assert logs.get("run_2") is working
