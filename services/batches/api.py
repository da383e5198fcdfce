"""The batches of a server as a page uses them, over the openai SDK."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, cast

from services.batches.lines import BYTE_ORDER_MARK, WINDOW
from services.batches.records import BatchView, as_batch
from services.errors import InvalidInput
from services.sdk import SdkApi

if TYPE_CHECKING:
    from openai.types.batch_create_params import BatchCreateParams

MOST_LISTED = 50
MOST_DOWNLOADED_BYTES = 200_000_000


class BatchesApi(SdkApi):
    """Batches and their files. All of it raises AppError."""

    def all(self) -> list[BatchView]:
        """The newest fifty, the newest first."""
        with self._speaking() as client:
            return [
                as_batch(one.to_dict()) for one in islice(client.batches.list(limit=MOST_LISTED), MOST_LISTED)
            ]

    def create(self, data: bytes, endpoint: str) -> BatchView:
        """A new batch of these lines."""
        with self._speaking() as client:
            file = client.files.create(
                file=("batch.jsonl", data.removeprefix(BYTE_ORDER_MARK)), purpose="batch"
            )
            body = cast(
                "BatchCreateParams",
                {"input_file_id": file.id, "endpoint": endpoint, "completion_window": WINDOW},
            )
            return as_batch(client.batches.create(**body).to_dict())

    def cancel(self, batch_id: str) -> BatchView:
        """Stop a batch; what was answered is kept."""
        with self._speaking() as client:
            return as_batch(client.batches.cancel(batch_id).to_dict())

    def content(self, file_id: str) -> bytes:
        """An output or error file."""
        with self._speaking() as client, client.files.with_streaming_response.content(file_id) as answer:
            data = bytearray()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > MOST_DOWNLOADED_BYTES:
                    raise InvalidInput("The file is too large to be brought here. Download it with the SDK.")
            return bytes(data)
