"""Splits, leaks, scores, loss curves and prompts: what needs nobody but the examples themselves."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from services.errors import InvalidInput
from services.tuning import alternatives, curves
from services.tuning.checking import Checked, check_line
from services.tuning.incoming import as_line, example
from services.tuning.jobs import Checkpoint, JobEvent
from services.tuning.scoring import is_exact, mean, overlap
from services.tuning.splitting import leaks, question_of, split

RESULTS = b"step,train_loss,full_valid_loss\n1,2.5,\n2,1.25,1.5\n"


def lines(*pairs: tuple[str, str]) -> list[Checked]:
    return [check_line(n, as_line(example(asked, told))) for n, (asked, told) in enumerate(pairs, 1)]


def event(message: str = "", **data: object) -> JobEvent:
    return JobEvent(
        datetime(2026, 11, 26, tzinfo=UTC), "info", message, "metrics" if data else "message", data
    )


def many(count: int) -> list[Checked]:
    return lines(*((f"What is number {n}?", f"It is {n}.") for n in range(count)))


def test_a_split_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    one, same, other = (split(many(50), 0.2, seed) for seed in (1, 1, 2))
    assert one == same and one != other
    assert (len(one.training), len(one.validation)) == (40, 10)


def test_lines_that_ask_the_same_stay_on_one_side() -> None:
    twins = lines(*(("Who are you?", f"Answer {n}") for n in range(4)), ("What is it?", "A test."))
    parted = split(twins, 0.4, 3)
    asked = [
        {question_of(line.example or {}) for line in side} for side in (parted.training, parted.validation)
    ]
    assert not asked[0] & asked[1]


def test_a_question_of_both_sides_is_a_leak_also_when_a_word_differs() -> None:
    training = lines(
        ("When does the shop in the old town open today?", "At nine."), ("How far is it?", "Far.")
    )
    validation = lines(
        ("when does the shop in the OLD town open today?", "At ten."),
        ("When does the shop in the old town open now?", "At ten."),
        ("Is there a bus?", "No."),
    )
    found = leaks(training, validation)
    assert [(leak.validation, leak.training) for leak in found] == [(1, 1), (2, 1)]
    assert found[0].alike == 1.0 and 0.8 <= found[1].alike < 1


def test_an_answer_is_the_same_without_regard_to_capitals_and_the_full_stop() -> None:
    assert is_exact("Oslo.", " oslo") and not is_exact("Oslo", "Bergen")


def test_the_overlap_is_the_f1_of_words() -> None:
    assert overlap("the blue door", "the red door") == pytest.approx(2 / 3)
    assert (overlap("", ""), overlap("word", "")) == (1.0, 0.0)


def test_nothing_has_no_mean() -> None:
    assert mean([]) is None and mean([1, 2]) == 1.5


@pytest.mark.parametrize(
    "message", ["Step 1: training loss=0.5.", "Step 1/10: training loss=0.5", "step 1, training loss: 5e-1"]
)
def test_a_loss_told_in_words_is_read(message: str) -> None:
    assert curves.of_events([event(message)]) == [curves.Point(1, "training", 0.5)]


def test_of_two_losses_for_a_step_the_later_counts() -> None:
    told = [event(step=1, train_loss=3.0), event(step=1, train_loss=2.0), event(step=2, train_loss="nan")]
    assert curves.of_events(told) == [curves.Point(1, "training", 2.0)]


@pytest.mark.parametrize(
    "data",
    [RESULTS, b"\xef\xbb\xbf" + RESULTS, base64.b64encode(RESULTS), base64.encodebytes(RESULTS)],
    ids=["plain", "with a mark of order", "base64", "base64 in lines"],
)
def test_a_result_file_is_read_however_it_is_sent(data: bytes) -> None:
    told = [(point.step, point.side, point.loss) for point in curves.of_result_file(data)]
    assert told == [(1, "training", 2.5), (2, "training", 1.25), (2, "validation", 1.5)]


def test_a_result_file_that_is_none_gives_nothing() -> None:
    assert curves.of_result_file(b"<html>gone</html>") == []


def test_checkpoints_have_losses_and_events_say_how_far_it_is() -> None:
    told = curves.of_checkpoints([Checkpoint("c", "ft:m", 7, {"full_valid_loss": 0.25, "train_loss": None})])
    assert told == [curves.Point(7, "validation", 0.25)]
    assert curves.progress([event("Step 3/39: training loss=1"), event("Saved.")]) == (3, 39)
    assert curves.progress([event("Queued.")]) is None


def test_examples_chosen_to_be_shown_differ() -> None:
    found = alternatives.diverse(
        lines(("red apple pie", "1"), ("red apple tart", "2"), ("blue whale song", "3")), 2
    )
    assert [line.number for line in found] == [1, 3]
    assert alternatives.diverse(many(3), 0) == []


def test_a_prompt_of_examples_holds_them_and_refuses_none_or_too_long_ones() -> None:
    text = alternatives.few_shot("Be brief.", [example("Who?", "Me.")])
    assert text.startswith("Be brief.") and "Question: Who?\nAnswer: Me." in text
    with pytest.raises(InvalidInput, match="at least one"):
        alternatives.few_shot("", [])
    with pytest.raises(InvalidInput, match="Choose fewer"):
        alternatives.few_shot("", [example("Who?", "Me. " * 100_000)])


def test_texts_in_parts_and_calls_are_answers_too() -> None:
    parts = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Who?"}]},
                          {"role": "assistant", "content": [{"type": "text", "text": "Me."}]}]}  # fmt: skip
    assert (alternatives.asked_in(parts), alternatives.answer_of(parts)) == ("Who?", "Me.")
    call = {"function": {"name": "find", "arguments": '{"n": 1}'}}
    calls = {
        "messages": [
            {"role": "user", "content": "Find"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ]
    }
    assert alternatives.answer_of(calls) == 'find({"n": 1})'
    assert "null" not in question_of(
        {"messages": [calls["messages"][1], {"role": "assistant", "content": "x"}]}
    )


def test_examples_become_a_document_and_share_a_system_message() -> None:
    assert b"## Example 1\n\nQuestion: Who?\n\nAnswer: Me." in alternatives.as_document(
        lines(("Who?", "Me."))
    )
    shared = [example("a", "b", "Be kind."), example("c", "d", "Be kind."), example("e", "f")]
    assert alternatives.system_of(shared) == "Be kind." and alternatives.system_of([]) == ""
