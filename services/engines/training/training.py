"""The training itself: LoRA with AdamW, the loss on what assistants say, kept often enough to go on after a restart."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.documents.refusals import Unreadable
from services.engines.training import lora, qwen2
from services.engines.training.examples import Encoder, Example
from services.engines.training.gguf_file import GgufFile

RANK, ALPHA = 8, 16.0
LEARNING_RATE = 5e-4
WARM_UP_STEPS = 4
LARGEST_GRADIENT = 1.0
KEEP_EVERY_S = 60.0
MOST_TOKENS = 1024
"""Of one example: more would need more memory than small machines have."""
KEPT = "kept.pt"

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job asks for, and the folder it works in."""

    folder: Path
    epochs: int
    batch_size: int
    rate_multiplier: float
    seed: int

    def steps(self, examples: int) -> int:
        """How many times the adapter changes."""
        return self.epochs * math.ceil(examples / self.batch_size)

    def batches(self, examples: int) -> list[list[int]]:
        """The examples of each step, by number; the same for the same seed."""
        batches = []
        for epoch in range(self.epochs):
            order = list(range(examples))
            random.Random(f"{self.seed}/{epoch}").shuffle(order)  # noqa: S311  (an order, no secret)
            batches += [order[at : at + self.batch_size] for at in range(0, examples, self.batch_size)]
        return batches


@dataclass(frozen=True, slots=True)
class Score:
    """Mean loss and share of right guesses over tokens that are learned."""

    loss: float
    accuracy: float


def run(model_path: Path, training: Path, validation: Path | None, plan: Plan) -> Iterator[Message]:
    """Train and tell of every step. Leaves `epoch-N.gguf` for each epoch in the plan's folder. Raises Unreadable."""
    yield {"loading": True}
    file = GgufFile(model_path)
    encoder = Encoder(file.tokenizer(), file.words())
    examples = _read(training, encoder, "training")
    checks = _read(validation, encoder, "validation") if validation else []
    yield {"tokens": sum(len(e.tokens) for e in examples), "steps": plan.steps(len(examples))}
    yield from _Trainer(qwen2.load(file), plan, examples, checks).run()


def _read(path: Path, encoder: Encoder, kind: str) -> list[Example]:
    examples = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        example = encoder.example(json.loads(line))
        if len(example.tokens) > MOST_TOKENS:
            raise Unreadable(
                f"Line {number} of the {kind} file has {len(example.tokens)} tokens. The local training reads up to "
                f"{MOST_TOKENS} for each example. Shorten it, or leave it out."
            )
        examples.append(example)
    return examples


class _Trainer:
    def __init__(
        self, model: qwen2.Model, plan: Plan, examples: Sequence[Example], checks: Sequence[Example]
    ) -> None:
        import torch

        self._model, self._plan, self._examples, self._checks = model, plan, examples, checks
        self._adapters = lora.fresh(model, RANK, plan.seed)
        self._optimizer = torch.optim.AdamW(lora.parameters(self._adapters), weight_decay=0.0)
        self._kept_path = plan.folder / KEPT

    def run(self) -> Iterator[Message]:
        """Every step that is left, and what each epoch has come to."""
        batches = self._plan.batches(len(self._examples))
        each_epoch = len(batches) // self._plan.epochs
        first, kept_at = self._take_up(), time.monotonic()
        if first == 0 and self._checks:
            yield {"before": _told(self._validated())}
        for step, batch in enumerate(batches[first:], first + 1):
            score = self._step(step, len(batches), [self._examples[number] for number in batch])
            yield {"step": step, "train": _told(score)}
            if step % each_epoch == 0:
                epoch = step // each_epoch
                told = {"valid": _told(self._validated())} if self._checks else {}
                path = self._plan.folder / f"epoch-{epoch}.gguf"
                lora.write(self._adapters, ALPHA, path, f"epoch {epoch}")
                yield {"epoch": epoch, "step": step, "adapter": path.name, "train": _told(score)} | told
            if step % each_epoch == 0 or time.monotonic() - kept_at > KEEP_EVERY_S:
                self._keep(step)
                kept_at = time.monotonic()
                yield {"kept": step}

    def _step(self, step: int, steps: int, batch: Sequence[Example]) -> Score:
        import torch

        learned = sum(len(example.learned) for example in batch)
        loss = accuracy = 0.0
        for example in batch:  # one at a time: memory stays that of one example
            part, right = self._loss(example)
            share = len(example.learned) / learned
            (part * share).backward()
            loss, accuracy = loss + part.item() * share, accuracy + right * share
        torch.nn.utils.clip_grad_norm_(lora.parameters(self._adapters), LARGEST_GRADIENT)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate(step, steps)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return Score(loss, accuracy)

    def _rate(self, step: int, steps: int) -> float:
        """Rising over the first steps, then falling to nothing."""
        up, down = min(1.0, step / WARM_UP_STEPS), 1.0 - (step - 1) / steps
        return LEARNING_RATE * self._plan.rate_multiplier * up * down

    def _loss(self, example: Example) -> tuple[Any, float]:
        """The mean loss over what is learned, to be differentiated, and the share guessed right."""
        import torch
        from torch.nn.functional import cross_entropy

        last = example.learned[-1]  # what comes after the last learned token changes nothing
        tokens = torch.tensor(example.tokens[:last])
        states = qwen2.states(self._model, self._adapters, ALPHA / RANK, tokens, [last])
        scores = states[[place - 1 for place in example.learned]] @ self._model.head.T
        wanted = torch.tensor([example.tokens[place] for place in example.learned])
        return cross_entropy(scores, wanted), (scores.argmax(-1) == wanted).float().mean().item()

    def _validated(self) -> Score:
        import torch

        learned = sum(len(example.learned) for example in self._checks)
        loss = accuracy = 0.0
        with torch.no_grad():
            for example in self._checks:
                part, right = self._loss(example)
                share = len(example.learned) / learned
                loss, accuracy = loss + part.item() * share, accuracy + right * share
        return Score(loss, accuracy)

    def _keep(self, step: int) -> None:
        import torch

        partial = self._kept_path.with_suffix(".part")
        state = {"step": step, "adapters": self._adapters, "optimizer": self._optimizer.state_dict()}
        torch.save(state, partial)
        partial.replace(self._kept_path)

    def _take_up(self) -> int:
        """Go on from what was kept; the number of steps done."""
        import torch

        if not self._kept_path.is_file():
            return 0
        kept = torch.load(self._kept_path, weights_only=True)
        with torch.no_grad():
            for name, pair in kept["adapters"].items():
                for mine, theirs in zip(self._adapters[name], pair, strict=True):
                    mine.copy_(theirs)
        self._optimizer.load_state_dict(kept["optimizer"])
        return int(kept["step"])


def _told(score: Score) -> dict[str, float]:
    return {"loss": round(score.loss, 5), "accuracy": round(score.accuracy, 5)}
