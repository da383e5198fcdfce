"""Every program of every lesson is run as its page runs it, against our own server before a scripted upstream."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from services.clients import Connection
from services.lessons.catalogue import lesson, lessons
from services.lessons.metering import usage_of
from services.lessons.records import Program
from services.lessons.running import Ended, Printed, Product, Said, run
from tests.browser.conftest import free_port
from tests.support.assistants import MODEL, Service, until
from tests.support.upstream import Script, ToolCall

ASSISTANT = tuple(Script(text=(words,)) for words in ("Nice to meet Miso.", "Your cat is called Miso."))
BOOKING = {"place": "Rosa's", "people": 4, "day": "Friday", "time": "7 pm"}


def program_of(slug: str, name: str) -> Program:
    return next(program for program in lesson(slug).programs if program.name == name)


def lines(said: list[Said]) -> str:
    return "\n".join(piece.text for piece in said if isinstance(piece, Printed))


def ran(program: Program, connection: Connection, text: str | None = None) -> list[Said]:
    """What it said; it must have ended well."""
    said = list(run(program, program.default_input or "" if text is None else text, connection, MODEL))
    ended = said[-1]
    assert isinstance(ended, Ended)
    assert ended.problem is None, ended.problem
    return said


def test_chat_completions_sends_the_history_again(lesson_service: Service, connection: Connection) -> None:
    said = lines(ran(program_of("chat_completions", "first_answer.py"), connection, "What is a prime?"))
    first, second = (request.json["messages"] for request in lesson_service.upstream.requests[-2:])
    assert (len(first), len(second)) == (2, 4)
    assert "> What is a prime?" in said
    assert len([line for line in said.splitlines() if usage_of(line)]) == 2


@pytest.mark.parametrize("name", ["thread.py", "conversation.py"])
def test_the_server_remembers(name: str, lesson_service: Service, connection: Connection) -> None:
    lesson_service.upstream.play(*ASSISTANT)
    said = lines(ran(program_of("assistants", name), connection))
    assert "Your cat is called Miso." in said
    assert "My cat is called Miso." in str(lesson_service.upstream.requests[-1].json["messages"])


def test_a_function_is_called_and_its_result_goes_back(
    lesson_service: Service, connection: Connection
) -> None:
    call = ToolCall("stock", '{"product": "green tea"}')
    lesson_service.upstream.play(Script(tool_calls=(call,)), Script(text=("There are 42 bags.",)))
    said = lines(ran(program_of("function_calling", "stock.py"), connection))
    assert "There are 42 bags." in said
    assert json.loads(lesson_service.upstream.requests[-1].json["messages"][-1]["content"])["bags"] == 42


def test_a_picture_goes_along(lesson_service: Service, connection: Connection) -> None:
    said = ran(program_of("vision", "look.py"), connection)
    (picture,) = (piece for piece in said if isinstance(piece, Product))
    assert picture.data.startswith(b"\x89PNG")
    parts = lesson_service.upstream.requests[-1].json["messages"][-1]["content"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_a_sentence_is_spoken(alone: Connection) -> None:
    said = ran(program_of("text_to_speech", "speak.py"), alone)
    (speech,) = (piece for piece in said if isinstance(piece, Product))
    assert speech.data.startswith(b"RIFF")
    assert "first sound after" in lines(said)


def test_what_was_spoken_is_written_down(alone: Connection) -> None:
    said = lines(ran(program_of("speech_to_text", "listen.py"), alone))
    assert "heard: " in said


def test_a_picture_is_made(lesson_service: Service, connection: Connection) -> None:
    pixel = base64.b64encode(b"\x89PNG of the upstream").decode()
    lesson_service.upstream.play(Script(body={"created": 1, "data": [{"b64_json": pixel}]}))
    said = ran(program_of("image_generation", "draw.py"), connection)
    (picture,) = (piece for piece in said if isinstance(piece, Product))
    assert picture.data == b"\x89PNG of the upstream"
    assert lesson_service.upstream.requests[-1].json["size"] == "1024x1024"


def test_the_nearest_sentence_comes_first(lesson_service: Service, connection: Connection) -> None:
    vectors = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], [0.8, 0.2], [0.0, 1.0]]
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    usage = {"prompt_tokens": 30, "total_tokens": 30}
    lesson_service.upstream.play(
        Script(body={"object": "list", "data": data, "model": "scripted", "usage": usage})
    )
    said = lines(ran(program_of("embeddings", "nearest.py"), connection))
    assert said.index("Refunds are paid") < said.index("Returned goods") < said.index("Our cats")


def test_limits_and_prices_are_told(connection: Connection) -> None:
    said = lines(ran(program_of("limits_and_prices", "limits.py"), connection))
    assert "a thousand such answers on gpt-6-luna: $" in said


def test_both_ways_of_waiting_are_measured(connection: Connection) -> None:
    said = lines(ran(program_of("best_practices", "stream_or_wait.py"), connection))
    assert said.count("usage: ") == 6
    assert "streaming: first word after" in said


def test_examples_are_checked_and_used(lesson_service: Service, connection: Connection) -> None:
    said = ran(program_of("fine_tuning", "few_shot.py"), connection)
    (training,) = (piece for piece in said if isinstance(piece, Product))
    assert len(training.data.splitlines()) == 5
    assert "OpenAI wants at least 10" in lines(said)
    assert len(lesson_service.upstream.requests[-1].json["messages"]) == 12


def test_an_answer_is_data(lesson_service: Service, connection: Connection) -> None:
    lesson_service.upstream.play(Script(text=(json.dumps(BOOKING),)))
    assert "A table for 4 at Rosa's" in lines(ran(program_of("integration", "ask.py"), connection))


def test_langchain_streams(lesson_service: Service, connection: Connection, tmp_path: Path) -> None:
    pytest.importorskip("langchain_openai")
    told = subprocess.run(
        [sys.executable, str(program_of("integration", "with_langchain.py").path)],
        env=environment(connection, tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.stdout.strip() == "Hello world", told.stderr
    assert lesson_service.upstream.requests[-1].json["stream"] is True


def test_fastapi_streams(connection: Connection, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    port = free_port()
    folder = program_of("integration", "with_fastapi.py").path.parent
    command = [sys.executable, "-m", "uvicorn", "with_fastapi:app", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment(connection, tmp_path)) as process:
        try:
            answer = until(lambda: asked(port), 60)
        finally:
            process.terminate()
    assert answer == "Hello world"


def environment(connection: Connection, home: Path) -> dict[str, str]:
    own = {"OPENAI_BASE_URL": connection.base_url, "OPENAI_API_KEY": connection.api_key, "MODEL": MODEL}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", **own}


def asked(port: int) -> str | None:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/ask", params={"q": "Hi"}, timeout=30).text
    except httpx2.ConnectError:
        return None


def test_no_program_is_forgotten_here() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    for one in lessons():
        assert all(f'"{program.name}"' in tested for program in one.programs), one.slug
