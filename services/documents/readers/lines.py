"""Paragraphs, list items and table rows, written as plain lines."""

from __future__ import annotations


class Lines:
    """A text that is being written: a blank line between paragraphs, none inside lists and tables.

    A table row becomes one line, `cell | cell`. The lines of a row's only cell stay lines: such tables are layout.
    """

    def __init__(self) -> None:
        self._written: list[str] = []
        self._rows: list[list[list[tuple[str, bool]]]] = []
        self._is_first = True
        self._after_tight = False
        self.size = 0

    def add(self, text: str, *, tight: bool = False) -> None:
        """A paragraph; `tight` ones follow each other without a blank line."""
        text = text.strip("\n")
        if not text.strip():
            return
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append((text, tight))
        else:
            self._write(text, tight)

    def start_row(self) -> None:
        """From here on, lines belong to the cells of a row."""
        self._rows.append([])

    def start_cell(self) -> None:
        """The next cell of the row, if one is open."""
        if self._rows:
            self._rows[-1].append([])

    def end_row(self) -> None:
        """Write the row, into the cell around it if it stands in one."""
        cells = self._rows.pop() if self._rows else []
        if len(cells) == 1:
            for text, tight in cells[0]:
                self.add(text, tight=tight)
        elif any(cells):
            self.add(" | ".join(" ".join(" ".join(t for t, _ in cell).split()) for cell in cells), tight=True)

    def end_block(self) -> None:
        """A list or table is over: a blank line follows."""
        self._after_tight = False

    def take(self) -> str:
        """What was written since the last time."""
        text = "".join(self._written)
        self._written.clear()
        self.size = 0
        return text

    def _write(self, text: str, tight: bool) -> None:
        gap = "" if self._is_first else "\n" if tight and self._after_tight else "\n\n"
        self._written.append(gap + text)
        self.size += len(text)
        self._is_first, self._after_tight = False, tight
