"""Form uploads, written to disk as they arrive: a file of 512 MB takes no memory to speak of."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request

from services.server.errors import ApiError
from services.storage.failures import folder_failure

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartParser

LONGEST_FIELD_BYTES = 64 * 1024
MOST_FIELDS = 64
MOST_EXTRA_BYTES = 2**20
"""What the rest of a form may take beside its file."""
WRITE_AT_ONCE_BYTES = 2**20


@dataclass(slots=True)
class Form:
    """What arrived: the fields, and one file with its name and size, which is removed when the `with` ends.

    `lists` has the values of names such as `include[]`, in their order; `fields` has the last of each.
    """

    fields: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    path: Path | None = None
    filename: str = ""
    size_bytes: int = 0

    def __enter__(self) -> Form:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Remove the file, unless it was taken over."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def encoded(form: Form, file_field: str) -> tuple[bytes, str]:
    """The form as it came, and its content type. Blocks for as long as it takes to read the file."""
    boundary = uuid.uuid4().hex
    single = [(name, value) for name, value in form.fields.items() if name not in form.lists]
    several = [(name, value) for name, values in form.lists.items() for value in values]
    parts = [_part(boundary, _quoted(name), value.encode()) for name, value in (*single, *several)]
    if form.path is not None:
        named = f'{_quoted(file_field)}; filename="{_quoted(form.filename or "file")}"'
        parts.append(_part(boundary, named, form.path.read_bytes()))
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, named: str, value: bytes) -> bytes:
    name, *more = named.split("; ", 1)
    rest = f"; {more[0]}\r\nContent-Type: application/octet-stream" if more else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{rest}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _quoted(name: str) -> str:
    """Without what could end a header. Source: the encoding algorithm of the HTML standard."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def read_form(request: Request, file_field: str, folder: Callable[[], Path], max_bytes: int) -> Form:
    """The form of a request, its file in `folder`. ApiError 400 for what is no form, 413 for a file over `max_bytes`."""
    receiver = _Receiver(file_field, await asyncio.to_thread(folder), max_bytes)
    _check_announced(request, max_bytes)
    parser, received_bytes = _parser(request, receiver), 0
    try:
        async for piece in request.stream():
            received_bytes += len(piece)
            if received_bytes > max_bytes + MOST_EXTRA_BYTES:
                raise too_large(max_bytes)
            _feed(parser, piece)
            if receiver.waiting_bytes >= WRITE_AT_ONCE_BYTES:
                await asyncio.to_thread(receiver.write)
        await asyncio.to_thread(receiver.close)
    except BaseException as error:
        receiver.give_up()
        if isinstance(error, ClientDisconnect):
            raise ApiError(400, "The connection closed before the whole body had arrived.") from None
        if isinstance(error, OSError):
            raise folder_failure(receiver.folder, error) from error
        raise
    if not receiver.is_complete:
        receiver.give_up()
        raise _no_form()
    return receiver.form


def _check_announced(request: Request, max_bytes: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes + MOST_EXTRA_BYTES:
        raise too_large(max_bytes)


def _parser(request: Request, receiver: _Receiver) -> MultipartParser:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        if kind == b"multipart/form-data" and options.get(b"boundary"):
            return MultipartParser(options[b"boundary"], receiver.callbacks())  # type: ignore[arg-type]
    except FormParserError:
        pass  # a boundary longer than any may be
    raise ApiError(
        400,
        "Invalid content type. This API method expects 'multipart/form-data' with a boundary.",
        code="unsupported_content_type",
    )


def _feed(parser: MultipartParser, piece: bytes) -> None:
    from python_multipart.exceptions import MultipartParseError

    try:
        parser.write(piece)
    except MultipartParseError:
        raise _no_form() from None


class _Receiver:
    """Takes the parser's events: fields into memory, the file into a buffer that is written in large pieces."""

    def __init__(self, file_field: str, folder: Path, max_bytes: int) -> None:
        self.form = Form()
        self.folder = folder
        self.is_complete = False
        self._file_field, self._max_bytes = file_field, max_bytes
        self._file: IO[bytes] | None = None
        self._header, self._headers = b"", dict[str, bytes]()
        self._value, self._name, self._is_file = bytearray(), "", False
        self._waiting = bytearray()

    @property
    def waiting_bytes(self) -> int:
        return len(self._waiting)

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add_header(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_value,
            "on_part_data": lambda data, start, end: self._add(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def write(self) -> None:
        """Put what is waiting onto the disk. Blocks. Raises OSError."""
        if self._waiting and self._file is not None:
            self._file.write(self._waiting)
            self._waiting.clear()

    def close(self) -> None:
        """Write the rest. Blocks. Raises OSError."""
        self.write()
        if self._file is not None:
            self._file.close()

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            self._file.close()
        self.form.discard()

    def _begin(self) -> None:
        self._header, self._headers = b"", {}
        self._value = bytearray()

    def _add_header(self, data: bytes) -> None:
        self._header += data

    def _end_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = bytes(self._value)
        self._header, self._value = b"", bytearray()

    def _begin_value(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == self._file_field
        self._value = bytearray()
        if self._is_file:
            if self._file is not None:
                raise ApiError(400, f"Only one '{self._file_field}' can be sent at a time.", param=self._name)
            self.form.filename = options.get(b"filename", b"").decode("utf-8", "replace")
            self._file = tempfile.NamedTemporaryFile(dir=self.folder, delete=False)  # noqa: SIM115
            self.form.path = Path(self._file.name)

    def _add(self, data: bytes) -> None:
        if not self._is_file:
            self._value += data
            if len(self._value) > LONGEST_FIELD_BYTES:
                raise ApiError(400, f"The field '{self._name}' is too long.", param=self._name)
            return
        self.form.size_bytes += len(data)
        if self.form.size_bytes > self._max_bytes:
            raise too_large(self._max_bytes)
        self._waiting += data

    def _end(self) -> None:
        if self._is_file:
            return
        if len(self.form.fields) + sum(map(len, self.form.lists.values())) >= MOST_FIELDS:
            raise ApiError(400, "The form has too many fields.")
        value = self._value.decode("utf-8", "replace")
        self.form.fields[self._name] = value
        if self._name.endswith("[]"):
            self.form.lists.setdefault(self._name, []).append(value)

    def _complete(self) -> None:
        self.is_complete = True


def too_large(max_bytes: int) -> ApiError:
    """413 for a file over the limit."""
    message = (
        f"The file is larger than {max_bytes // 2**20} MB, which is the most that can be uploaded at once."
    )
    return ApiError(413, message, code="file_too_large", param="file")


def _no_form() -> ApiError:
    return ApiError(
        400, "We could not parse the form of your request: it is no complete 'multipart/form-data'."
    )
