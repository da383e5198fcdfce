"""What a request may say about a fine-tuning job."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema

LONGEST_SUFFIX = 64
MOST_EPOCHS, LARGEST_BATCH, HIGHEST_MULTIPLIER = 50, 256, 10.0
AUTO = {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 1.0}
LARGEST_SEED = 2**31 - 1
METADATA = re.compile(r"metadata\[(.+)\]")

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that creates a job."""
    from openai.types.fine_tuning.job_create_params import JobCreateParams

    return JobCreateParams


def creation(body: Body) -> Body:
    """A request for a job, checked for its form."""
    body = schema.without_nulls(body)
    schema.check(creation_type, body)
    limits.text(body.get("suffix"), "suffix", LONGEST_SUFFIX)
    limits.metadata(body.get("metadata"))
    limits.number(body, "seed", 0, LARGEST_SEED)
    given = _given(body)
    limits.number(given, "n_epochs", 1, MOST_EPOCHS)
    limits.number(given, "batch_size", 1, LARGEST_BATCH)
    limits.number(given, "learning_rate_multiplier", 0.0, HIGHEST_MULTIPLIER)
    if given.get("learning_rate_multiplier") == 0:
        raise ApiError(
            400,
            "Invalid 'learning_rate_multiplier': expected a number above 0.",
            code="decimal_below_min_value",
            param="learning_rate_multiplier",
        )
    return body


def check_is_for_local_training(body: Body) -> None:
    """ApiError 400 for what OpenAI can do with a job and the training here cannot."""
    if (method := body.get("method")) and method["type"] != "supervised":
        raise limits.unsupported("method", "The training on this machine is supervised only.")
    if body.get("integrations"):
        raise limits.unsupported("integrations", "The training on this machine reports to nobody else.")


def hyperparameters(body: Body) -> Body:
    """What the job is trained with: what was asked for, and numbers in place of `auto`."""
    given = {name: value for name, value in _given(body).items() if value != "auto"}
    return AUTO | {name: value for name, value in given.items() if name in AUTO}


def seed(body: Body) -> int:
    """The seed of a job, drawn where none is asked for."""
    given = body.get("seed")
    return int(given) if given is not None else secrets.randbelow(LARGEST_SEED)


def metadata_wanted(query: Mapping[str, str]) -> dict[str, str]:
    """The pairs of metadata that listed jobs must have: `metadata[key]=value`."""
    found = ((METADATA.fullmatch(name), value) for name, value in query.items())
    return {match[1]: value for match, value in found if match}


def _given(body: Body) -> Body:
    method: Body = body.get("method") or {}
    nested: Body = (method.get(method.get("type", "")) or {}).get("hyperparameters") or {}
    return (body.get("hyperparameters") or {}) | nested
