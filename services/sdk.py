"""The openai SDK over HTTP for what pages ask of a server, with our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.clients import Connection, as_app_error

if TYPE_CHECKING:
    import openai


class SdkApi:
    """Every call goes to the server that `connection` names at that moment. All of them raise AppError."""

    timeout_s = 30.0

    def __init__(self, connection: Callable[[], Connection]) -> None:
        self._connection = connection
        self._clients: dict[tuple[str, str], openai.OpenAI] = {}

    @property
    def connection(self) -> Connection:
        """The server that is asked."""
        return self._connection()

    @contextmanager
    def _speaking(self) -> Iterator[openai.OpenAI]:
        connection = self._connection()
        try:
            yield self._client(connection)
        except Exception as error:
            raise as_app_error(error, connection) from error

    def _client(self, connection: Connection) -> openai.OpenAI:
        import openai

        key = (connection.base_url, connection.api_key)
        if key not in self._clients:
            self._clients[key] = openai.OpenAI(
                base_url=connection.base_url,
                api_key=connection.api_key or "none",
                timeout=self.timeout_s,
                max_retries=0,
            )
        return self._clients[key]
