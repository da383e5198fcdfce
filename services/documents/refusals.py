"""What is said of a file that is not read: after its name, and always with what to do instead."""

from __future__ import annotations

from typing import Literal

MAX_CHARACTERS = 20_000_000  # about the 5,000,000 tokens that OpenAI takes for file_search
MAX_PAGES = 5_000

Code = Literal["unsupported_file", "invalid_file", "password_needed"]


class Refusal(Exception):
    """What a child process will not do: what it says, and a code."""

    def __init__(self, says: str, code: str) -> None:
        super().__init__(says)
        self.says = says
        self.code = code


class Unreadable(Refusal):
    """A file that is not read: the rest of a sentence that begins with its name, and a code."""

    code: Code

    def __init__(self, says: str, code: Code = "invalid_file") -> None:
        super().__init__(says, code)


NO_TEXT = (
    "holds no text that can be read here. Upload a PDF, DOCX, PPTX, HTML, Markdown, CSV, JSON or text file."
)
PICTURE = "is a picture and holds no text for a search. Attach it to a message instead."
RECORDING = "is a recording. Transcribe it and upload the text."
ARCHIVE = "is an archive. Unpack it and upload the files in it."
SPREADSHEET = "is a spreadsheet. Save it as CSV and upload that."
RICH_TEXT = "is in a format that is not read here. Save it as DOCX or PDF and upload that."
OLD_OFFICE = "is in an old Office format. Save it as DOCX, PPTX or CSV and upload that."

EMPTY = "is empty. Upload a file with something in it."
WITHOUT_WORDS = "holds no text. Upload a file with something in it."
ONLY_PICTURES = "holds only pictures of pages, and no text could be recognised in them. Scan it anew, sharper, and upload that."
PROTECTED = "is protected by a password. Save it without one and upload that."
DOES_NOT_OPEN = "does not open with this password. Type it again; capitals matter."
LOCKED_OFFICE = "is protected by a password, or in an old Office format. Save it without one, as DOCX or PPTX, and upload that."
DAMAGED = "cannot be read; it may be damaged. Save it anew and upload that."
FATAL = "cannot be read: it is damaged, or takes too much memory. Save it anew, or split it, and upload that."
TOO_SLOW = "takes too long to read. Split it, or save it anew, and upload that."

TOO_HEAVY_TO_SHOW = "cannot be shown: it is damaged, or takes too much memory. Download it and open it there."
TOO_SLOW_TO_SHOW = "takes too long to show. Download it and open it there."


def unsupported(says: str) -> Unreadable:
    """A kind of file that holds no text for us."""
    return Unreadable(says, "unsupported_file")


def locked() -> Unreadable:
    """A PDF that opens with a password only."""
    return Unreadable(PROTECTED, "password_needed")


def too_long() -> Unreadable:
    """The text passes MAX_CHARACTERS."""
    millions = MAX_CHARACTERS // 10**6
    return _past_limit(f"holds more than {millions} million characters of text")


def too_large(limit_bytes: int, does: str = "has") -> Unreadable:
    """The file, or what it unpacks to, passes a limit."""
    return _past_limit(f"{does} more than {limit_bytes // 2**20} MB")


def too_many_pages(count: int, noun: str) -> Unreadable:
    """The document passes MAX_PAGES."""
    return _past_limit(f"has {count:,} {noun}; at most {MAX_PAGES:,} are read")


def no_such_page(page: int, count: int) -> Unreadable:
    """The page lies past the end, as when the file is another one by now."""
    pages = "1 page" if count == 1 else f"{count:,} pages"
    return Unreadable(f"has {pages}, so there is no page {page:,}. Choose one that is there.")


def _past_limit(says: str) -> Unreadable:
    return Unreadable(f"{says}. Split it and upload the parts.")
