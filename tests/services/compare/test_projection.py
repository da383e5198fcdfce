"""A projection goes on as the talk began, and says how it is computed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.compare.assumptions import explain
from services.compare.labels import labels
from services.compare.projection import NotYet, Projection, project
from services.compare.records import LaneTalk
from services.compare.series import measured
from services.modes.trimming import TURNS_PER_BLOCK
from services.turns import (
    Attachment,
    Failed,
    Message,
    Mode,
    RequestSent,
    ToolCall,
    ToolStep,
    Trimmed,
    Turn,
    Usage,
)
from tests.support.lanes import FIXED_TOKENS, answered, lane, talk

SAID = [
    ("How are you today, my friend?", "Fine, thank you. " * 5),
    ("And tomorrow, do you think?", "Better still. " * 5),
]


def projected(of: LaneTalk, *args: object, **named: object) -> Projection:
    made = project(of, *args, **named)  # type: ignore[arg-type]
    assert isinstance(made, Projection)
    return made


@pytest.mark.parametrize("mode", list(Mode))
def test_one_turn_of_data_or_none_is_answered_with_a_sentence(mode: Mode) -> None:
    for count in (0, 1):
        made = project(talk(lane(mode), *SAID[:count]))
        assert isinstance(made, NotYet)
        assert made.sentence.endswith(".")


def test_a_server_that_counts_no_tokens_is_said() -> None:
    silent = talk(lane(Mode.CHAT_COMPLETIONS), *SAID)
    for turn in silent.turns:
        turn.usage = Usage()
    made = project(silent)
    assert isinstance(made, NotYet)
    assert "does not say" in made.sentence


def test_what_the_client_sends_grows_by_a_message_and_an_answer_a_turn_in_chat_completions() -> None:
    made = projected(talk(lane(Mode.CHAT_COMPLETIONS), *SAID))
    assert len(made.points) == 100
    steps = {b.sent_tokens - a.sent_tokens for a, b in zip(made.points[5:], made.points[6:], strict=False)}
    assert steps <= {round(made.habit.growth), round(made.habit.growth) + 1, round(made.habit.growth) - 1}
    assert made.habit.growth > 10


@pytest.mark.parametrize("mode", [Mode.ASSISTANTS, Mode.RESPONSES])
def test_what_the_client_sends_stays_flat_where_the_server_remembers_and_billing_grows_alike(
    mode: Mode,
) -> None:
    chat, other = (projected(talk(lane(m), *SAID)) for m in (Mode.CHAT_COMPLETIONS, mode))
    assert len({point.sent_tokens for point in other.points[2:]}) == 1
    assert other.points[-1].sent_tokens < chat.points[-1].sent_tokens / 50
    assert other.points[-1].billed_tokens == chat.points[-1].billed_tokens


def test_the_first_projected_turn_is_what_a_server_would_count() -> None:
    asked = lane(Mode.CHAT_COMPLETIONS)
    said = [("Tell me more of that, please.", "Gladly, here is more of it. " * 4)] * 4
    three, four = talk(asked, *said[:3]), talk(asked, *said)
    counted = four.turns[3].usage
    assert counted is not None
    assert counted.total_tokens is not None
    assert projected(three).points[3].billed_tokens == pytest.approx(counted.total_tokens, abs=3)


def test_measured_turns_stand_first_as_they_were() -> None:
    of = talk(lane(Mode.CHAT_COMPLETIONS), *SAID, cost_usd="0.0123")
    made = projected(of)
    assert [p.is_measured for p in made.points[:3]] == [True, True, False]
    assert made.points[0].cost_usd == Decimal("0.0123")
    assert made.habit.fixed == pytest.approx(FIXED_TOKENS + 3, abs=1)


def test_a_failed_turn_and_one_in_flight_do_not_count() -> None:
    asked = lane(Mode.RESPONSES)
    broken = Turn("c", Message("user", "Hello"), asked.model, asked.connection, asked.mode)
    broken.apply(Failed("The server is gone.", True))
    of = LaneTalk(asked, (*talk(asked, *SAID).turns, broken))
    made = projected(of)
    assert made.total_usd is not None
    assert len(made.points) == 100


# --- limits -----------------------------------------------------------------------------------


def test_chat_completions_trims_in_blocks_and_stays_within_the_context() -> None:
    made = projected(talk(lane(Mode.CHAT_COMPLETIONS), *SAID), 1000)
    assert made.trims_from is not None
    after = [point.sent_tokens for point in made.points[made.trims_from :]]
    assert max(after) <= 1000 - 250
    assert max(after) - min(after) <= (TURNS_PER_BLOCK + 1) * made.habit.growth
    assert any(f"{TURNS_PER_BLOCK} at a time" in sentence for sentence in explain(made))


def test_responses_ends_where_the_server_refuses_and_goes_on_with_truncation_auto() -> None:
    asked = lane(Mode.RESPONSES)
    ended = projected(talk(asked, *SAID), 1000)
    assert ended.ends_at == len(ended.points) + 1
    assert any("refuses" in sentence for sentence in explain(ended))
    kept = projected(talk(replace(asked, parameters={"truncation": "auto"}), *SAID), 1000)
    assert kept.ends_at is None
    assert kept.trims_from == ended.ends_at
    assert len(kept.points) == 100


def test_a_run_that_reads_only_its_last_messages_stops_growing() -> None:
    asked = lane(
        Mode.ASSISTANTS, parameters={"truncation_strategy": {"type": "last_messages", "last_messages": 5}}
    )
    made = projected(talk(asked, *SAID))
    assert made.points[10].billed_tokens == made.points[99].billed_tokens
    assert labels([asked, lane(Mode.ASSISTANTS)])[0] == "Assistants 1, last 5 messages"


def test_trimmed_turns_do_not_make_the_rest_of_the_prompt_negative() -> None:
    asked = lane(Mode.CHAT_COMPLETIONS)
    turns: list[Turn] = []
    for number in range(6):
        cut = Trimmed(4, 40, "full") if number > 3 else None
        turns.append(answered(asked, "Go on with it.", "So it goes on and on.", turns, trimmed=cut))
    assert projected(LaneTalk(asked, tuple(turns))).habit.fixed >= FIXED_TOKENS


# --- money ------------------------------------------------------------------------------------


def test_caching_saves_only_from_1024_tokens_on_and_is_explained_with_its_prices() -> None:
    short = projected(talk(lane(Mode.CHAT_COMPLETIONS), *SAID), None, None, 10)
    assert short.cached_from is None
    assert short.total_usd is not None
    long = projected(talk(lane(Mode.CHAT_COMPLETIONS), *SAID))
    assert long.cached_from is not None
    assert long.total_usd is not None
    assert long.plain_total_usd is not None
    assert long.total_usd < long.plain_total_usd
    told = " ".join(explain(long))
    assert "$0.01 instead of $0.1 a million" in told
    assert "1,024" in told


def test_history_that_is_cut_each_turn_is_never_found_in_the_cache() -> None:
    asked = lane(Mode.RESPONSES, parameters={"truncation": "auto"})
    made = projected(talk(asked, *[(m, a * 20) for m, a in SAID]), 3000)
    assert made.trims_from is not None
    last = made.points[-1]
    assert last.cost_usd is not None
    assert last.plain_cost_usd is not None
    assert last.cost_usd >= last.plain_cost_usd


def test_an_unknown_price_stays_unknown_and_a_local_model_costs_nothing() -> None:
    unknown = projected(talk(lane(Mode.CHAT_COMPLETIONS, "some-model"), *SAID, cost_usd=None))
    assert unknown.total_usd is None
    assert any("unknown" in sentence for sentence in explain(unknown))
    local = projected(talk(lane(Mode.CHAT_COMPLETIONS, "local"), *SAID, cost_usd="0"))
    assert local.total_usd == 0
    assert any("this machine" in sentence for sentence in explain(local))


def test_a_local_talk_can_be_priced_as_another_model() -> None:
    of = talk(lane(Mode.CHAT_COMPLETIONS, "local"), *SAID, cost_usd="0")
    made = projected(of, None, "gpt-6-luna")
    assert made.total_usd is not None
    assert made.total_usd > 0
    dearer = projected(of, None, "gpt-6.2-sol").total_usd
    assert dearer is not None
    assert dearer > 10 * made.total_usd


# --- the numbers beneath ----------------------------------------------------------------------


def test_what_a_clients_function_gave_back_counts_as_sent_and_what_the_server_did_does_not() -> None:
    asked = lane(Mode.ASSISTANTS)
    plain = talk(asked, SAID[0])
    ours, theirs = talk(asked, SAID[0]), talk(asked, SAID[0])
    call = ToolCall("call_1", "calculator", "{}")
    ours.turns[0].apply(ToolStep(call, "completed", "four hundred and twelve"))
    theirs.turns[0].apply(
        ToolStep(call, "completed", "four hundred and twelve", details={"type": "file_search"})
    )
    alone, with_result, built_in = (measured(t)[0].sent_tokens for t in (plain, ours, theirs))
    assert with_result > alone == built_in


def test_a_file_on_the_server_is_neither_sent_again_nor_part_of_the_history() -> None:
    asked = lane(Mode.ASSISTANTS)
    plain, with_file = talk(asked, SAID[0]), talk(asked, SAID[0])
    turn = with_file.turns[0]
    turn.user = replace(turn.user, attachments=(Attachment("a.pdf", "application/pdf", b"%PDF" * 900),))
    turn.sent.insert(0, RequestSent("POST", "/files", 3600, 0, 0))
    one, other = measured(plain)[0], measured(with_file)[0]
    assert (one.sent_tokens, one.message_tokens) == (other.sent_tokens, other.message_tokens)
    assert other.sent_bytes == one.sent_bytes + 3600
