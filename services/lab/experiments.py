"""The experiments: a hypothesis each, and two ways to do the same thing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from services.lab import material
from services.lab.asking import Answer, Asker
from services.lab.records import MetricName, Plan, Trial
from services.structured import closed_object, response_format, validate_answer
from services.turns import Usage

SHORT_TOKENS = 60
USUAL_TOKENS = 160
ATTEMPTS = 3
AT_ONCE = 4

Notes = dict[str, Any]
Way = Callable[[Asker, Plan, int, Notes], Awaitable[Trial]]
"""Runs trial number n of a way. The notes are shared by all trials of a run."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Two ways of doing the same; `metric` is compared. `prompt` is what it starts with; None where it has its own.

    `tiers` are the service tiers the two ways are billed by.
    """

    slug: str
    title: str
    hypothesis: str
    explains: str
    ways: tuple[str, str]
    metric: MetricName
    run: tuple[Way, Way]
    prompt: str | None = None
    icon: str = ":material/science:"
    compares_models: bool = False
    calls_per_round: int = 2
    read_tokens: int = 60
    written_tokens: int = USUAL_TOKENS
    tiers: tuple[str | None, str | None] = (None, None)


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _trial(way: int, answer: Answer, *, good: bool | None = None, note: str = "") -> Trial:
    return Trial(way, answer.seconds, answer.first_s, answer.usage, 1, good, note)


async def _wait(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return _trial(0, await asker.whole(plan.model, _user(plan.prompt), limit=USUAL_TOKENS))


async def _stream(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return _trial(1, await asker.streamed(plan.model, _user(plan.prompt), limit=USUAL_TOKENS))


async def _with_rules(asker: Asker, plan: Plan, way: int, rules: list[str]) -> Trial:
    messages = [{"role": "system", "content": "\n".join(rules)}, *_user(plan.prompt)]
    answer = await asker.streamed(plan.model, messages, limit=SHORT_TOKENS)
    cached = answer.usage.cached_tokens
    return _trial(way, answer, note="" if cached is None else f"{cached:,} tokens from the cache")


async def _shuffled(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    rules = list(material.RULES)
    random.Random(number + 1).shuffle(rules)  # noqa: S311 - an order, no secret
    return await _with_rules(asker, plan, 0, rules)


async def _stable(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    if (
        "warm" not in notes
    ):  # the first reading fills the cache; it is what is compared with, not what is measured
        await _with_rules(asker, plan, 1, list(material.RULES))
        notes["warm"] = True
    return await _with_rules(asker, plan, 1, list(material.RULES))


async def _many(asker: Asker, plan: Plan, way: int, *, at_once: bool) -> Trial:
    began = time.perf_counter()
    asked = [_user(f"{plan.prompt} {topic}") for topic in material.TOPICS[:AT_ONCE]]
    if at_once:
        answers = await asyncio.gather(*(asker.whole(plan.model, m, limit=SHORT_TOKENS) for m in asked))
    else:
        answers = [await asker.whole(plan.model, m, limit=SHORT_TOKENS) for m in asked]
    took_s = time.perf_counter() - began
    usage = sum((answer.usage for answer in answers), Usage())
    return Trial(way, took_s, min(answer.seconds for answer in answers), usage, len(answers))


async def _one_by_one(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return await _many(asker, plan, 0, at_once=False)


async def _side_by_side(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return await _many(asker, plan, 1, at_once=True)


async def _one_batch(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    asked = [_user(f"{plan.prompt} {topic}") for topic in material.TOPICS[:AT_ONCE]]
    answers = await asker.batched(plan.model, asked, limit=SHORT_TOKENS)
    usage = sum((answer.usage for answer in answers), Usage())
    return Trial(1, answers[0].seconds, answers[0].first_s, usage, len(answers))


async def _recall(asker: Asker, plan: Plan, number: int, way: int, before: list[dict[str, str]]) -> Trial:
    question, expected = material.RECALL[number % len(material.RECALL)]
    messages = [{"role": "system", "content": "Answer in a few words."}, *before, *_user(question)]
    answer = await asker.streamed(plan.model, messages, limit=SHORT_TOKENS)
    good = expected.lower() in answer.text.lower()
    return _trial(way, answer, good=good, note=f"{question} {answer.text.strip()[:120]}")


async def _whole_history(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return await _recall(asker, plan, number, 0, material.TALK)


async def _summary(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    if "summary" not in notes:
        talk = "\n".join(f"{m['role']}: {m['content']}" for m in material.TALK)
        notes["summary"] = (
            await asker.whole(
                plan.model,
                _user(f"Summarise this talk in at most 80 words. Keep every name and number.\n\n{talk}"),
                limit=USUAL_TOKENS,
            )
        ).text
    before = [{"role": "user", "content": f"What we talked about so far: {notes['summary']}"}]
    return await _recall(asker, plan, number, 1, [*before, {"role": "assistant", "content": "Understood."}])


async def _model(asker: Asker, plan: Plan, number: int, way: int) -> Trial:
    question, expected = material.QUESTIONS[number % len(material.QUESTIONS)]
    model = plan.model if way == 0 else plan.other_model
    messages = [
        {"role": "system", "content": "Answer with the result alone, in one or two words."},
        *_user(question),
    ]
    answer = await asker.whole(model, messages, limit=USUAL_TOKENS)
    good = expected.lower() in answer.text.lower().replace(",", "")
    return _trial(way, answer, good=good, note=f"{question} {answer.text.strip()[:80]}")


async def _first_model(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return await _model(asker, plan, number, 0)


async def _second_model(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return await _model(asker, plan, number, 1)


BOOKING = closed_object(
    {
        "place": {"type": "string"},
        "people": {"type": "integer"},
        "day": {"type": "string"},
        "vegetarian": {"type": "boolean"},
    }
)


async def _plea(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    fields = ", ".join(BOOKING["properties"])
    messages = _user(
        f"Take the booking out of this message, as JSON with the fields {fields}; people is a number, vegetarian true "
        f"or false. Answer with the JSON alone.\n\n{material.BOOKINGS[number % len(material.BOOKINGS)]}"
    )
    seconds, usage = 0.0, Usage()
    for attempt in range(1, ATTEMPTS + 1):
        answer = await asker.whole(plan.model, messages, limit=USUAL_TOKENS)
        seconds, usage = seconds + answer.seconds, usage + answer.usage
        wrong = validate_answer(answer.text.strip(), BOOKING)
        if not wrong:
            return Trial(0, seconds, seconds, usage, attempt, True, answer.text.strip()[:160])
        messages = [
            *messages,
            {"role": "assistant", "content": answer.text},
            *_user(f"That cannot be used: {wrong[0]} Answer with the JSON alone."),
        ]
    return Trial(0, seconds, seconds, usage, ATTEMPTS, False, wrong[0])


async def _schema(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    messages = _user(
        f"Take the booking out of this message.\n\n{material.BOOKINGS[number % len(material.BOOKINGS)]}"
    )
    answer = await asker.whole(
        plan.model, messages, limit=USUAL_TOKENS, response_format=response_format("booking", BOOKING)
    )
    wrong = validate_answer(answer.text, BOOKING)
    return _trial(1, answer, good=not wrong, note=wrong[0] if wrong else answer.text[:160])


async def _unbounded(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return _finished(0, await asker.whole(plan.model, _user(plan.prompt), limit=USUAL_TOKENS * 4))


async def _bounded(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    return _finished(1, await asker.whole(plan.model, _user(plan.prompt), limit=SHORT_TOKENS))


async def _asked_short(asker: Asker, plan: Plan, number: int, notes: Notes) -> Trial:
    prompt = f"{plan.prompt}\nAnswer in one sentence."
    return _finished(1, await asker.whole(plan.model, _user(prompt), limit=USUAL_TOKENS * 4))


def _finished(way: int, answer: Answer) -> Trial:
    is_whole = answer.finish_reason == "stop"
    return _trial(
        way, answer, good=is_whole, note="whole" if is_whole else f"cut off: {answer.finish_reason}"
    )


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "streaming",
        "Streaming or waiting",
        "With streaming the first word is there much sooner; the whole answer takes as long.",
        "People judge speed by the first word. Nothing is computed faster, it is only shown sooner.",
        ("Waiting", "Streaming"),
        "first_s",
        (_wait, _stream),
        prompt="Explain in four sentences why the sky is blue.",
        icon=":material/stream:",
    ),
    Experiment(
        "prefix",
        "A stable beginning",
        "When the beginning of the prompt stays the same, it is read from the cache and the first word comes sooner.",
        "Both ways send the same rules. One keeps their order, the other mixes it each time, as a prompt does that begins "
        "with the date or with search results. OpenAI's cache begins at 1,024 tokens.",
        ("Shuffled beginning", "Stable beginning"),
        "first_s",
        (_shuffled, _stable),
        prompt="A customer asks: may I return opened tea? Answer in one sentence.",
        icon=":material/bookmark:",
        read_tokens=1_400,
        written_tokens=SHORT_TOKENS,
    ),
    Experiment(
        "parallel",
        "One by one or side by side",
        "Four requests sent at once are all answered sooner than four in a row.",
        "True where the server has room. A local model on two cores shares them, so here it gains little.",
        ("One by one", "Side by side"),
        "seconds",
        (_one_by_one, _side_by_side),
        prompt="In one sentence, what is",
        icon=":material/call_split:",
        calls_per_round=2 * AT_ONCE,
        written_tokens=SHORT_TOKENS,
    ),
    Experiment(
        "batch",
        "One batch or single requests",
        "As a batch the same requests cost half at OpenAI, and are answered later.",
        "Four requests, sent one by one and as a file. A batch is answered when nobody else waits: here within seconds of "
        "quiet, at OpenAI often within minutes, and within 24 hours at the latest. Each round waits for its batch; stopping "
        "the run cancels it.",
        ("Single requests", "One batch"),
        "seconds",
        (_one_by_one, _one_batch),
        prompt="In one sentence, what is",
        icon=":material/stacks:",
        calls_per_round=2 * AT_ONCE,
        written_tokens=SHORT_TOKENS,
        tiers=(None, "batch"),
    ),
    Experiment(
        "history",
        "The whole history or a summary",
        "A summary instead of the history is read faster and costs less, and forgets some of it.",
        "A talk of twelve turns about a garden, then a question to something said early. The summary is written once, by the "
        "model itself. The check is whether the answer holds the fact.",
        ("Whole history", "Summary"),
        "prompt_tokens",
        (_whole_history, _summary),
        icon=":material/compress:",
        read_tokens=560,
        written_tokens=SHORT_TOKENS,
    ),
    Experiment(
        "models",
        "A smaller model against a larger",
        "For simple questions the smaller model is as good, and faster.",
        "Questions with one known answer, asked of both. Look at the share of right answers before the time.",
        ("First model", "Second model"),
        "seconds",
        (_first_model, _second_model),
        icon=":material/scale:",
        compares_models=True,
        written_tokens=20,
    ),
    Experiment(
        "schema",
        "A schema or a plea",
        "A strict schema gives usable data each time; asking for JSON in words fails now and then, and retries cost time.",
        "A booking is taken out of a message. The plea may try three times, and is told what was wrong.",
        ("Plea and retry", "Schema"),
        "seconds",
        (_plea, _schema),
        icon=":material/data_object:",
        read_tokens=120,
        written_tokens=60,
    ),
    Experiment(
        "limit",
        "A hard limit on the answer",
        "A limit on tokens makes answers faster and cheaper, and cuts them off in the middle.",
        "Time goes into written tokens. The check is whether the answer is whole.",
        ("No limit", f"{SHORT_TOKENS} tokens at most"),
        "seconds",
        (_unbounded, _bounded),
        prompt="How does a bicycle stay upright?",
        icon=":material/content_cut:",
        written_tokens=USUAL_TOKENS * 2,
    ),
    Experiment(
        "brevity",
        "Asking for a short answer",
        "Asking for one sentence is faster than taking what comes, and leaves the answer whole.",
        "The same wish as a limit, told to the model rather than enforced.",
        ("As it comes", "One sentence"),
        "seconds",
        (_unbounded, _asked_short),
        prompt="How does a bicycle stay upright?",
        icon=":material/short_text:",
        written_tokens=USUAL_TOKENS,
    ),
)


def experiment(slug: str) -> Experiment | None:
    """The experiment of this name."""
    return next((one for one in EXPERIMENTS if one.slug == slug), None)
