"""Examples from one's own conversations: answers with a thumb up, and answers that were put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.errors import NotFound
from services.storage.conversations import Conversations
from services.storage.ratings import Rating, Ratings
from services.tuning.records import Example
from services.turns import Turn

MAX_TURNS_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that may become an example. `answer` is the better one where the person wrote it."""

    turn_id: str
    question: str
    answer: str
    is_corrected: bool
    example: Example


def candidates(
    ratings: Ratings, conversations: Conversations, *, with_history: bool = True
) -> list[Candidate]:
    """What one's thumbs and corrections make, the oldest first. A thumb down without a better answer makes nothing.

    Texts only: pictures, files and calls of functions stay out.
    """
    found = (_candidate(conversations, rating, with_history) for rating in ratings.all())
    return [one for one in found if one is not None]


def _candidate(conversations: Conversations, rating: Rating, with_history: bool) -> Candidate | None:
    if rating.better is None and rating.thumb != 1:
        return None
    try:
        turn = conversations.turn(rating.turn_id)
        before = _before(conversations, turn) if with_history else []
        settings = conversations.get(turn.conversation_id).settings
    except NotFound:
        return None  # deleted meanwhile
    answer = rating.better or turn.text
    if not answer.strip() or not turn.user.content.strip():
        return None
    system = str(settings.get("system_prompt") or "").strip()
    messages: list[dict[str, str | int]] = [{"role": "system", "content": system}] if system else []
    for earlier in before:
        # Only the last answer was judged: the others are there to be read, not to be learnt.
        messages.extend(_pair(earlier, weight=0))
    messages.append({"role": "user", "content": turn.user.content})
    messages.append({"role": "assistant", "content": answer.strip()})
    return Candidate(
        turn.id, turn.user.content, answer.strip(), rating.better is not None, {"messages": messages}
    )


def _before(conversations: Conversations, turn: Turn) -> list[Turn]:
    if turn.parent_id is None:
        return []
    return conversations.branch(turn.conversation_id, turn.parent_id, MAX_TURNS_BEFORE)


def _pair(turn: Turn, weight: int) -> Iterator[dict[str, str | int]]:
    if turn.user.content.strip() and turn.text.strip():
        yield {"role": "user", "content": turn.user.content}
        yield {"role": "assistant", "content": turn.text, "weight": weight}
