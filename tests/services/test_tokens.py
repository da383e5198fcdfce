import time
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services import tokens
from services.turns import Attachment, Message, ToolCall


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("hello world", "gpt-4o", 2),
        ("tiktoken is great!", "gpt-4", 6),
        ("antidisestablishmentarianism", "gpt-4", 6),
        ("お誕生日おめでとう", "gpt-4", 9),
        ("お誕生日おめでとう", "gpt-4o", 8),
        ("", "gpt-4o", 0),
    ],
)
def test_counts_agree_with_published_examples(text, model, expected):
    assert tokens.count(text, model) == expected


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("", "o200k_base"),
        ("gpt-6.2-sol", "o200k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1-mini-2025-04-14", "o200k_base"),
        ("ft:gpt-4o-mini:acme::x1", "o200k_base"),
        ("qwen2.5-coder-1.5b-instruct", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("ft:gpt-3.5-turbo:acme::x1", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("openai/gpt-4", "cl100k_base"),
    ],
)
def test_each_model_gets_the_encoding_openai_uses(model, encoding):
    assert tokens.encoding_for(model) == encoding


def test_text_that_looks_like_a_special_token_is_counted_as_text():
    assert tokens.count("<|endoftext|>") == 7
    assert tokens.count("<|im_start|>user<|im_end|>") > 5


def test_lone_surrogates_are_counted():
    assert tokens.count("a\ud800b") > 0


@pytest.mark.parametrize("text", ["word " * 20_000, "x" * 100_000, " \n" * 50_000, "日本語文" * 25_000])
def test_a_message_of_100_000_characters_is_counted_at_once(text):
    tokens.count("warm")
    started = time.thread_time()
    tokens.count(text)
    assert time.thread_time() - started < 0.05


def test_a_conversation_counts_its_messages_and_the_priming_of_the_reply():
    messages = [Message("system", "You are helpful."), Message("user", "hello world")]
    texts = tokens.count("You are helpful.") + tokens.count("hello world")
    assert tokens.count_messages(messages) == texts + 2 * (3 + 1) + 3


def test_tool_calls_tools_and_files_add_to_the_count():
    plain = tokens.count_messages([Message("user", "hi")])
    call = Message("user", "hi", tool_calls=(ToolCall("call_1", "calculator", '{"expression":"1+1"}'),))
    file = Message("user", "hi", (Attachment("notes.txt", "text/plain", b"hello world " * 50),))
    assert tokens.count_messages([call]) > plain
    assert tokens.count_messages([file]) > plain + 100
    assert tokens.count_messages([Message("user", "hi")], tools=[{"name": "clock"}]) > plain


@pytest.mark.parametrize(("size", "expected"), [((512, 512), 255), ((1024, 1024), 765), ((2048, 4096), 1105)])
def test_an_image_costs_what_openais_guide_says(size, expected):
    file = BytesIO()
    Image.new("L", size).save(file, "PNG")
    with_image = Message("user", "", (Attachment("a.png", "image/png", file.getvalue()),))
    assert tokens.count_messages([with_image]) - tokens.count_messages([Message("user")]) == expected


def test_an_unreadable_image_still_counts():
    broken = Message("user", "", (Attachment("a.png", "image/png", b"not a picture"),))
    assert tokens.count_messages([broken]) > 100


@pytest.mark.parametrize("model", ["gpt-4o", "text-embedding-3-small"])
def test_decoding_gives_the_text_back(model):
    ids = {"gpt-4o": [24912, 2375], "text-embedding-3-small": [15339, 1917]}[model]
    assert tokens.decode(ids, model) == "hello world"


def test_numbers_that_are_no_tokens_decode_to_a_replacement_character():
    assert tokens.decode([-1, 10**9, 200_000]) == "\ufffd" * 3
    assert tokens.decode([199_999]) == "<|endoftext|>"


@given(st.text())
def test_counting_never_fails_and_never_exceeds_the_bytes(text):
    assert 0 <= tokens.count(text) <= len(text.encode("utf-8", "replace"))


@given(st.text())
def test_tokens_start_where_a_text_can_be_cut(text):
    starts = tokens.offsets(text)
    assert len(starts) == tokens.count(text)
    assert list(starts) == sorted(starts)
    assert not text or starts[0] == 0
    assert all(start <= len(text) for start in starts)


def test_each_token_starts_with_its_own_text():
    text = "hello world, 日本語!"
    starts = [*tokens.offsets(text), len(text)]
    assert [text[a:b] for a, b in pairwise(starts)] == ["hello", " world", ",", " 日本", "語", "!"]


def test_a_long_text_is_taken_in_pieces_of_whole_lines():
    text = "Grüße aus Köln, one line after the other.\n" * 20_000
    assert len(tokens.offsets(text)) == tokens.count(text)
    assert tokens.offsets("x" * 600_000)[-1] < 600_000
