"""What is turned into code, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.tools.base import Tool
from services.turns import Mode


class Target(StrEnum):
    """What a talk may be written as."""

    PYTHON = "python"
    CURL = "curl"
    LANGCHAIN = "langchain"
    FASTAPI = "fastapi"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A talk: how it is asked, and what the person said. `answers` are those so far, in the order of `messages`.

    `built_in` are file_search and code_interpreter, `files` names of files that lie beside the program, `parameters` as
    the mode's API spells them. In Responses, what is on the server already may be named: vector stores, files for the
    code interpreter, and the conversation to go on with.
    """

    mode: Mode
    base_url: str
    model: str
    messages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    instructions: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    built_in: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    store_ids: tuple[str, ...] = ()
    file_ids: tuple[str, ...] = ()
    conversation_id: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """The messages; a greeting where nothing was said yet."""
        return self.messages or ("Hello",)


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs as it is. `needs` are packages to install, `notes` sentences to read before."""

    filename: str
    language: str
    text: str
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lines_of_code(self) -> int:
        """Lines that hold code: neither blank nor a comment."""
        lines = (line.strip() for line in self.text.splitlines())
        return sum(1 for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class NoProgram:
    """Why there is no program for this mode and target, in a sentence."""

    reason: str
