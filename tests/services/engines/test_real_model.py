"""The promises only the real local model can prove."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.engines.chat import complete, stream
from services.engines.llama import EngineState
from services.errors import ContextTooLong, ModelUnavailable
from tests.services.engines.support import run, running

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]


def asked(text, **options):
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 40, **options}


async def text_of(engine, request):
    pieces = [chunk async for chunk in stream(engine, request)]
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in pieces if c["choices"])


def test_answers_stop_where_told_repeat_by_seed_and_fit_a_schema(real_engine):
    async def go():
        async with running(real_engine) as engine:
            counted = await text_of(engine, asked("Count from 1 to 9, separated by commas.", stop=["5"]))
            assert "4" in counted and "5" not in counted

            invent = asked("Invent a name for a boat.", temperature=1.0, seed=11)
            assert await text_of(engine, invent) == await text_of(engine, invent)

            schema = {
                "type": "object",
                "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
                "required": ["city", "people"],
            }
            wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
            answer = json.loads(await text_of(engine, asked("Describe Oslo.", response_format=wanted)))
            assert isinstance(answer["people"], int) and isinstance(answer["city"], str)

            scored = await complete(engine, asked("Say hi.", logprobs=True, top_logprobs=2, max_tokens=2))
            assert len(scored["choices"][0]["logprobs"]["content"][0]["top_logprobs"]) == 2

            with pytest.raises(ContextTooLong, match="maximum context length is 2048 tokens"):
                await text_of(engine, asked("word " * 5000))

    run(go())


def test_second_turn_is_served_from_the_prompt_cache(real_engine):
    async def first_token_s(engine, messages):
        started, first_s = time.monotonic(), None
        async for chunk in stream(engine, {"messages": messages, "max_tokens": 3}):
            if first_s is None and chunk["choices"][0]["delta"].get("content"):
                first_s = time.monotonic() - started
        return first_s

    async def go():
        async with running(real_engine) as engine:
            long = "Remember these numbers: " + ", ".join(str(n * 37) for n in range(150))
            history = [{"role": "user", "content": long}]
            uncached_s = await first_token_s(engine, history)
            history += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And now?"}]
            assert await first_token_s(engine, history) <= 0.4 * uncached_s
            answer = await complete(engine, {"messages": history, "max_tokens": 1})
            assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] > 500

    run(go())


def test_kill_in_the_middle_costs_one_answer_and_the_model_restarts(real_engine):
    async def go():
        async with running(real_engine) as engine:
            answer = stream(engine, asked("Write a long story.", max_tokens=400))
            for _ in range(3):
                await anext(answer)
            os.kill(engine.pid, signal.SIGKILL)
            with pytest.raises(ModelUnavailable, match="restarting"):
                while True:
                    await anext(answer)
            await engine.wait_ready(60)
            assert engine.restarts == 1
            assert await text_of(engine, asked("Say hi.", max_tokens=3))

    run(go())


def test_closing_the_stream_stops_the_model_at_once(real_engine):
    async def go():
        async with running(real_engine) as engine:
            undisturbed_s = await answered_in(engine)
            answers = [stream(engine, asked("Write a long story.", max_tokens=1500)) for _ in range(2)]
            for answer in answers:
                await anext(answer)
            for answer in answers:
                await answer.aclose()
            # Both slots were busy: a short answer comes soon only if they are free again. A story takes 100 times as long.
            assert await answered_in(engine) < 10 * undisturbed_s + 5

    async def answered_in(engine):
        started = time.monotonic()
        await text_of(engine, asked("Say hi.", max_tokens=2))
        return time.monotonic() - started

    run(go())


def test_model_process_ends_when_its_parent_is_killed(real_engine, tmp_path):
    program = """
import asyncio, sys
from pathlib import Path
from services.engines.registry import Engines

async def main():
    engines = Engines(Path(sys.argv[1]), context_tokens=1024)
    await engines.chat.wait_ready(120)
    print(engines.chat.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    command = [sys.executable, "-c", program, str(real_engine._models_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as parent:
        child_pid = int(parent.stdout.readline())
        parent.kill()
    _wait_until_gone(child_pid, timeout_s=10)


def _wait_until_gone(pid, timeout_s):
    import psutil

    try:
        psutil.Process(pid).wait(timeout_s)
    except psutil.NoSuchProcess:
        return


def test_state_is_told_while_loading(real_engine):
    async def go():
        await real_engine.start()
        assert real_engine.state is EngineState.LOADING
        assert "loading" in real_engine.explain()
        await real_engine.stop()
        assert real_engine.state is EngineState.STOPPED

    run(asyncio.wait_for(go(), 60))
