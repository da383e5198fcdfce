"""Token counts without a network: how long a text or a request is for a model.

Text counts are exact for OpenAI's models, retired ones included. For every other model (the local one,
Llama, Mistral …) they are an estimate with OpenAI's newest tokenizer, close for English and further off for
other scripts. A whole request is an estimate everywhere: servers add a few tokens of their own.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from services.turns import Attachment, Message, ToolCall

if TYPE_CHECKING:
    from bpe_openai._bindings import PyTokenizer

Encoding = Literal["o200k_base", "cl100k_base"]

TOKENS_PER_MESSAGE = 3
TOKENS_OF_REPLY_PRIMING = 3
TOKENS_PER_TOOL = 7
IMAGE_BASE_TOKENS = 85
IMAGE_TILE_TOKENS = 170
PIECE_CHARACTERS = 2**18

_OLDER_MODELS = ("gpt-4", "gpt-3.5", "gpt-35", "text-embedding")
_NEWER_GPT_4 = ("gpt-4o", "gpt-4.1", "gpt-4.5")


def encoding_for(model: str) -> Encoding:
    """The encoding OpenAI uses for `model`; o200k_base when the model is not one of OpenAI's older ones."""
    name = model.removeprefix("ft:").rsplit("/", 1)[-1]
    if name.startswith(_OLDER_MODELS) and not name.startswith(_NEWER_GPT_4):
        return "cl100k_base"
    return "o200k_base"


def count(text: str, model: str = "") -> int:
    """Tokens of `text`: exact for OpenAI's models, an estimate for all others.

    Text that looks like a special token (`<|endoftext|>`) is counted as the plain text it is.
    """
    return _tokenizer(encoding_for(model)).count(_encodable(text)) if text else 0


def count_messages(
    messages: Sequence[Message], model: str = "", tools: Sequence[Mapping[str, Any]] = ()
) -> int:
    """An estimate of the prompt tokens of a chat request; within a few tokens for plain text.

    3 tokens a message and 3 to prime the reply; our messages have no names.
    Source: OpenAI cookbook, "How to count tokens with tiktoken".
    """
    total = sum(_count_message(message, model) for message in messages)
    total += sum(TOKENS_PER_TOOL + count(json.dumps(tool, ensure_ascii=False), model) for tool in tools)
    return total + TOKENS_OF_REPLY_PRIMING


def offsets(text: str, model: str = "") -> Sequence[int]:
    """The character at which each token of `text` starts, 4 bytes a token; a place to cut at, therefore.

    A token that starts inside a character, as in rare scripts and emoji, counts as starting at the next one. A long
    text is taken in pieces of whole lines, which may add a token here and there.
    """
    encoding = encoding_for(model)
    tokenizer, characters = _tokenizer(encoding), _characters_of_tokens(encoding)
    starts = array("I")
    for piece_start, piece in _pieces(_encodable(text)):
        lengths = map(characters.__getitem__, tokenizer.encode(piece))
        starts.extend(accumulate(lengths, initial=piece_start))
        starts.pop()  # the end of the piece
    return starts


def decode(ids: Sequence[int], model: str = "") -> str:
    """The text of token `ids`; a number that is no token, or half a character, becomes U+FFFD."""
    vocabulary = _vocabulary(encoding_for(model))
    return b"".join(_token_bytes(i, vocabulary) for i in ids).decode("utf-8", errors="replace")


def _count_message(message: Message, model: str) -> int:
    calls = sum(_count_call(call, model) for call in message.tool_calls)
    files = sum(_count_attachment(attachment, model) for attachment in message.attachments)
    return TOKENS_PER_MESSAGE + count(message.role, model) + count(message.content, model) + calls + files


def _count_call(call: ToolCall, model: str) -> int:
    return TOKENS_PER_TOOL + count(call.name, model) + count(call.arguments, model)


def _count_attachment(attachment: Attachment, model: str) -> int:
    if attachment.is_image:
        return _count_image(attachment.data)
    if not attachment.media_type.startswith("text/"):
        return count(attachment.filename, model)  # what only a server's tools read is no text of a request
    text = attachment.data.decode("utf-8", errors="replace")
    fence_tokens = 4
    return count(attachment.filename, model) + fence_tokens + count(text, model)


def _count_image(data: bytes) -> int:
    """Tiles of 512 px after OpenAI's scaling. Source: OpenAI's guide "Images and vision"."""
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as image:
            width, height = image.size
    except (OSError, Image.DecompressionBombError):
        width = height = 1024
    scale = min(1.0, 2048 / max(width, height, 1))
    scale = min(scale, 768 / max(min(width, height), 1))
    tiles = -(-round(width * scale) // 512) * -(-round(height * scale) // 512)
    return IMAGE_BASE_TOKENS + IMAGE_TILE_TOKENS * max(tiles, 1)


@cache
def _tokenizer(encoding: Encoding) -> PyTokenizer:
    # The package's public wrapper has no count(), only encode(); the tokenizer below it has one.
    from bpe_openai._bindings import tokenizer_for_encoding

    return tokenizer_for_encoding(encoding)


@cache
def _vocabulary(encoding: Encoding) -> tuple[bytes, ...]:
    """Each token's bytes: the tokenizer's own decode() crashes on a number it does not know."""
    from bpe_openai import get_encoding

    return tuple(get_encoding(encoding).token_byte_values())


@cache
def _characters_of_tokens(encoding: Encoding) -> tuple[int, ...]:
    """How many characters start in each token: the bytes that do not continue one in UTF-8."""
    return tuple(sum(byte & 0xC0 != 0x80 for byte in token) for token in _vocabulary(encoding))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = start + PIECE_CHARACTERS
        end = (text.rfind("\n", start, end) + 1 or end) if end < len(text) else len(text)
        yield start, text[start:end]
        start = end


def _token_bytes(token: int, vocabulary: Sequence[bytes]) -> bytes:
    known = vocabulary[token] if 0 <= token < len(vocabulary) else b""
    return known or "\ufffd".encode()


def _encodable(text: str) -> str:
    """`text` with lone surrogates replaced; they exist in Python strings but in no tokenizer."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
