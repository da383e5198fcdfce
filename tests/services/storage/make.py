"""Turns for tests."""

from datetime import UTC, datetime, timedelta

from services.storage.conversations import Conversations
from services.turns import Attachment, Finished, Message, TextDelta, Turn
from services.wire import Exchange

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def turn(
    conversation_id: str,
    asked: str = "What is a turn?",
    answered: str = "One question and its answer.",
    parent: Turn | None = None,
    files: tuple[Attachment, ...] = (),
) -> Turn:
    made = Turn(
        conversation_id=conversation_id,
        user=Message("user", asked, attachments=files),
        model="gpt-6-luna",
        connection="OpenAI",
        parent_id=parent.id if parent else None,
    )
    if answered:
        made.apply(TextDelta(answered))
        made.apply(Finished("stop"))
    return made


def chain(conversations: Conversations, conversation_id: str, length: int) -> list[Turn]:
    turns: list[Turn] = []
    for number in range(length):
        made = turn(conversation_id, f"question {number}", f"answer {number}", turns[-1] if turns else None)
        conversations.save_turn(made)
        turns.append(made)
    return turns


def exchange(number: int, body: str = "{}") -> Exchange:
    return Exchange(
        method="POST",
        url="http://127.0.0.1:1/v1/chat/completions",
        request_headers={"authorization": "Bearer [redacted]"},
        request_body=body,
        request_size_bytes=len(body),
        sent_at=START + timedelta(seconds=number),
        status=200,
        response_body="data: [DONE]\n\n",
        duration_s=0.5,
    )
