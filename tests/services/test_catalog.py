from datetime import date

import pytest

from services.catalog import (
    describe,
    ends_soon,
    equivalent_models,
    is_shut_down,
    known_models,
    markdown_table,
    parameters,
)

TODAY = date(2026, 11, 22)
LOCAL = {"id": "qwen2.5-coder-1.5b-instruct", "local": True, "kind": "chat", "context_tokens": 8192}


@pytest.mark.parametrize(
    ("model", "tools", "sampling", "takes_none"),
    [
        ("gpt-6.2-astra", "no", False, False),
        ("gpt-6.2-sol", "no", False, False),
        ("gpt-6-astra", "no", False, False),
        ("gpt-6.1-sol", "no", False, False),
        ("gpt-6-sol", "needs_effort_none", "only_with_none", True),
        ("gpt-6.1-terra", "needs_effort_none", "only_with_none", True),
        ("gpt-6-luna", "needs_effort_none", "only_with_none", True),
        ("gpt-5.6-sol", "needs_effort_none", "only_with_none", True),
        ("gpt-5.5", "yes", "only_with_none", True),
        ("gpt-5.4-mini-2026-03-17", "yes", "only_with_none", True),
        ("gpt-5.1", "yes", "only_with_none", True),
        ("gpt-4.1", "yes", True, False),
        ("gpt-4o-2024-08-06", "yes", True, False),
        ("ft:gpt-4o-mini-2024-07-18:acme::x1", "yes", True, False),
    ],
)
def test_quirks_are_those_of_the_family(model, tools, sampling, takes_none):
    found = describe(model, "OpenAI")
    assert (found.tools, found.sampling) == (tools, sampling)
    assert ("none" in found.reasoning_efforts) is takes_none
    assert found.uses_max_completion_tokens


def test_only_accepted_parameters_are_offered():
    luna = describe("gpt-6-luna", "OpenAI")
    assert not {"temperature", "top_p", "tools"} & set(parameters(luna))
    assert {"temperature", "top_p", "tools"} <= set(parameters(luna, "none"))
    assert not {"temperature", "tools"} & set(parameters(luna, "high"))
    assert {"reasoning_effort", "max_completion_tokens", "response_format"} <= set(parameters(luna))
    assert not {"temperature", "tools"} & set(parameters(describe("gpt-6.2-sol", "OpenAI"), "none"))
    old = set(parameters(describe("gpt-4o", "OpenAI")))
    assert {"temperature", "stop", "presence_penalty", "tools"} <= old
    assert "reasoning_effort" not in old
    assert parameters(describe("text-embedding-3-small", "OpenAI")) == ()


@pytest.mark.parametrize(
    ("model", "ends", "replacement"),
    [
        ("gpt-5", "2026-12-11", "gpt-6.1-sol"),
        ("gpt-5-mini-2025-08-07", "2026-12-11", "gpt-6.1-terra"),
        ("gpt-4o", "2027-01-14", "gpt-6-luna"),
        ("gpt-4o-2024-05-13", "2026-10-23", "gpt-6.1-sol"),
        ("gpt-4.1-mini", "2027-01-14", "gpt-6-luna"),
        ("gpt-4.1-nano", "2026-10-23", "gpt-6.1-terra"),
        ("whisper-1", "2027-02-26", "gpt-transcribe"),
        ("gpt-5.4-nano", "2027-04-01", None),
        ("ft:gpt-4o-mini-2024-07-18:acme::x1", "2027-01-14", "gpt-6-luna"),
    ],
)
def test_ends_and_replacements(model, ends, replacement):
    found = describe(model, "OpenAI")
    assert (found.shutdown_date, found.replacement) == (date.fromisoformat(ends), replacement)


@pytest.mark.parametrize(
    "model", ["gpt-6-luna", "gpt-5.4", "gpt-5.4-mini", "gpt-5.2-pro", "llama3", "gpt-4o-extra"]
)
def test_no_end_where_none_is_published(model):
    assert describe(model, "OpenAI").shutdown_date is None


def test_the_servers_own_shutdown_date_counts_more():
    assert describe("gpt-4o", "OpenAI", {"shutdown_date": "2027-03-01"}).shutdown_date == date(2027, 3, 1)
    assert describe("gpt-4o", "OpenAI", {"shutdown_date": "soon"}).shutdown_date == date(2027, 1, 14)


def test_shut_down_and_ending_soon():
    gone, soon, later = (describe(m, "OpenAI") for m in ("gpt-4", "gpt-5", "gpt-6-luna"))
    assert [is_shut_down(m, TODAY) for m in (gone, soon, later)] == [True, False, False]
    assert [ends_soon(m, TODAY) for m in (gone, soon, later)] == [False, True, False]
    assert is_shut_down(soon, date(2026, 12, 11))
    assert not ends_soon(soon, TODAY, days=18)


def test_a_local_model_is_free_and_cannot_see():
    found = describe(LOCAL["id"], "Local", LOCAL)
    assert (found.local, found.kind, found.context_tokens) == (True, "chat", 8192)
    assert (found.vision, found.tools, found.sampling) == (False, "yes", True)
    assert (found.price_in_usd_per_million, found.price_out_usd_per_million) == (0, 0)
    assert {"temperature", "tools", "max_completion_tokens"} <= set(parameters(found))


def test_a_retired_name_that_answers_locally_has_nothing_of_its_namesake():
    found = describe(
        "gpt-4o", "Local", {"id": "gpt-4o", "local": True, "kind": "chat", "context_tokens": 8192}
    )
    assert (found.shutdown_date, found.vision, found.context_tokens) == (None, None, 8192)
    assert found.price_in_usd_per_million == 0


def test_an_unknown_model_is_offered_everything_and_says_so():
    found = describe("llama3.3:70b", "Ollama", {"id": "llama3.3:70b", "max_model_len": 131072})
    assert (found.kind, found.local, found.context_tokens) == ("chat", False, 131072)
    assert (found.vision, found.tools, found.price_in_usd_per_million) == (None, None, None)
    assert {"temperature", "tools", "max_tokens"} <= set(parameters(found))
    assert "does not know this model" in found.note


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("text-embedding-3-small", "embedding"),
        ("tts-1", "speech"),
        ("gpt-4o-mini-tts", "speech"),
        ("gpt-transcribe", "transcription"),
        ("whisper-1", "transcription"),
        ("gpt-image-2.6-sunburst", "image"),
        ("omni-moderation-latest", "other"),
        ("gpt-realtime-2.1", "other"),
        ("gpt-5.3-codex", "other"),
        ("gpt-5.2-pro", "other"),
        ("gpt-6-luna", "chat"),
        ("qwen3-coder", "chat"),
    ],
)
def test_kinds(model, kind):
    assert describe(model, "OpenAI").kind == kind


def test_the_servers_kind_counts_more():
    assert describe("mystery", "Local", {"kind": "embeddings"}).kind == "embedding"
    assert describe("mystery", "Local", {"kind": ["odd"]}).kind == "chat"


def test_every_known_model_is_complete():
    for model in known_models():
        assert model.kind == "chat"
        assert None not in (model.context_tokens, model.max_output_tokens, model.vision, model.tools)
        assert model.price_in_usd_per_million and model.price_source and model.price_date


def test_comparison_models_are_priced_and_not_ending():
    assert equivalent_models()[0] == "gpt-6-luna"
    for name in equivalent_models():
        model = describe(name, "OpenAI")
        assert model.price_out_usd_per_million and not model.shutdown_date


def test_the_table_lists_every_known_model():
    table = markdown_table()
    assert all(f"| `{model.id}` |" in table for model in known_models())
    assert "2027-01-14 → gpt-6-luna" in table
