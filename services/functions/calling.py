"""Answering a model's call of a function."""

from __future__ import annotations

import asyncio
import logging

from services.errors import AppError, InvalidInput
from services.functions.arguments import parse_arguments
from services.functions.function_tool import CannedAnswer, FunctionTool, TypedAnswer
from services.functions.http_operation import HttpOperation
from services.functions.http_request import build_request
from services.functions.results import describe, shorten, without_secret
from services.guarded_fetch import Fetch
from services.guarded_fetch import fetch as guarded_fetch
from services.tools import base
from services.tools.base import Tool, ToolOutput

logger = logging.getLogger(__name__)


async def call(
    function: FunctionTool,
    arguments_json: str,
    *,
    typed: str | None = None,
    secret: str | None = None,
    fetch: Fetch = guarded_fetch,
) -> ToolOutput:
    """The output of a call. Never raises for the other side's sake: what went wrong is a sentence for the model.

    `typed` is the person's answer where the function waits for one. `secret` is the key that the person gave this
    browser session for the function's `secret_id`: for `basic` it is user:password.
    """
    secret = (secret or "").strip() or None
    try:
        return await _answer(function, arguments_json, typed, secret, fetch)
    except AppError as error:
        return ToolOutput(without_secret(f"Error: {error.user_message}", secret), False)
    except Exception as error:
        logger.warning("Function %s failed: %s", function.name, type(error).__name__)
        return ToolOutput(f"Error: {function.name} failed with these arguments. Try others.", False)


async def _answer(
    function: FunctionTool, arguments_json: str, typed: str | None, secret: str | None, fetch: Fetch
) -> ToolOutput:
    if isinstance(function.answer, Tool):
        return await asyncio.to_thread(base.call, function.answer, arguments_json)
    arguments = await asyncio.to_thread(parse_arguments, arguments_json, function.parameters)
    match function.answer:
        case CannedAnswer(text):
            return ToolOutput(shorten(text), True)
        case TypedAnswer():
            if typed is None:
                raise InvalidInput("The person gave no answer to this call.")
            return ToolOutput(shorten(typed), True)
        case HttpOperation() as operation:
            request = build_request(operation, arguments, secret)
            return describe(await fetch(request), operation.host, secret)
