"""The local chat model: a supervised llama.cpp process that is fetched, loaded, restarted and stopped with us."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.engines.background import is_background
from services.engines.child import CHILD_SCRIPT, Child, ChildSettings, spawn
from services.engines.fetch import Progress, ensure_files
from services.engines.manifest import ModelEntry
from services.errors import AppError, ModelUnavailable

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

log = logging.getLogger(__name__)

LOADS_BEFORE_GIVING_UP = 3
LONGEST_RESTART_DELAY_S = 30.0
STEADY_AFTER_S = 60.0
END_TIMEOUT_S = 1.0


class EngineState(StrEnum):
    """Where the chat model stands. MISSING, STOPPED and FAILED last until somebody needs it again."""

    STOPPED = "stopped"
    MISSING = "missing"
    FETCHING = "fetching"
    LOADING = "loading"
    READY = "ready"
    CRASHED = "crashed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChatEngineOptions:
    """How the chat model runs; `sleep_idle_s` unloads it after so many quiet seconds (-1: never).

    `adapter_path` is a LoRA adapter that is laid over the model.
    """

    context_tokens: int = 8192
    slots: int = 2
    cache_ram_mib: int = 512
    sleep_idle_s: int = -1
    restart_delay_s: float = 0.5
    child_script: Path = CHILD_SCRIPT
    adapter_path: Path | None = None


class ChatEngine:
    """One local chat model. `start` and everything after belong to one event loop."""

    def __init__(
        self,
        entry: ModelEntry,
        models_dir: Path,
        options: ChatEngineOptions | None = None,
        name: str | None = None,
    ) -> None:
        self.model_id = name or entry.id
        self.options = options or ChatEngineOptions()
        self.state = EngineState.STOPPED
        self.error: str | None = None
        self.progress: Progress | None = None
        self.restarts = 0
        self._entry = entry
        self._models_dir = models_dir
        self._child: Child | None = None
        self._session: ClientSession | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._answering = 0
        self._give_up_fetching = threading.Event()

    @property
    def context_tokens(self) -> int:
        return self.options.context_tokens

    @property
    def base_url(self) -> str | None:
        """The process's own address while it runs."""
        return self._child.base_url if self._child else None

    @property
    def api_key(self) -> str | None:
        """The random key that address asks for."""
        return self._child.api_key if self._child else None

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer just now; calls in the background do not count."""
        return self._answering > 0

    async def start(self) -> None:
        """Begin to fetch and load in the background; does nothing when that is under way."""
        if self._supervisor is None or self._supervisor.done():
            self._give_up_fetching.clear()
            self._set(EngineState.LOADING)
            self._supervisor = asyncio.create_task(self._supervise(), name="chat-engine")

    async def stop(self) -> None:
        """End the process and free everything."""
        self._give_up_fetching.set()
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
            self._supervisor = None
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._set(EngineState.STOPPED)

    async def wait_ready(self, timeout_s: float = 60.0, *, through_fetch: bool = False) -> None:
        """Return once the model answers; ModelUnavailable, with the reason, when it does not in time.

        A download is not waited for unless `through_fetch`: its progress is the reason then.
        """
        await self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not self._settled(through_fetch):
                    await self._changed.wait()
        if self.state is not EngineState.READY:
            raise ModelUnavailable(self.explain(), code="model_not_ready")

    def explain(self) -> str:
        """One sentence on why the model does not answer just now."""
        if self.state is EngineState.FETCHING:
            return f"The local chat model is being downloaded{_so_far(self.progress)}. Ask again when it is there."
        if self.state is EngineState.LOADING:
            return "The local chat model is still loading. Ask again in a few seconds."
        if self.state is EngineState.CRASHED:
            return "The local chat model stopped and is restarting. Ask again in a few seconds."
        return self.error or "The local chat model is not running."

    def health(self) -> dict[str, Any]:
        """State, progress of a download (0 to 1), restarts and the last error."""
        return {
            "model": self.model_id,
            "state": self.state.value,
            "progress": self.progress.fraction if self.progress and self.state == "fetching" else None,
            "restarts": self.restarts,
            "error": self.error,
        }

    @contextlib.asynccontextmanager
    async def post(self, path: str, body: dict[str, Any]) -> AsyncIterator[ClientResponse]:
        """The process's response to `body`; leaving the block closes the socket, which ends generation."""
        import aiohttp

        await self.wait_ready()
        child = self._child
        assert child is not None
        url, headers = child.base_url + path, {"Authorization": f"Bearer {child.api_key}"}
        people = 0 if is_background() else 1
        self._answering += people
        try:
            response = await self._http().post(url, json=body, headers=headers)
            try:
                yield response
            finally:
                response.close()
        except (aiohttp.ClientError, ConnectionError) as error:
            await self._notice_end(child)
            raise ModelUnavailable(
                "The local chat model stopped in the middle of this answer and is restarting. "
                "Ask again in a few seconds.",
                code="model_crashed",
            ) from error
        finally:
            self._answering -= people

    async def _notice_end(self, child: Child) -> None:
        """A broken socket may be seen before the process's end: do not call it ready in between."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_TIMEOUT_S):
                await child.process.wait()
            if self._child is child:
                self._set(EngineState.CRASHED)

    def _http(self) -> ClientSession:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                # llama.cpp's server closes a connection after a few requests, and a request that meets the closing
                # one would look like a crash. A fresh connection costs a tenth of a millisecond here.
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            )
        return self._session

    def _settled(self, through_fetch: bool) -> bool:
        passing = {EngineState.LOADING, EngineState.CRASHED}
        return self.state not in (passing | {EngineState.FETCHING} if through_fetch else passing)

    def _set(self, state: EngineState, error: str | None = None) -> None:
        self.state, self.error = state, error
        self._changed.set()
        self._changed = asyncio.Event()

    async def _supervise(self) -> None:
        try:
            await self._fetch()
        except AppError as error:
            self._set(EngineState.MISSING, error.user_message)
            return
        failures = 0
        while failures < LOADS_BEFORE_GIVING_UP:
            steady = await self._run_once()
            failures = 0 if steady else failures + 1
            delay_s = self.options.restart_delay_s * 2 ** max(0, failures - 1)
            await asyncio.sleep(min(delay_s, LONGEST_RESTART_DELAY_S))
        self._set(EngineState.FAILED, self.error)

    async def _fetch(self) -> None:
        def report(progress: Progress) -> None:
            self.progress = progress
            loop.call_soon_threadsafe(self._fetching)

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(
            ensure_files, self._entry.files, self._models_dir, report, self._give_up_fetching
        )
        self._set(EngineState.LOADING)

    def _fetching(self) -> None:
        if self.state is EngineState.LOADING:
            self._set(EngineState.FETCHING)

    async def _run_once(self) -> bool:
        """Load, serve until the process ends, and tell whether it had served at all steadily."""
        started = time.monotonic()
        try:
            self._child = child = await spawn(self._child_settings(), self.options.child_script)
        except ModelUnavailable as error:
            self._set(EngineState.CRASHED, error.user_message)
            return False
        loaded = time.monotonic()
        log.info("chat model loaded: model=%s duration_s=%.1f", self.model_id, loaded - started)
        self._set(EngineState.READY)
        try:
            code = await child.process.wait()
            self._set(EngineState.CRASHED, f"The chat model's process ended with code {code}.")
        finally:
            self._child = None
            await child.stop()
        self.restarts += 1
        log.warning("chat model ended: model=%s exit_code=%s", self.model_id, code)
        return time.monotonic() - loaded > STEADY_AFTER_S

    def _child_settings(self) -> ChildSettings:
        return ChildSettings(
            model_path=str(self._models_dir / self._entry.files[0].filename),
            model_id=self.model_id,
            context_tokens=self.options.context_tokens,
            slots=self.options.slots,
            cache_ram_mib=self.options.cache_ram_mib,
            sleep_idle_s=self.options.sleep_idle_s,
            adapter_path=str(self.options.adapter_path) if self.options.adapter_path else None,
        )


def _so_far(progress: Progress | None) -> str:
    if progress is None:
        return ""
    return f": {progress.fraction:.0%} of {progress.total_bytes / 1e6:,.0f} MB"
