"""A lesson's program cannot harm what runs it, and what goes wrong is a sentence."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from services.clients import Connection
from services.lessons.metering import as_record, usage_of
from services.lessons.records import Program
from services.lessons.running import MAX_LINES, Ended, Printed, Product, run
from services.turns import Mode, Usage

NOWHERE = Connection("Nowhere", "compatible", "http://127.0.0.1:9/v1", "sk-test")


def program(tmp_path: Path, code: str) -> Program:
    path = tmp_path / "program.py"
    path.write_text(code)
    return Program(path, Mode.CHAT_COMPLETIONS, True)


def ended(made: Program, timeout_s: float = 60) -> Ended:
    (*_, last) = run(made, "", NOWHERE, "m", timeout_s=timeout_s)
    assert isinstance(last, Ended)
    return last


def test_an_error_is_told_by_its_last_line(tmp_path: Path) -> None:
    problem = ended(program(tmp_path, "raise ValueError('no such colour')")).problem
    assert problem == "The program ended with an error: ValueError: no such colour"


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    code = "from openai import OpenAI\nOpenAI(max_retries=0).models.list()"
    assert "Connection error" in (ended(program(tmp_path, code)).problem or "")


def test_an_endless_program_is_ended(tmp_path: Path) -> None:
    assert "was ended after" in (ended(program(tmp_path, "while True: pass"), timeout_s=0.5).problem or "")


def test_leaving_ends_the_program(tmp_path: Path) -> None:
    made = program(tmp_path, "import os, time\nprint(os.getpid())\ntime.sleep(600)")
    with closing(run(made, "", NOWHERE, "m")) as said:
        pid = next(int(piece.text) for piece in said if isinstance(piece, Printed))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_flood_of_lines_is_cut(tmp_path: Path) -> None:
    said = run(program(tmp_path, "for n in range(100_000): print(n)"), "", NOWHERE, "m")
    assert sum(isinstance(piece, Printed) for piece in said) == MAX_LINES


def test_it_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_API_KEY", "secret")
    said = run(program(tmp_path, "import os\nprint(sorted(os.environ))"), "", NOWHERE, "m")
    printed = next(piece.text for piece in said if isinstance(piece, Printed))
    assert "TANDEM_API_KEY" not in printed


def test_the_files_it_writes_come_back_and_links_do_not(tmp_path: Path) -> None:
    code = "import os\nopen('a.txt', 'w').write('hi')\nos.symlink('/etc/hostname', 'b.txt')"
    said = list(run(program(tmp_path, code), "", NOWHERE, "m"))
    assert [piece.filename for piece in said if isinstance(piece, Product)] == ["a.txt"]


def test_usage_is_read_in_either_spelling() -> None:
    chat = (
        'usage: {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}'
    )
    assert usage_of(chat) == Usage(9, 2, 4)
    assert usage_of('usage: {"input_tokens": 9, "output_tokens": 2}') == Usage(9, 2)
    assert usage_of("usage: {broken") is None
    assert all(usage_of(line) is None for line in ("usage", "the usage: 3", ""))


@pytest.mark.parametrize(("kind", "costs"), [("local", False), ("openai", True)])
def test_what_it_used_is_priced_as_the_connection_says(tmp_path: Path, kind: str, costs: bool) -> None:
    made = program(tmp_path, 'import os\nmodel = os.environ.get("MODEL", "gpt-6-luna")')
    record = as_record(made, Connection("c", kind, "http://x/v1", ""), "gpt-6-luna", Usage(1000, 1000))  # type: ignore[arg-type]
    assert record.cost_usd is not None
    assert (record.cost_usd > 0) is costs
