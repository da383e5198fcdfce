"""What answers do not share is marked, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compare.differences import Marked, differences

ONE = "The window holds 4,096 tokens. It is a limit. When full, the oldest text is dropped."
OTHER = "The window holds 8,192 tokens. When full, the oldest messages are dropped. I like tea."


def marked(answer: Marked, mark: str) -> list[str]:
    return [span.text.strip() for span in answer.spans if span.mark == mark]


def test_a_sentence_only_one_has_and_words_that_differ_are_marked() -> None:
    one, other = differences([ONE, OTHER])
    assert marked(one, "only") == ["It is a limit."]
    assert marked(other, "only") == ["I like tea."]
    assert marked(one, "changed") == ["4,096", "text is"]
    assert marked(other, "changed") == ["8,192", "messages are"]


def test_numbers_that_no_other_answer_has_are_named() -> None:
    one, other = differences([ONE, OTHER])
    assert (one.own_numbers, other.own_numbers) == (("4,096",), ("8,192",))


def test_equal_answers_have_no_marks() -> None:
    for answer in differences([ONE] * 4):
        assert answer.shared == 1
        assert {span.mark for span in answer.spans} == {"same"}


def test_of_three_a_sentence_that_two_have_is_not_called_their_own() -> None:
    first, second, third = differences([ONE, ONE, "When full, the oldest text is dropped."])
    assert (
        marked(first, "some")
        == marked(second, "some")
        == ["The window holds 4,096 tokens.", "It is a limit."]
    )
    assert marked(third, "only") == []


def test_case_alone_is_no_difference() -> None:
    one, _ = differences(["Paris is the capital.", "PARIS IS THE CAPITAL."])
    assert marked(one, "changed") == []


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "…", "日本語です。はい。", "```python\nx = 1\n```"])
def test_any_text_can_be_compared(text: str) -> None:
    for answer, whole in zip(differences([text, ONE]), (text, ONE), strict=True):
        assert "".join(span.text for span in answer.spans) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab .!?\n1,*`[]<>é。", max_size=60), min_size=2, max_size=4))
def test_the_spans_together_are_the_answer(answers: list[str]) -> None:
    for answer, whole in zip(differences(answers), answers, strict=True):
        assert "".join(span.text for span in answer.spans) == whole
        assert 0 <= answer.shared <= 1
