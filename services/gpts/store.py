"""The GPTs of one owner, kept with the person's preferences, and as files for others."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from services.errors import InvalidInput, NotFound
from services.gpts.picture import picture_in_file
from services.gpts.records import Gpt, checked
from services.storage.preferences import Preferences
from services.turns import new_id

PREFIX = "gpt/"
MAX_GPTS = 200
KIND, VERSION = "tandem.gpt", 1
MAX_FILE_BYTES = 500_000
TEXTS = ("name", "description", "icon", "instructions", "model", "picture")
LISTS = ("starters", "tools")


class Gpts:
    """Saved GPTs; nobody else's can be seen or changed through it."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def all(self) -> list[Gpt]:
        """Every GPT by name."""
        found = [_gpt(told) for told in self._preferences.all(PREFIX).values()]
        return sorted(found, key=lambda gpt: gpt.name.casefold())

    def get(self, gpt_id: str) -> Gpt:
        """The GPT with this id. Raises NotFound."""
        told = self._preferences.get(PREFIX + gpt_id) if 0 < len(gpt_id) <= 64 else None
        if told is None:
            raise NotFound(
                "There is no such GPT here. It may have been deleted, or be another installation's."
            )
        return _gpt(told)

    def save(self, gpt: Gpt) -> Gpt:
        """Keep a GPT, in place of an earlier one with its id. Raises InvalidInput."""
        kept = checked(gpt)
        others = [one for one in self._preferences.all(PREFIX) if one != PREFIX + kept.id]
        if len(others) >= MAX_GPTS:
            raise InvalidInput(f"{MAX_GPTS} GPTs are the most. Delete one first.")
        self._preferences.set(PREFIX + kept.id, asdict(kept))
        return kept

    def delete(self, gpt_id: str) -> None:
        """Forget a GPT. Its conversations, assistants and files stay."""
        self._preferences.delete(PREFIX + gpt_id)

    def duplicate(self, gpt: Gpt) -> Gpt:
        """A copy under another name."""
        return self.save(replace(gpt, id=new_id("gpt"), name=f"{gpt.name[:70]} (copy)"))


def to_file(gpt: Gpt) -> bytes:
    """The GPT as a file for others. Its knowledge stays here."""
    told = {name: value for name, value in asdict(gpt).items() if name not in ("id", "knowledge")}
    return json.dumps({"kind": KIND, "version": VERSION, "gpt": told}, ensure_ascii=False, indent=2).encode()


def from_file(data: bytes) -> Gpt:
    """A GPT from `to_file`, with a new id, not saved yet. Raises InvalidInput."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"The file has {len(data):,} bytes; a GPT has at most {MAX_FILE_BYTES:,}.")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The file is no JSON. Share a GPT from Tandem, and open that file.") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise InvalidInput("The file is no GPT that was shared from Tandem.")
    if document.get("version") != VERSION:
        raise InvalidInput("The file was made by another version of Tandem. Update, or have it shared again.")
    told = document.get("gpt")
    if not isinstance(told, dict) or not _has_right_types(told):
        raise InvalidInput("The file is damaged: a part of the GPT is missing or of another kind.")
    picture = picture_in_file(told.get("picture", ""))
    return checked(_gpt({**told, "id": new_id("gpt"), "knowledge": None, "picture": picture}))


def _has_right_types(told: dict[str, Any]) -> bool:
    lists = [told.get(name, []) for name in LISTS]
    return (
        isinstance(told.get("name"), str)
        and all(isinstance(told.get(name, ""), str) for name in TEXTS)
        and all(isinstance(given, list) and all(isinstance(one, str) for one in given) for given in lists)
    )


def _gpt(told: dict[str, Any]) -> Gpt:
    return Gpt(
        id=told["id"],
        name=told["name"],
        description=told.get("description", ""),
        icon=told.get("icon", ""),
        instructions=told.get("instructions", ""),
        starters=tuple(told.get("starters", ())),
        tools=tuple(told.get("tools", ())),
        knowledge=told.get("knowledge"),
        model=told.get("model", ""),
        picture=told.get("picture", ""),
    )
