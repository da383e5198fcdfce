"""A question rewritten as a search query, where the local model can do so at once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from services.errors import AppError

if TYPE_CHECKING:
    from services.engines.registry import Engines

log = logging.getLogger("tandem.retrieval")

INSTRUCTION = (
    "Rewrite the question as a query for a search in documents: its telling words, names and numbers, without greetings"
    " and filler. Reply with the query alone."
)
MOST_TOKENS = 48


class Rewriter:
    """Rewrites with the local chat model. One that is not loaded, or has other work, is not waited for."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def rewritten(self, question: str) -> str:
        """The query; the question itself where there is no model at hand."""
        from services.engines.chat import complete
        from services.engines.llama import EngineState

        engine = self._engines.chat
        if engine.state is not EngineState.READY or engine.is_busy:
            return question
        messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": question}]
        try:
            answer = await complete(
                engine, {"messages": messages, "max_tokens": MOST_TOKENS, "temperature": 0}
            )
        except AppError as error:
            log.info("a query was not rewritten: %s", error.user_message)
            return question
        lines = str(answer["choices"][0]["message"]["content"] or "").strip().splitlines()
        return lines[0].strip(" \"'") if lines and lines[0].strip(" \"'") else question
