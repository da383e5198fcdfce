"""A spoken turn from the recording to the spoken answer; and however it ends, that it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from services.chat import Chat, ChatOptions
from services.clients import Connection
from services.live import LiveTurn, LiveTurns
from services.loop import BackgroundLoop
from services.media.audio import voice_turn
from services.media.audio.speaking import Sound, Voice
from services.media.audio.voice_turn import Begin, Utterance, VoiceTurn
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.rate_limits import RateLimits
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.turns import Message
from tests.support.sound import tone, wav
from tests.support.upstream import Script, ScriptedUpstream, broken, error

PATIENCE_S = 20.0
HEARD = {"text": "How high is the tower?"}
TWO_SENTENCES = ("It is forty metres high. ", "Nobody has climbed it yet.")


@dataclass
class Stage:
    """Ears, a model and a voice at one scripted server."""

    upstream: ScriptedUpstream
    sound: Sound
    voice: Voice
    ledger: Ledger
    budgets: Budgets
    begin: Begin

    def turn(self, begin: Begin | None = None, silence_s: float = 0.7) -> VoiceTurn:
        utterance = Utterance("u1", wav(tone(0.4)), silence_s)
        return VoiceTurn(self.sound, self.voice, utterance, begin or self.begin)

    def ended(self, turn: VoiceTurn) -> VoiceTurn:
        waited_for(lambda: turn.is_over)
        return turn


def waited_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = open_database(f"sqlite:///{tmp_path / 'tandem.db'}")
    conversations = Conversations(database, FolderBlobs(tmp_path / "blobs"), "alice")
    ledger, loop = Ledger(database, "alice"), BackgroundLoop()
    live = LiveTurns(loop, conversations, ledger, RateLimits(database, "alice"))
    budgets = Budgets(Preferences(database, "alice"))
    chat = Chat(conversations, live, ledger, budgets)
    with ScriptedUpstream(Script(text=TWO_SENTENCES)) as upstream:
        connection = Connection("Scripted", "compatible", upstream.base_url, "sk-secret-key-of-the-test")

        def begin(text: str) -> LiveTurn | None:
            talk = conversations.create(title="Spoken").id
            return chat.ask(
                talk, Message("user", text), connection, ChatOptions("gpt-6-luna"), parent_id=None
            )

        upstream.sounds["transcriptions"] = Script(body=HEARD)
        voice = Voice(connection, "gpt-transcribe", "gpt-4o-mini-tts", "coral")
        yield Stage(upstream, Sound(loop, ledger, budgets), voice, ledger, budgets, begin)
    database.close()


def test_an_answer_is_spoken_sentence_by_sentence(stage: Stage) -> None:
    turn = stage.ended(stage.turn())
    assert (turn.stage, turn.said, turn.error) == ("done", HEARD["text"], "")
    assert [clip.number for clip in turn.clips] == [0, 1]
    assert [clip.text for clip in turn.clips] == [part.strip() for part in TWO_SENTENCES]
    assert all(clip.sound for clip in turn.clips)
    assert turn.answer == "".join(TWO_SENTENCES)
    latency = turn.latency
    assert latency.transcript_s is not None and latency.first_token_s is not None
    assert latency.first_sound_s is not None
    assert 0.7 <= latency.transcript_s <= latency.first_token_s <= latency.first_sound_s


def test_hearing_and_speaking_are_in_the_ledger(stage: Stage) -> None:
    turn = stage.ended(stage.turn())
    calls = stage.ledger.rows()
    assert {call.model for call in calls if call.mode == "audio"} == {"gpt-transcribe", "gpt-4o-mini-tts"}
    spoken = [call for call in calls if call.model == "gpt-4o-mini-tts"]
    assert sum(call.characters or 0 for call in spoken) == sum(len(clip.text) for clip in turn.clips)
    assert {call.conversation_id for call in spoken} == {turn.live.turn.conversation_id if turn.live else ""}


def test_a_budget_that_is_used_up_stops_ears_and_voice(stage: Stage) -> None:
    stage.budgets.set_limits(Limits(day_usd=Decimal(0), hard=True))
    turn = stage.ended(stage.turn())
    assert turn.stage == "failed" and "budget" in turn.error.lower()
    assert stage.upstream.requests == []


def test_silence_is_no_question(stage: Stage) -> None:
    stage.upstream.sounds["transcriptions"] = Script(body={"text": "  "})
    turn = stage.ended(stage.turn())
    assert (turn.stage, turn.live, turn.error) == ("nothing", None, "")


@pytest.mark.parametrize("fault", [broken(), error(400, "This is no sound.")], ids=["500", "400"])
def test_what_cannot_be_heard_ends_the_turn_with_a_sentence(stage: Stage, fault: Script) -> None:
    stage.upstream.sounds["transcriptions"] = fault
    turn = stage.ended(stage.turn())
    assert turn.stage == "failed" and turn.error.endswith(".") and turn.live is None


def test_what_cannot_be_spoken_is_written_to_its_end(stage: Stage) -> None:
    stage.upstream.sounds["speech"] = error(400, "No such voice.")
    turn = stage.ended(stage.turn())
    assert turn.stage == "failed" and turn.error and not turn.clips
    assert turn.answer == "".join(TWO_SENTENCES)


def test_a_model_that_fails_ends_the_turn_with_its_sentence(stage: Stage) -> None:
    stage.upstream.default = error(400, "The prompt is too long.")
    turn = stage.ended(stage.turn())
    assert turn.stage == "failed" and turn.live is not None and turn.error == turn.live.turn.error


def test_a_turn_that_could_not_begin_says_so(stage: Stage) -> None:
    turn = stage.ended(stage.turn(begin=lambda text: None))
    assert turn.stage == "failed" and "could not be sent" in turn.error


def test_whatever_else_goes_wrong_ends_the_turn(stage: Stage) -> None:
    def begin(text: str) -> LiveTurn | None:
        raise ZeroDivisionError

    turn = stage.ended(stage.turn(begin=begin))
    assert (turn.stage, turn.error) == ("failed", voice_turn.NOT_ANSWERED)


def test_a_sentence_that_breaks_something_leaves_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def say(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(stage.sound, "say", say)
    turn = stage.ended(stage.turn())
    assert (turn.stage, turn.error) == ("failed", voice_turn.NOT_SPOKEN)
    assert turn.answer == "".join(TWO_SENTENCES)


@pytest.mark.parametrize(("kind", "limit"), [("transcriptions", "HEAR_S"), ("speech", "SAY_S")])
def test_nobody_waits_for_ears_or_a_voice_without_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str, limit: str
) -> None:
    monkeypatch.setattr(voice_turn, limit, 0.2)
    stage.upstream.sounds[kind] = Script(hang=True)
    turn = stage.ended(stage.turn())
    assert turn.stage == "failed" and "too long" in turn.error
    assert stage.upstream.client_left.wait(PATIENCE_S), "the call goes on although nobody wants it any more"


def test_stopping_ends_the_model_and_keeps_what_had_come(stage: Stage) -> None:
    stage.upstream.default = Script(text=("One sentence is here. ", "The other ", "never."), hold_after=3)
    turn = stage.turn()
    waited_for(lambda: bool(turn.clips))
    turn.stop()
    stage.ended(turn)
    assert turn.stage == "stopped" and turn.answer.startswith("One sentence is here.")
    assert stage.upstream.client_left.wait(PATIENCE_S)


def test_many_turns_at_once_all_end(stage: Stage) -> None:
    turns = [stage.turn() for _ in range(6)]
    assert {stage.ended(turn).stage for turn in turns} == {"done"}
    assert len({turn.id for turn in turns}) == 6


def test_leaving_the_loop_ends_what_was_heard(stage: Stage) -> None:
    stage.upstream.sounds["transcriptions"] = Script(hang=True)
    turn = stage.turn()
    assert stage.upstream.holding.wait(PATIENCE_S)
    turn.stop()
    stage.ended(turn)
    assert (turn.stage, turn.said) == ("stopped", "")
    assert stage.upstream.client_left.wait(PATIENCE_S)
