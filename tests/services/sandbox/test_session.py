"""Programs run like a notebook's cells: state, output, figures and files live on from one to the next."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import psutil
import pytest

from services.sandbox.events import Printed
from services.sandbox.folder import NotAFile
from tests.services.sandbox.conftest import MakeLab
from tests.support.sandbox import SMALL, Lab, eventually, is_gone


def test_variables_live_on_between_programs(lab: Lab) -> None:
    key = lab.new_key()
    assert lab.run("x = 20\ndef twice(n): return 2 * n", key).text == ""
    assert lab.run("twice(x) + 2", key).text == "42\n"


def test_the_last_expression_is_shown_as_in_a_notebook(lab: Lab) -> None:
    assert lab.run("print('first')\n'a' 'b'").text == "first\n'ab'\n"
    assert lab.run("None").text == ""
    assert lab.run("1;").text == ""
    assert lab.run("").events == [lab.run("# nothing").end]


def test_sessions_know_nothing_of_each_other(lab: Lab) -> None:
    first, second = lab.new_key(), lab.new_key()
    lab.run("secret = 1; open('mine', 'w').write('x')", first)
    assert "NameError" in lab.run("secret", second).error
    assert lab.run("import os; os.listdir()", second).text == "[]\n"


def test_a_traceback_shows_the_programs_own_lines(lab: Lab) -> None:
    error = lab.run("import json\ndef read(text):\n    return json.loads(text)\nread('no')").error
    assert error.startswith("Traceback (most recent call last):")
    assert "return json.loads(text)" in error
    assert "json.decoder.JSONDecodeError: Expecting value" in error
    assert "decoder.py" not in error


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("1 +", "SyntaxError"),
        ("raise ValueError('\\ud800 \\x00')", "ValueError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("raise KeyError from ZeroDivisionError()", "ZeroDivisionError"),
        ("raise ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup"),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E", "E"),
        ("input()", "EOFError"),
        ("raise BaseException('odd')", "odd"),
        ("import sys; sys.setrecursionlimit(5)", ""),
        ("x = '" + "a" * 600_000 + "'", ""),
    ],
)
def test_a_program_that_fails_leaves_its_session_usable(lab: Lab, program: str, told: str) -> None:
    key = lab.new_key()
    lab.run("kept = 1", key)
    result = lab.run(program, key)
    assert told in result.error
    assert "\0" not in result.error
    result.error.encode()
    assert lab.run("kept", key).text == "1\n"


@pytest.mark.parametrize("program", ["exit()", "quit(1)", "import sys; sys.exit('end')", "raise SystemExit"])
def test_leaving_by_exit_ends_the_program_alone(lab: Lab, program: str) -> None:
    key = lab.new_key()
    lab.run("kept = 1", key)
    assert lab.run(program, key).end.error is None
    assert lab.run("kept", key).text == "1\n"


def test_output_of_every_kind_comes_in_its_order(lab: Lab) -> None:
    program = """
import ctypes, os, sys
print("print")
print("errors", file=sys.stderr)
os.write(1, b"written\\n")
ctypes.CDLL(None).puts(b"by C"); ctypes.CDLL(None).fflush(None)
print("\\udc80 \\x00 ä €")
sys.stdout.write("no line's end")
"""
    told = "print\nerrors\nwritten\nby C\n\\udc80 \N{REPLACEMENT CHARACTER} ä €\nno line's end"
    assert lab.run(program).text.removesuffix("13\n") == told


def test_printed_text_comes_while_the_program_runs(lab: Lab) -> None:
    async def first() -> str:
        program = "print('now')\nwhile True: pass"
        async with (
            lab.interpreter.session(lab.new_key()) as session,
            aclosing(session.run(program)) as events,
        ):
            event = await anext(events)
            assert isinstance(event, Printed)
            return event.text

    assert lab.call(first()) == "now\n"


def test_figures_come_when_shown_and_at_the_end(lab: Lab) -> None:
    program = """
import matplotlib.pyplot as plt
plt.figure()                       # an empty one
fig, axes = plt.subplots(); axes.plot([1, 2])
plt.show()
print("between")
plt.plot([2, 1]); plt.savefig("saved.png")
"""
    result = lab.run(program)
    assert [type(event).__name__ for event in result.events][:3] == ["Drawn", "Printed", "Drawn"]
    assert all(png.startswith(b"\x89PNG") for png in result.figures)
    assert list(result.files) == ["saved.png"]
    assert lab.run("plt.get_fignums()").text == "[]\n"


def test_figures_come_also_when_the_program_fails_or_chose_another_backend(lab: Lab) -> None:
    program = "import matplotlib; matplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1]); plt.show()\n1/0"
    result = lab.run(program, lab.new_key())
    assert len(result.figures) == 1
    assert "ZeroDivisionError" in result.error


def test_tables_and_workbooks_are_read_and_written_in_mnt_data(lab: Lab) -> None:
    key = lab.new_key()
    lab.put("numbers.csv", b"a,b\n1,2\n3,4\n", key)
    program = """
import os, pandas, pathlib, sqlite3
table = pandas.read_csv("/mnt/data/numbers.csv")
table.to_excel("/mnt/data/out.xlsx", index=False)
table.to_csv("second.csv", index=False)
pathlib.Path("/mnt/data/deep/er").mkdir(parents=True)
table.to_json("/mnt/data/deep/er/third.json")
with sqlite3.connect("/mnt/data/rows.db") as db: table.to_sql("t", db)
print(os.getcwd(), pandas.read_excel("out.xlsx").b.sum(), sorted(os.listdir("/mnt/data")))
"""
    result = lab.run(program, key)
    there = "['deep', 'numbers.csv', 'out.xlsx', 'rows.db', 'second.csv']"
    assert result.text == f"/mnt/data 6 {there}\n"
    assert sorted(result.files) == ["deep/er/third.json", "out.xlsx", "rows.db", "second.csv"]
    assert lab.taken("second.csv", key) == b"a,b\n1,2\n3,4\n"
    assert lab.taken("deep/er/third.json", key).startswith(b"{")


def test_a_file_is_told_of_when_it_is_new_or_changed(lab: Lab) -> None:
    key = lab.new_key()
    lab.put("given.txt", b"given", key)
    assert lab.run("open('a.txt', 'w').write('1')", key).files == {"a.txt": 1}
    assert lab.run("open('a.txt').read(), open('given.txt').read()", key).files == {}
    assert lab.run("open('a.txt', 'a').write('2')", key).files == {"a.txt": 2}
    assert lab.run("open('.hidden', 'w').write('2')", key).files == {}


def test_a_session_that_is_forgotten_begins_anew(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("x = 1; open('a', 'w').write('1')", key)
    folder = lab.session_folder(key)
    lab.call(lab.interpreter.forget(key))
    assert not folder.exists()
    assert "NameError" in lab.run("x", key).error
    assert lab.run("import os; os.listdir()", key).text == "[]\n"


def test_a_worker_that_dies_takes_its_variables_but_no_files(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("x = 1; open('kept.txt', 'w').write('1')", key)
    lost = lab.run("import os; os._exit(3)", key)
    assert lost.notice == (
        "The program ended its interpreter (exit code 3); variables are gone, files are kept."
    )
    assert not lost.end.is_state_kept
    after = lab.run("import os; print(os.listdir()); x", key)
    assert after.text == "['kept.txt']\n"
    assert "NameError" in after.error
    assert after.notice == ""


def test_a_worker_that_dies_while_it_rests_is_replaced_and_this_is_said(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("x = 1", key)
    lab.worker(key).kill()
    assert eventually(lambda: lab.has_noticed(key))
    after = lab.run("print('here')", key)
    assert after.text == "here\n"
    assert "variables of earlier programs are gone" in after.notice


def test_a_crash_in_c_is_told(lab: Lab) -> None:
    result = lab.run("import ctypes; ctypes.string_at(0)", lab.new_key())
    assert "signal 11" in result.notice
    assert lab.answers()


def test_nothing_goes_on_between_programs(lab: Lab) -> None:
    key = lab.new_key()
    busy = "import threading\ndef busy():\n    while True: pass\nthreading.Thread(target=busy).start()"
    lab.run(busy, key)
    process = lab.worker(key)
    assert process.status() == psutil.STATUS_STOPPED
    before = process.cpu_times()
    time.sleep(0.2)
    assert process.cpu_times() == before
    assert lab.run("1", key).text == "1\n"


def test_a_program_that_is_left_is_stopped_and_its_variables_stay(lab: Lab) -> None:
    key = lab.new_key()

    async def leave() -> None:
        program = "x = 1\nprint('on its way')\nwhile True: pass"
        async with lab.interpreter.session(key) as session, aclosing(session.run(program)) as events:
            await anext(events)

    lab.call(leave())
    after = lab.run("x", key)
    assert (after.text, after.notice) == ("1\n", "")


def test_a_task_that_is_cancelled_stops_its_program(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("x = 1", key)

    async def cancelled() -> None:
        running = asyncio.create_task(lab._run("while True: pass", key))
        await asyncio.sleep(0.2)
        running.cancel()
        await asyncio.wait([running])

    lab.call(cancelled())
    assert lab.run("x", key).text == "1\n"


def test_programs_of_one_session_stand_in_line(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("import time; n = 0", key)
    program = "before = n; time.sleep(0.05); n = before + 1"

    async def together() -> None:
        await asyncio.gather(*(lab._run(program, key) for _ in range(4)))

    lab.call(together())
    assert lab.run("n", key).text == "4\n"


def test_sessions_run_side_by_side(lab: Lab) -> None:
    first, second = lab.new_key(), lab.new_key()

    async def meanwhile() -> str:
        busy = asyncio.create_task(lab._run("while True: pass", first))
        told = await lab._run("1", second)
        assert not busy.done()
        busy.cancel()
        await asyncio.wait([busy])
        return told.text

    assert lab.call(meanwhile()) == "1\n"


def test_a_file_that_is_gone_again_is_said_not_to_be_there(lab: Lab) -> None:
    key = lab.new_key()
    lab.run("1", key)
    with pytest.raises(NotAFile):
        lab.taken("never.txt", key)


def test_the_session_that_rested_longest_makes_room(make_lab: MakeLab) -> None:
    lab = make_lab(most_alive=2)
    for key in ("first", "second"):
        lab.run("x = 1", key)
    lab.run("x", "first")
    lab.run("x = 1", "third")
    assert lab.run("x", "first").text == "1\n"
    lost = lab.run("x", "second")
    assert "NameError" in lost.error
    assert "variables of earlier programs are gone" in lost.notice


def test_of_many_sessions_the_one_unused_longest_is_forgotten(make_lab: MakeLab) -> None:
    lab = make_lab(most_kept=2)
    for key in ("first", "second"):
        lab.run("open('a', 'w').write('1')", key)
    folder = lab.session_folder("first")
    lab.run("1", "third")
    assert eventually(lambda: "first" not in lab.interpreter._sessions and not folder.exists())
    assert lab.run("import os; os.listdir()", "second").text == "['a']\n"


def test_an_idle_session_ends_and_keeps_its_files(make_lab: MakeLab) -> None:
    lab = make_lab(idle_s=0.1)
    lab.run("x = 1; open('a', 'w').write('1')")
    assert eventually(lab.has_noticed)
    after = lab.run("import os; os.listdir()")
    assert after.text == "['a']\n"
    assert "variables of earlier programs are gone" in after.notice


def test_the_spare_worker_is_taken_with_the_files_a_session_has(make_lab: MakeLab) -> None:
    lab = make_lab()
    lab.put("given.txt", b"given")
    lab.run("open('own.txt', 'w').write('1'); import os; os._exit(0)")
    lab.warm()
    warm = lab.run("import os, sys; 'pandas' in sys.modules, sorted(os.listdir())")
    assert warm.text == "(True, ['given.txt', 'own.txt'])\n"


def test_a_spare_worker_that_nobody_takes_is_let_go(make_lab: MakeLab) -> None:
    lab = make_lab(spare_idle_s=0.1)
    lab.warm()
    gone = lab.interpreter._spare._resting
    assert gone is not None
    assert eventually(lambda: lab.interpreter._spare._making is None)
    assert lab.run("1").text == "1\n"


def test_closing_leaves_no_process_and_no_folder(make_lab: MakeLab) -> None:
    lab = make_lab(SMALL)
    lab.run("1")
    lab.warm()
    processes = psutil.Process().children(recursive=True)
    mine = [p for p in processes if str(lab.folder) in " ".join(p.cmdline())]
    assert mine
    lab.call(lab.interpreter.close())
    assert eventually(lambda: all(map(is_gone, mine)))
    assert list(lab.folder.iterdir()) == []
