import asyncio

import pytest

from services.engines.chat import complete, stream
from services.engines.llama import EngineState
from services.errors import ModelUnavailable
from tests.services.engines.support import piece, run, streamed, whole

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


async def texts(engine, request=HELLO):
    return [c["choices"][0]["delta"].get("content") async for c in stream(engine, request) if c["choices"]]


def test_engine_starts_on_first_need_and_asks_with_its_own_key(scripted):
    async def go():
        async with scripted([whole("Hi")]) as model:
            assert model.engine.state is EngineState.STOPPED
            await complete(model.engine, HELLO)
            assert model.engine.health()["state"] == "ready"
            assert model.heard[0]["authorized"]
        assert model.engine.health()["state"] == "stopped"

    run(go())


def test_crash_costs_one_answer_and_the_model_comes_back(scripted):
    script = [{**streamed("one", "two"), "die_after": 2}]

    async def go():
        async with scripted(script) as model:
            with pytest.raises(ModelUnavailable, match="restarting"):
                await texts(model.engine)
            while model.engine.restarts < 1 or model.engine.state is not EngineState.READY:
                await asyncio.sleep(0.01)
            assert model.starts == 2
            assert model.engine.health()["restarts"] == 1

    run(go())


def test_stopping_right_after_a_crash_does_not_hang(scripted):
    script = [{**streamed("one", "two"), "die_after": 2}]

    async def go():
        async with scripted(script) as model:
            with pytest.raises(ModelUnavailable):
                await texts(model.engine)
            await model.engine.stop()
            assert model.engine.state is EngineState.STOPPED

    run(asyncio.wait_for(go(), 20))


def test_answer_asked_right_after_a_crash_waits_for_the_restart(scripted):
    script = [{**streamed("one", "two"), "die_after": 2}]

    async def go():
        async with scripted(script) as model:
            for _ in range(2):
                with pytest.raises(ModelUnavailable, match="in the middle of this answer"):
                    await texts(model.engine)
            assert len(model.bodies) == 2

    run(asyncio.wait_for(go(), 20))


def test_closing_the_stream_closes_the_socket(scripted):
    async def go():
        async with scripted([{"events": [piece(content="on and on")], "endless": True}]) as model:
            answer = stream(model.engine, HELLO)
            await anext(answer)
            await answer.aclose()
            while not any(note.get("left") for note in model.heard):
                await asyncio.sleep(0.01)

    run(asyncio.wait_for(go(), 10))


def test_model_that_does_not_load_says_why(scripted):
    async def go():
        async with scripted("broken") as model:
            with pytest.raises(ModelUnavailable, match="the file is broken"):
                await model.engine.wait_ready(10)
            assert model.engine.state is EngineState.FAILED

    run(go())


def test_missing_file_without_a_source_says_which(scripted):
    async def go():
        async with scripted([whole("Hi")]) as model:
            (model.folder / "script.json").unlink()
            with pytest.raises(ModelUnavailable, match=r"script\.json"):
                await complete(model.engine, HELLO)
            assert model.engine.state is EngineState.MISSING

    run(go())


def test_many_answers_at_once_share_one_process(scripted):
    async def go():
        async with scripted([streamed("Hi")]) as model:
            answers = await asyncio.gather(*(texts(model.engine) for _ in range(20)))
            assert all("Hi" in answer for answer in answers)
            assert model.starts == 1

    run(go())
