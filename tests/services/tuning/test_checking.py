"""Faults in training files: each is found on its line, and what can be mended is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.errors import InvalidInput
from services.tuning.checking import check, check_line, counts, fix_all, fix_line
from services.tuning.incoming import as_line, example, to_jsonl, to_lines

GOOD = as_line(example("Who are you?", "A test."))


def line(*messages: Any, **more: Any) -> str:
    return json.dumps({"messages": list(messages), **more})


USER, ANSWER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
FAULTY = {
    "nothing": "",
    "no JSON": "{messages: oh}",
    "cut off": GOOD[:-5],
    "a list": "[1]",
    "a text": '"hello"',
    "no messages": "{}",
    "messages of another kind": '{"messages": "hello"}',
    "no message": '{"messages": []}',
    "a message that is none": line("hello", ANSWER),
    "no role": line({"content": "Hi"}, ANSWER),
    "an unknown role": line({"role": "robot", "content": "Hi"}, ANSWER),
    "content that is a number": line({"role": "user", "content": 7}, ANSWER),
    "no content": line({"role": "user"}, ANSWER),
    "no answer": line(USER),
    "a question at the end": line(USER, ANSWER, USER),
    "an answer to learn from that has no weight": line(USER, {**ANSWER, "weight": 0}),
    "a weight of two": line(USER, {**ANSWER, "weight": 2}),
    "a key of another format": json.dumps({"prompt": "Hi", "completion": "Hello"}),
    "an answer of a tool nobody called": line(
        USER, {"role": "tool", "tool_call_id": "x", "content": "1"}, ANSWER
    ),
    "arguments that are no JSON": line(
        USER,
        {**CALL, "tool_calls": [{**CALL["tool_calls"][0], "function": {"name": "f", "arguments": "{"}}]},  # type: ignore[index]
    ),
    "tools that are no list": line(USER, ANSWER, tools={"a": 1}),
    "very deep": "[" * 100_000,
}


def test_a_good_line_has_nothing_to_be_said_about() -> None:
    found = check_line(1, GOOD)
    assert found.is_sound and not found.findings and (found.tokens or 0) > 3


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_line_is_found_by_its_number_in_a_sentence(text: str) -> None:
    report = check([GOOD, text])
    errors = [finding for finding in report.findings if finding.severity == "error" and finding.line == 2]
    assert errors and all(finding.sentence.endswith((".", "?")) for finding in errors)
    assert report.lines[0].is_sound and not report.lines[1].is_sound


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY.keys())
def test_a_fix_ends_and_takes_away_what_it_was_for(text: str) -> None:
    fixed = fix_line(text)
    assert fix_line(fixed) == fixed
    kinds = {finding.kind for finding in check_line(1, text).findings if finding.fixed is not None}
    assert not fixed or not kinds & {one.kind for one in check_line(1, fixed).findings if one.fixed}


def test_an_example_that_stands_twice_goes_and_a_contradiction_is_told() -> None:
    other = as_line(example("Who are you?", "Somebody else."))
    report = check([GOOD, GOOD, other])
    assert {finding.kind: finding.line for finding in report.findings if finding.line} == {
        "duplicate": 2,
        "contradiction": 3,
    }
    assert fix_all(report) == {2: ""}


def test_keys_and_addresses_are_pointed_out_and_covered_only_when_asked() -> None:
    secret = "sk-proj-" + "a1B2" * 12
    report = check([as_line(example(f"My key is {secret}, write to ann@example.com", "Thanks."))])
    kinds = {finding.kind for finding in report.lines[0].findings}
    assert len(kinds) >= 2 and fix_all(report) == {}
    covered = [fix_all(report, kind).get(1, "") for kind in kinds]
    assert any(secret not in text for text in covered if text)
    assert any("ann@example.com" not in text for text in covered if text)
    assert secret not in " ".join(finding.sentence for finding in report.findings)


def test_fewer_than_ten_are_told_about_the_whole_and_counted_by_kind() -> None:
    report = check([GOOD])
    assert report.errors == 1 and "1 of 10" in report.about_all[0].sentence
    (found, at, fixable), *_ = counts(check([GOOD, "", ""]))
    assert (found.severity == "error" and fixable <= len(at)) or not at


def test_files_become_lines_and_lines_a_file() -> None:
    assert to_lines("a.jsonl", to_jsonl([GOOD, "{oh"])) == [GOOD, "{oh"]
    (made,) = to_lines("a.csv", b"question,answer\nWho?,Me.\n")
    assert json.loads(made) == example("Who?", "Me.")
    (made,) = to_lines("a.json", json.dumps([json.loads(GOOD)]).encode())
    assert json.loads(made) == json.loads(GOOD)


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe"], ids=["empty", "blank", "picture"]
)
def test_a_file_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        to_lines("a.jsonl", data)
