"""Works on fine-tuning jobs in the background: checks their files, trains one at a time, writes down what comes of it.

The training keeps its own state in a folder of the job, so that whoever takes a job up after a restart goes on there.
"""

from __future__ import annotations

import asyncio
import csv
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.documents.reading_process import Cancelled
from services.engines.training.process import Order
from services.errors import AppError, NotFound
from services.server.errors import ApiError, where_it_broke
from services.server.fine_tuning.trainer import Trainer
from services.server.keeping import keep
from services.server.rules import training_file
from services.server.store import files, tuning
from services.server.store.database import ServerDatabase
from services.server.store.files import NewFile
from services.server.store.ids import new_id
from services.server.store.tuning import Job, Reached
from services.storage.local_files import temporary_file

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

log = logging.getLogger("tandem.fine_tuning")

LOOK_EVERY_S = 1.0
BEAT_EVERY_S = 5.0
COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
BROKEN = "The training stopped at something unforeseen. Create the job again."

Wire = dict[str, Any]


class TuningRunner:
    """The trainings of this process. Belongs to one event loop."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, trainer: Trainer, home: Path) -> None:
        self._database, self._blobs = database, blobs
        self.trainer, self._folder = trainer, home / "fine_tuning"
        self._worker = new_id("worker_")
        self._news = asyncio.Event()
        self._training: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There is something new to look at."""
        self._news.set()

    async def work(self) -> None:
        """Look after jobs for as long as the server runs."""
        try:
            while True:
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_EVERY_S)
                self._news.clear()
        finally:
            if self._training is not None:
                self._training.cancel()
                await asyncio.gather(self._training, return_exceptions=True)

    async def _look(self) -> None:
        try:
            for job in await self._database.read(tuning.to_validate):
                await self._validate(job)
            if self._training is None or self._training.done():
                next_job = await self._database.write(tuning.claim, self._worker)
                if next_job is not None:
                    self._training = asyncio.create_task(self._see_through(next_job))
        except Exception as error:  # whatever it was, the next look may go better
            log.error(
                "fine-tuning could not be looked after: %s\n%s", type(error).__name__, where_it_broke(error)
            )

    async def _validate(self, job: Job) -> None:
        for param, fewest in (("training_file", training_file.FEWEST_EXAMPLES), ("validation_file", 1)):
            if (file_id := job.body.get(param)) is None:
                continue
            try:
                with temporary_file(await asyncio.to_thread(self._blobs.incoming)) as path:
                    await self._fetch(job, file_id, path)
                    await asyncio.to_thread(_check, path, fewest)
            except (training_file.Wrong, ApiError, NotFound) as error:
                said = (
                    str(error)
                    if isinstance(error, training_file.Wrong)
                    else "The file is not there any more."
                )
                await self._database.write(tuning.fail, job, f"invalid_{param}", said, param)
                return
        await self._database.write(tuning.validated, job)

    async def _fetch(self, job: Job, file_id: str, path: Path) -> None:
        """Copy a file of the job's owner to `path`."""

        def key_of(session: Session) -> str:
            return files.find_live(session, job.owner, file_id).blob_key or ""

        key = await self._database.read(key_of)

        def copy() -> None:
            with path.open("wb") as copied:
                copied.writelines(self._blobs.stream(key))

        await asyncio.to_thread(copy)

    async def _see_through(self, job: Job) -> None:
        """One job from where it stands to its end."""
        cancelled = threading.Event()
        beating = asyncio.create_task(self._beat(job, cancelled))
        folder = self._folder / job.id
        try:
            await self._train(job, folder, cancelled)
        except asyncio.CancelledError:
            await self._database.write(tuning.let_go, job, self._worker)
            raise
        except Cancelled:
            pass
        except AppError as error:
            await self._database.write(
                tuning.fail, job, error.code or "training_failed", error.user_message, None
            )
        except Exception as error:
            log.error("a training came to a halt: %s\n%s", type(error).__name__, where_it_broke(error))
            await self._database.write(tuning.fail, job, "training_failed", BROKEN, None)
        finally:
            beating.cancel()
            self.wake()
        status = await self._database.read(_status, job)
        if status in (*tuning.ENDED, None):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _beat(self, job: Job, cancelled: threading.Event) -> None:
        """Tell that the job is being worked on, and notice when it is not to be any more."""
        last_s = 0.0
        while True:
            with suppress(AppError):
                if time.monotonic() - last_s > BEAT_EVERY_S:
                    is_on, last_s = (
                        await self._database.write(tuning.beat, job, self._worker),
                        time.monotonic(),
                    )
                else:
                    is_on = await self._database.read(_status, job) == "running"
                if not is_on:
                    cancelled.set()
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _train(self, job: Job, folder: Path, cancelled: threading.Event) -> None:
        model = await self._in_thread(cancelled, self.trainer.model, job.body["model"], cancelled)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        paths = {"training_file": folder / "training.jsonl", "validation_file": folder / "validation.jsonl"}
        for param, path in paths.items():
            if job.body.get(param):
                await self._fetch(job, job.body[param], path)
        settings = job.body["hyperparameters"]
        order = Order(
            model=model,
            training=paths["training_file"],
            validation=paths["validation_file"] if job.body.get("validation_file") else None,
            folder=folder,
            epochs=settings["n_epochs"],
            batch_size=settings["batch_size"],
            rate_multiplier=settings["learning_rate_multiplier"],
            seed=job.body["seed"],
        )
        telling = _Telling(self._database, self._blobs, job, folder)
        messages: Iterator[Wire] = self.trainer.train(order, cancelled)
        while (message := await self._in_thread(cancelled, next, messages, None)) is not None:
            await telling.tell(message)
        await telling.succeed()

    async def _in_thread(self, cancelled: threading.Event, work: Any, *args: Any) -> Any:
        """What the work gives. When we are told to stop, it is told too, and waited for."""
        task = asyncio.create_task(asyncio.to_thread(work, *args))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.gather(task, return_exceptions=True)
            raise


class _Telling:
    """Makes events, checkpoints and the result file of what a training says."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, job: Job, folder: Path) -> None:
        self._database, self._blobs, self._job, self._folder = database, blobs, job, folder
        self._steps, self._first, self._began_s = 0, 0, 0.0

    async def tell(self, message: Wire) -> None:
        if "tokens" in message:
            self._steps = message["steps"]
            trained = message["tokens"] * self._job.body["hyperparameters"]["n_epochs"]
            await self._database.write(tuning.note, self._job, {"trained_tokens": trained})
        elif "before" in message:
            await self._measured(0, _measures("valid", message["before"]), "Before training")
        elif "epoch" in message:
            await self._reached(message)
        elif "step" in message:
            data = _measures("train", message["train"]) | {"total_steps": self._steps}
            await self._measured(message["step"], data, f"Step {message['step']}/{self._steps}")
            await self._estimate(message["step"])

    async def _measured(self, step: int, data: Wire, said: str) -> None:
        loss = data.get("train_loss", data.get("valid_loss"))
        kind = "training" if "train_loss" in data else "validation"
        await self._database.write(
            tuning.add_event,
            self._job.owner,
            self._job.id,
            f"{said}: {kind} loss={loss:.2f}",
            data={"step": step, **data},
        )

    async def _estimate(self, step: int) -> None:
        if not self._began_s:
            self._first, self._began_s = step, time.monotonic()
            return
        each_s = (time.monotonic() - self._began_s) / (step - self._first)
        finish = int(time.time() + each_s * (self._steps - step))
        await self._database.write(tuning.note, self._job, {"estimated_finish": finish})

    async def _reached(self, message: Wire) -> None:
        step = message["step"]
        metrics = {"step": step, **_measures("train", message["train"])}
        if "valid" in message:
            checked = _measures("valid", message["valid"])
            await self._measured(step, checked, f"Step {step}/{self._steps}")
            metrics |= checked | {f"full_{name}": value for name, value in checked.items()}

        def record(session: Session, key: str) -> Wire:
            tuning.reach(session, self._job, Reached(step, metrics, key))
            return {}

        await keep(self._database, self._blobs, self._folder / message["adapter"], record)

    async def succeed(self) -> None:
        measured = await self._database.read(tuning.metrics, self._job.owner, self._job.id)
        path = self._folder / "step_metrics.csv"
        size_bytes = await asyncio.to_thread(_write_csv, path, measured)

        def record(session: Session, key: str) -> Wire:
            new = NewFile("step_metrics.csv", "fine-tune-results", size_bytes, key)
            made = files.create(session, self._job.owner, new)
            tuning.succeed(session, self._job, made["id"])
            return made

        await keep(self._database, self._blobs, path, record)


def _measures(kind: str, told: Wire) -> Wire:
    return {f"{kind}_loss": told["loss"], f"{kind}_mean_token_accuracy": told["accuracy"]}


def _write_csv(path: Path, measured: list[Wire]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for data in measured:
            row = data | {"train_accuracy": data.get("train_mean_token_accuracy")}
            writer.writerow([row.get(column, "") for column in COLUMNS])
    return path.stat().st_size


def _check(path: Path, fewest: int) -> None:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            training_file.check(lines, fewest=fewest)
    except UnicodeDecodeError:
        raise training_file.Wrong("The file is no text in UTF-8.") from None


def _status(session: Session, job: Job) -> str | None:
    return tuning.status(session, job.owner, job.id)
