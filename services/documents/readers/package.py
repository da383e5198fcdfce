"""The zip container of DOCX and PPTX, opened so that a bomb in it unpacks no further than a limit."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.documents.refusals import (
    ARCHIVE,
    PROTECTED,
    RICH_TEXT,
    SPREADSHEET,
    Unreadable,
    too_large,
    unsupported,
)

MAX_UNPACKED_BYTES = 256 * 2**20
BLOCK_BYTES = 2**16

OfficeKind = Literal["docx", "pptx"]


@dataclass(frozen=True, slots=True)
class Relation:
    """One part of a package names another: `kind` is the last word of the relationship's type."""

    kind: str
    target: str


class Target:
    """Hears the XML of a part, element by element; a subclass listens to what it needs."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element is over."""

    def data(self, text: str) -> None:
        """Text, in pieces as they come."""

    def close(self) -> None:
        """The part is over."""


class Package:
    """The XML parts of an Office file, by their names without a leading slash."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._members = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}
        self._left_bytes = MAX_UNPACKED_BYTES

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def main_part(self) -> str:
        """The part that the package is about; Unreadable when it is no Office file."""
        if "mimetype" in self:  # OpenDocument and EPUB
            raise unsupported(RICH_TEXT)
        targets = [r.target for r in self.relations("").values() if r.kind == "officeDocument"]
        if not targets or targets[0] not in self:
            raise unsupported(ARCHIVE)
        return targets[0]

    def relations(self, name: str) -> dict[str, Relation]:
        """What the part `name` refers to inside the package, by id; the package itself for an empty name."""
        folder, file = posixpath.split(name)
        part = posixpath.join(folder, "_rels", f"{file}.rels")
        target = _Relations(folder)
        if part in self:
            for _ in self.feed(part, target):
                pass
        return target.found

    def feed(self, name: str, target: Target) -> Iterator[None]:
        """Let `target` hear the XML of a part; stops after each block."""
        from lxml import etree

        # A name without a definition is no reason to fail; a definition is never looked up in a file or the network.
        parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False)
        with self._zip.open(self._counted(self._members[name.lower()])) as stream:
            while block := stream.read(BLOCK_BYTES):
                parser.feed(block)
                yield
        parser.close()

    def _counted(self, info: zipfile.ZipInfo) -> zipfile.ZipInfo:
        """The member, if all that is read unpacks to no more than the limit; no member yields more than it declares."""
        if info.flag_bits & 0x1:
            raise Unreadable(PROTECTED)
        self._left_bytes -= info.file_size
        if self._left_bytes < 0:
            raise too_large(MAX_UNPACKED_BYTES, "unpacks to")
        return info


def office_kind(path: Path) -> OfficeKind:
    """Whether a zip file is a DOCX or a PPTX; Unreadable when it is neither."""
    folder = Package(path).main_part().lower().partition("/")[0]
    if folder == "xl":
        raise unsupported(SPREADSHEET)
    kinds: dict[str, OfficeKind] = {"word": "docx", "ppt": "pptx"}
    if folder not in kinds:
        raise unsupported(ARCHIVE)
    return kinds[folder]


def local_name(tag: str) -> str:
    """The name without its namespace: the transitional and the strict format differ in nothing else here."""
    return tag.rpartition("}")[2]


class _Relations(Target):
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: dict[str, Relation] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if local_name(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = Relation(kind, target.lstrip("/"))
