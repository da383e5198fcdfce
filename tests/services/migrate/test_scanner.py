"""The scanner finds each way to call the Assistants API, says what it becomes, and survives whatever lies in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.migrate import python_calls, text_calls
from services.migrate.__main__ import FOUND, NOTHING, WRONG, main
from services.migrate.calls import CALLS, becomes, below_beta, table
from services.migrate.findings import Scan
from services.migrate.scanner import LARGEST_BYTES, scan

PYTHON = '''\
"""POST /v1/threads stands in a docstring."""
import openai
from openai import AssistantEventHandler
from openai.types.beta import Thread
client = openai.OpenAI(default_headers={"OpenAI-Beta": "assistants=v2"})  # client.beta.threads.create()
threads = client.beta.threads
class Handler(AssistantEventHandler):
    def __init__(self):
        self.runs = client.beta.threads.runs
    def go(self):
        self.runs.submit_tool_outputs_stream(thread_id="t")
threads.runs.create_and_poll(thread_id="t")
(client
    .beta.threads.messages
    .list("t"))
requests.post(f"{BASE}/threads/{t}/runs")
requests.get("https://api.openai.com/v1/assistants/asst_1")
client.with_options(timeout=3).beta.assistants.create(model="x").id
client.beta.realtime.connect()
client.beta.threads.runs.with_raw_response.create("t")
'''
TYPESCRIPT = """\
import OpenAI from "openai";
// openai.beta.threads.create()
const { threads, assistants: helpers } = openai.beta;
const runs = openai.beta.threads.runs;
await threads.create();
await helpers.create({});
runs.createAndPoll(t, {});
openai.beta.threads
  .runs
  .stream(t, {});
fetch(`https://api.openai.com/v1/threads/${id}/messages`, { headers: { "OpenAI-Beta": "assistants=v2" } });
openai.beta?.threads!.runs.submitToolOutputs(r, {});
"""


def found(hits: list[python_calls.Hit]) -> list[tuple[int, str]]:
    return [(hit.line, hit.call) for hit in hits]


def test_python_is_read_by_its_syntax_tree() -> None:
    assert found(python_calls.hits(PYTHON)) == [
        (4, "from openai.types.beta import Thread"),
        (5, "OpenAI-Beta: assistants"),
        (7, "AssistantEventHandler"),
        (11, "client.beta.threads.runs.submit_tool_outputs_stream"),
        (12, "client.beta.threads.runs.create_and_poll"),
        (15, "client.beta.threads.messages.list"),
        (16, "/threads/{…}/runs"),
        (17, "/v1/assistants/asst_1"),
        (18, "beta.assistants.create"),
        (20, "client.beta.threads.runs.with_raw_response.create"),
    ]


def test_typescript_is_read_by_patterns() -> None:
    assert found(text_calls.hits(TYPESCRIPT)) == [
        (5, "beta.threads.create"),
        (6, "beta.assistants.create"),
        (7, "beta.threads.runs.createAndPoll"),
        (10, "beta.threads.runs.stream"),
        (11, "/v1/threads/${id}/messages"),
        (11, "OpenAI-Beta: assistants"),
        (12, "beta.threads.runs.submitToolOutputs"),
    ]


@pytest.mark.parametrize(
    ("source", "call", "successor"),
    [
        ("curl https://api.openai.com/v1/threads/$T/runs -d @b", "/v1/threads/$T/runs", "responses.create"),
        ("client.Beta.Threads.New(ctx)", "Beta.Threads.New", "conversations.create"),
        ("client.beta().threads().runs().create(p)", "beta.threads.runs.create", "responses.create"),
        ("$client->beta", "", ""),
        ("var a = new AssistantClient(key);", "AssistantClient", "responses"),
        ("alphabeta.threads.create()", "", ""),
        ("x.beta.threadsafe.create()", "", ""),
    ],
)
def test_other_languages_are_read_by_patterns(source: str, call: str, successor: str) -> None:
    hits = text_calls.hits(source)
    assert [hit.call for hit in hits] == [call] * bool(call)
    assert all(successor in hit.becomes.call for hit in hits)


def test_every_method_of_the_sdk_has_its_successor() -> None:
    from openai.resources.beta import Assistants
    from openai.resources.beta.threads import Messages, Runs, Threads
    from openai.resources.beta.threads.runs import Steps

    resources = {
        "assistants": Assistants,
        "threads": Threads,
        "threads.messages": Messages,
        "threads.runs": Runs,
        "threads.runs.steps": Steps,
    }
    below = {"messages", "runs", "steps"}
    for prefix, resource in resources.items():
        methods = {n for n in vars(resource) if not n.startswith(("_", "with_"))} - below
        assert {f"{prefix}.{method}" for method in methods} <= set(CALLS), prefix


def test_the_table_of_the_documentation_is_what_the_scanner_knows() -> None:
    page = (Path(__file__).parents[3] / "docs" / "migration.md").read_text(encoding="utf-8")
    assert table() in page, "run `python -m services.migrate --table`"


def test_a_method_that_is_not_known_is_told_by_its_resource() -> None:
    assert becomes(("threads", "runs", "replay")).call == "responses"
    assert below_beta(("client", "chat", "completions")) is None


def scanned(folder: Path, **files: str | bytes) -> Scan:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return scan(folder)


def test_a_notebook_names_cell_and_line(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["client.beta.threads.create()"]},
        {"cell_type": "code", "source": ["%pip install openai\n", "x = 1\n", "client.beta.threads.create()"]},
        {"cell_type": "code", "source": "!curl https://api.openai.com/v1/threads -d '{}'"},
        {"cell_type": "code", "source": "if broken( client.beta.threads.create()"},
        "no cell",
    ]
    result = scanned(tmp_path, a__ipynb=json.dumps({"cells": cells}))
    assert [(f.cell, f.line, f.call) for f in result.findings] == [
        (2, 3, "client.beta.threads.create"),
        (3, 1, "/v1/threads"),
        (4, 1, "beta.threads.create"),
    ]
    assert result.findings[0].place == "a.ipynb:3 (cell 2)"


def test_what_is_no_text_is_passed_over_and_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.js").write_text("openai.beta.threads.create()")
    result = scanned(tmp_path, a__bin=b"\0\1", b__js="x" * (LARGEST_BYTES + 1), c__py="1")
    assert {(s.path, s.reason) for s in result.skipped} == {
        ("a.bin", "binary"),
        ("b.js", "too large"),
        ("pipe.py", "not a regular file"),
    }
    assert result.findings == () and result.files == 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "a.py").chmod(0)
    assert [s.reason for s in scan(tmp_path).skipped] == ["unreadable"]


@pytest.mark.parametrize(
    "source",
    [
        b"print 'Python 2'; client.beta.threads.create()",
        b"\xff\xfe client.beta.threads.create()",
        b"x = " + b"(" * 5_000 + b"\nclient.beta.threads.create()",
    ],
)
def test_what_is_no_python_is_searched_by_patterns(tmp_path: Path, source: bytes) -> None:
    result = scanned(tmp_path, a__py=source)
    assert [f.call for f in result.findings] == ["beta.threads.create"]
    assert "a.py" in result.notices[0]


@pytest.mark.parametrize(
    "piece", ["beta.", "{", "/threads/", "a = b.beta.threads.", "const {a} = ", "x " * 50]
)
def test_no_text_makes_the_patterns_slow(piece: str) -> None:
    began = time.process_time()
    text_calls.hits(piece * (400_000 // len(piece)))
    assert time.process_time() - began < 10


def test_the_exit_code_says_whether_anything_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == NOTHING
    assert "No call" in capsys.readouterr().out
    (tmp_path / "a.py").write_text(PYTHON)
    assert main([str(tmp_path / "a.py"), "--json"]) == FOUND
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][4]["becomes"] == "responses.create(conversation=…)"
    assert "base_url" in told["findings"][4]["unchanged"]
    assert main([str(tmp_path / "none")]) == WRONG


def test_it_runs_as_a_command_without_the_packages_of_the_app(tmp_path: Path) -> None:
    (tmp_path / "weird\nname é.py").write_text(PYTHON)
    command = [sys.executable, "-S", "-m", "services.migrate", str(tmp_path)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[3]
    )
    assert (done.returncode, done.stderr) == (FOUND, "")
    assert "weird?name ?.py:12: client.beta.threads.runs.create_and_poll" in done.stdout
    assert "10 calls of the Assistants API in 1 file of 1." in done.stdout
