"""Works on batches in the background: looks at their input, has each request answered, writes the result files.

Everything is written down as it comes, so that whoever takes a batch up after a restart goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.batches.lines import Checked, Line
from services.errors import AppError, NotFound
from services.server.batches import input as input_file
from services.server.batches import records
from services.server.batches.asking import LOCAL_AT_ONCE, UPSTREAM_AT_ONCE, Asking, Place
from services.server.batches.output import write_files
from services.server.batches.records import Claimed
from services.server.batches.usage import usage_of
from services.server.errors import where_it_broke
from services.server.inside import Reply
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

log = logging.getLogger("tandem.batches")

LOOK_EVERY_S = 1.0
MOST_AT_ONCE = 8
WRITE_AT_ONCE = 500
LOST = "lost"
"""Another process has taken the batch up, as this one gave no sign of life."""
GONE = "The input file of this batch is not there any more."
KEY_NOT_KEPT = (
    "This batch was made with a key that came along with the request. Such keys are not kept, and a batch goes on after its "
    "maker has left. Use a model of this machine, or have the installation's own key set."
)
TOO_LATE = {
    "response": None,
    "error": {
        "code": "batch_expired",
        "message": "This request could not be executed before the completion window expired.",
    },
}

Wire = dict[str, Any]


@dataclass(slots=True)
class Job:
    """A batch that this process works on. `ending` is set when its requests are to be answered no further."""

    batch: Claimed
    is_local: bool = False
    ending: str | None = None
    work: asyncio.Task[None] | None = None
    writing: set[asyncio.Task[None]] = field(default_factory=set)

    def stop(self, ending: str) -> None:
        """Answer no more of its requests; what is under way is given up."""
        if self.ending is None:
            self.ending = ending
            if self.work is not None:
                self.work.cancel()


class BatchRunner:
    """The batches of this process. Belongs to one event loop."""

    def __init__(
        self,
        database: ServerDatabase,
        blobs: Blobs,
        asking: Asking,
        is_local: Callable[[str], bool],
        erase: Callable[[], Any],
    ) -> None:
        self._database, self._blobs, self._asking = database, blobs, asking
        self._is_local, self._erase = is_local, erase
        self._worker = new_id("worker_")
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There is something new to look at."""
        self._news.set()

    async def work(self) -> None:
        """Look after batches for as long as the server runs."""
        try:
            while True:
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_EVERY_S)
                self._news.clear()
        finally:
            await self._stop()

    async def _look(self) -> None:
        """Notice what was cancelled or is out of time, and take up what nobody works on."""
        try:
            if self._jobs:
                statuses = await self._database.write(records.keep_alive, self._worker)
                for job in list(self._jobs.values()):
                    self._notice(job, statuses.get(job.batch.id))
            if (room := MOST_AT_ONCE - len(self._jobs)) > 0:
                for batch in await self._database.write(records.claim, self._worker, room):
                    self._take_up(batch)
        except AppError as error:
            log.warning("batches could not be looked after: %s", error.user_message)
        except Exception as error:  # whatever it was, the next look may go better
            log.error(
                "batches could not be looked after: %s\n%s", type(error).__name__, where_it_broke(error)
            )

    def _notice(self, job: Job, status: str | None) -> None:
        if status is None:
            job.stop(LOST)
        elif status == records.CANCELLING:
            job.stop(records.CANCELLED)
        elif now() >= job.batch.expires_at:
            job.stop(records.EXPIRED)

    def _take_up(self, batch: Claimed) -> None:
        if batch.id in self._jobs:  # this process was asleep for long, and found its own again
            return
        self._jobs[batch.id] = job = Job(batch)
        task = asyncio.create_task(self._see_through(job), name=f"batch {batch.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        """Leave everything as it is to whoever comes next."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(AppError):
            await self._database.write(records.let_go, self._worker)

    async def _see_through(self, job: Job) -> None:
        """One batch from where it stands to its end."""
        try:
            status = job.batch.status
            if status == records.VALIDATING:
                status = await self._validated(job.batch)
            if status == records.IN_PROGRESS:
                status = await self._answered(job)
            if status in (records.FINALIZING, records.CANCELLING):
                await write_files(self._database, self._blobs, job.batch.id)
                ending = records.CANCELLED if status == records.CANCELLING else records.COMPLETED
                await self._database.write(records.end, job.batch.id, ending)
            await self._erase()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # it is looked at again when its last sign of life is old enough
            log.error("a batch came to a halt: %s\n%s", type(error).__name__, where_it_broke(error))
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(AppError):
                await self._database.write(records.let_go, self._worker, job.batch.id)
        finally:
            self._jobs.pop(job.batch.id, None)
            self.wake()

    async def _validated(self, batch: Claimed) -> str:
        try:
            checked = await input_file.check(self._blobs, batch.blob_key, batch.endpoint)
        except NotFound:
            checked = Checked()
            checked.refuse("input_file_gone", GONE)
        if batch.brought_key and not checked.errors and not self._is_local(checked.model or ""):
            checked.refuse("key_not_kept", KEY_NOT_KEPT, param="model")
        return await self._database.write(records.settle_validation, batch.id, checked)

    async def _answered(self, job: Job) -> str:
        """Have every request answered, or as many as there is time for; the state the batch is in then."""
        batch = job.batch
        status, known = await self._database.read(records.place, batch.id)
        job.is_local = self._is_local(known["model"])
        self._notice(job, status)
        if job.ending is None:
            job.work = asyncio.create_task(self._work_off(job), name=f"requests of {batch.id}")
            try:
                await asyncio.shield(asyncio.gather(job.work, return_exceptions=True))
            finally:
                job.work.cancel()  # does nothing to one that is done
                await asyncio.gather(*job.writing, return_exceptions=True)
            if job.ending is None:
                job.work.result()
        if job.ending == LOST:
            return LOST
        if job.ending == records.EXPIRED:
            await self._expire(batch)
        else:
            await self._database.write(records.begin_finalizing, batch.id)
        return (await self._database.read(records.place, batch.id))[0]

    async def _work_off(self, job: Job) -> None:
        """The requests that have no answer yet, some at a time."""
        done = await self._database.read(records.answered, job.batch.id)
        place = Place(job.batch.owner, job.batch.endpoint, job.is_local)
        taking = asyncio.Lock()
        async with aclosing(input_file.requests(self._blobs, job.batch.blob_key, done)) as lines:

            async def take() -> None:
                while (line := await self._next(lines, taking)) is not None:
                    reply = await self._asking.ask(place, line)
                    # Written even when the batch is stopped in this moment: it has been answered.
                    saving = asyncio.create_task(self._keep(job.batch, line, reply))
                    job.writing.add(saving)
                    saving.add_done_callback(job.writing.discard)
                    await asyncio.shield(saving)

            async with asyncio.TaskGroup() as group:
                for _ in range(LOCAL_AT_ONCE if job.is_local else UPSTREAM_AT_ONCE):
                    group.create_task(take())

    async def _next(self, lines: AsyncGenerator[Line, None], taking: asyncio.Lock) -> Line | None:
        async with taking:
            return await anext(lines, None)

    async def _keep(self, batch: Claimed, line: Line, reply: Reply) -> None:
        answer = {
            "id": new_id("batch_req_"),
            "custom_id": line.custom_id,
            "response": {"status_code": reply.status, "request_id": reply.request_id, "body": reply.body},
            "error": None,
        }
        is_good = reply.status == 200
        usage = usage_of(reply.body) if is_good else None
        await self._database.write(records.keep_answer, batch.id, line.number, answer, usage, is_good=is_good)

    async def _expire(self, batch: Claimed) -> None:
        """The batch is out of time: what was not answered is told so."""
        done = await self._database.read(records.answered, batch.id)
        late: list[tuple[int, str]] = []
        async for line in input_file.requests(self._blobs, batch.blob_key, done):
            late.append((line.number, line.custom_id))
            if len(late) == WRITE_AT_ONCE:
                await self._database.write(records.expire, batch.id, late, TOO_LATE)
                late = []
        await self._database.write(records.expire, batch.id, late, TOO_LATE)
        await write_files(self._database, self._blobs, batch.id)
        await self._database.write(records.end, batch.id, records.EXPIRED)
