"""What a prompt asks for: subjects with counts, colours and relations, a place, a time of day, weather and a style."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from services.engines.illustrator.icons import _NO_THINGS, Embed, IconSet
from services.engines.illustrator.lexicon import Lexicon, is_person, lexicon, singular

LONGEST_PHRASE = 5
MOST_OF_ONE = 12
MOST_SUBJECTS = 9
READ_WORDS = 160
NEAR_ADJECTIVE = 0.8
HELD_AT_MOST_M = 0.75

_WORDS = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of thing in the scene. `relation` holds what it has to do with the subject number `to`."""

    drawing: str
    word: str
    count: int = 1
    colour: str | None = None
    scale: float = 1.0
    relation: str | None = None
    to: int | None = None
    is_nearest: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as the illustrator understood it; None where it says nothing."""

    subjects: tuple[Subject, ...]
    place: str | None = None
    time: str | None = None
    weather: str | None = None
    style: str | None = None
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    icons: IconSet
    embed: Embed | None
    words: Lexicon
    tokens: list[str]
    subjects: list[Subject] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    relation: str | None = None
    related: list[int] = field(default_factory=list)
    count: int = 0
    colour: str | None = None
    scale: float = 1.0
    found: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def read(self) -> Reading:
        at = 0
        while at < len(self.tokens):
            at += self._step(at)
        if self.colour == "orange" and not self.subjects:
            self._add("tangerine", "orange")
        found = self.found.get
        return Reading(
            tuple(self.subjects),
            found("place"),
            found("time"),
            found("weather"),
            found("style"),
            tuple(self.unknown),
        )

    def _step(self, at: int) -> int:
        """Take the longest phrase that starts here; how many words it has."""
        for length in range(min(LONGEST_PHRASE, len(self.tokens) - at), 0, -1):
            phrase = " ".join(self.tokens[at : at + length])
            if self._take(phrase, length):
                return length
        self._guess(at)
        return 1

    def _take(self, phrase: str, length: int) -> bool:
        takers: tuple[Callable[[str], bool], ...] = (
            self._relation,
            self._setting,
            self._place,
            self._quality,
            self._thing,
        )
        if any(take(phrase) for take in takers):
            return True
        return length == 1 and phrase in self.words.passed_over

    def _relation(self, phrase: str) -> bool:
        relation = (
            "and"
            if phrase in ("and", "plus")
            else "with"
            if phrase == "with"
            else self.words.relations.get(phrase)
        )
        if relation is None:
            return False
        if relation == "and":
            self.relation, self.related = None, []
        else:
            self.relation, self.related = relation, list(self.group)
            self.group = []
        return True

    def _setting(self, phrase: str) -> bool:
        for kind, names in (
            ("style", self.words.styles),
            ("time", self.words.times),
            ("weather", self.words.weathers),
        ):
            if (name := names.get(phrase)) is not None:
                if name == "snowfall" and (
                    self.relation in ("in", "on") or phrase in ("winter", "wintry", "snowy")
                ):
                    self.found["snowy"] = "snow"
                self.found.setdefault(kind, name)
                self._forget()
                return True
        return False

    def _place(self, phrase: str) -> bool:
        if phrase in ("the moon", "mars") and self.relation == "on":
            self.found["place"] = "lunar"
            self._forget()
            return True
        name = self.words.places.get(phrase) or self.words.places.get(singular(phrase))
        if name is None or (
            name == "clouds" and phrase in ("clouds", "air") and self.relation not in ("in", "over")
        ):
            return False
        is_thing_too = self._drawing(phrase) is not None
        if is_thing_too and self.relation not in ("in", "on") and phrase not in ("mountain", "mountains"):
            return False
        known = self.found.get("place")
        if known is None or known == "clouds" or (known, name) == ("sea", "beach"):
            self.found["place"] = name
        self._forget()
        return True

    def _quality(self, phrase: str) -> bool:
        words = self.words
        if phrase.isdigit():
            self.count = max(1, min(int(phrase), MOST_OF_ONE))
        elif phrase in words.counts:
            self.count = words.counts[phrase]
        elif phrase in words.colours:
            self.colour = phrase
        elif phrase in words.sizes:
            self.scale = words.sizes[phrase]
        else:
            return False
        return True

    def _thing(self, phrase: str) -> bool:
        drawing = self._drawing(phrase)
        if drawing is None:
            return False
        self._add(drawing, phrase)
        return True

    def _drawing(self, phrase: str) -> str | None:
        if phrase in self.words.passed_over:
            return None
        head, _, last = phrase.rpartition(" ")
        for spoken in (phrase, f"{head} {singular(last)}".strip()):
            if spoken in self.words.names:
                return self.words.names[spoken]
            name = spoken.replace(" ", "-")
            if (
                name in self.icons
                and not name.startswith("+")
                and (not _NO_THINGS.search(name) or is_person(name))
            ):
                return name
        return None

    def _guess(self, at: int) -> None:
        """A word that nothing is named after: the thing nearest in meaning, if there is one."""
        word = self.tokens[at]
        if len(word) < 3 or word.endswith(("ing", "ly", "ed")) or self.embed is None:
            if word.isalpha() and len(word) > 2:
                self.unknown.append(word)
            return
        nearest = self.icons.nearest(singular(word), self.embed)
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else ""
        describes = bool(following) and (
            self._drawing(following) is not None or following in self.words.places
        )
        if nearest is None or (describes and nearest[1] < NEAR_ADJECTIVE):
            self.unknown.append(word)
            return
        self._add(nearest[0], word, is_nearest=True)

    def _add(self, drawing: str, phrase: str, *, is_nearest: bool = False) -> None:
        if len(self.subjects) >= MOST_SUBJECTS:
            self.unknown.append(phrase)
            return
        if drawing in self.words.clothes and self._is_worn(phrase):
            return
        own = self.words.own_colours.get(phrase) or self.words.own_colours.get(singular(phrase))
        is_plural = (
            phrase.replace(" ", "-") != drawing
            and drawing not in ("glasses", "sunglasses", "books")
            and singular(phrase.rpartition(" ")[2]) != phrase.rpartition(" ")[2]
        )
        colour = self.colour if drawing != "tangerine" else None
        colour = colour or own
        new = Subject(
            drawing, phrase, self.count or (3 if is_plural else 1), colour, self.scale, is_nearest=is_nearest
        )
        self.subjects.append(new)
        number = len(self.subjects) - 1
        self._relate(number)
        self.group.append(number)
        self.count, self.colour, self.scale = 0, None, 1.0

    def _is_worn(self, phrase: str) -> bool:
        """Clothes in the colour that was said, for whoever was named before; False where nobody was."""
        wearers = [i for i in self.related or self.group if is_person(self.subjects[i].drawing)]
        if self.relation not in ("in", "wearing", "with") or not wearers:
            return False
        for i in wearers:
            self.subjects[i] = replace(self.subjects[i], colour=self.colour or self.subjects[i].colour)
        self.group, self.relation, self.related = wearers, None, []
        self.count, self.colour, self.scale = 0, None, 1.0
        return True

    def _relate(self, number: int) -> None:
        relation, related = self.relation, [i for i in self.related if i != number]
        self.relation, self.related = None, []
        new = self.subjects[number]
        if (
            relation is None
            and number
            and new.drawing in self.words.wearable
            and self.subjects[number - 1].relation == "wearing"
        ):
            self.subjects[number] = replace(new, relation="wearing", to=self.subjects[number - 1].to)
        if relation is None or not related or self.words.habitats.get(new.drawing) == "sky":
            return
        last = related[-1]
        if relation in ("with", "wearing", "in") and new.drawing in self.words.wearable:
            relation = "wearing"
        elif relation == "with":
            relation = "holding" if self._can_hold(self.subjects[last], new) else "beside"
        elif relation == "holding" and not self._can_hold(self.subjects[last], new):
            relation = "beside"
        if relation in ("wearing", "holding", "beside"):
            self.subjects[number] = replace(new, relation=relation, to=last)
            return
        for other in related:
            if (other_is := self.subjects[other]).to is None:
                if (
                    relation == "in"
                    and new.drawing in _BOWLS
                    and self.words.habitats.get(other_is.drawing) == "depths"
                ):
                    self.subjects[number] = replace(new, drawing="+fish-bowl")
                self.subjects[other] = replace(self.subjects[other], relation=relation, to=number)

    def _can_hold(self, holder: Subject, held: Subject) -> bool:
        size = self.words.size_m(held.drawing)
        is_alive = is_person(holder.drawing) or self.words.habitats.get(holder.drawing) in _ALIVE
        return (is_alive or holder.drawing in _ANIMATE) and size <= HELD_AT_MOST_M and held.count == 1

    def _forget(self) -> None:
        """A setting is no subject: what was said before it ends here."""
        self.group = self.related or self.group
        self.relation, self.related = None, []
        self.count, self.colour, self.scale = 0, None, 1.0


_BOWLS = frozenset(("bowl-with-spoon", "steaming-bowl"))
_ALIVE = frozenset(("savanna", "forest"))
_ANIMATE = frozenset(
    [
        "dog",
        "cat",
        "black-cat",
        "rabbit",
        "penguin",
        "panda",
        "bear",
        "polar-bear",
        "teddy-bear",
        "robot",
        "alien",
        "ghost",
        "monkey",
        "koala",
        "pig",
        "cow",
        "mouse",
        "boy",
        "girl",
        "child",
        "baby",
        "astronaut",
        "t-rex",
        "sauropod",
        "dragon",
        "snowman",
        "frog",
        "hamster",
        "otter",
        "sloth",
        "kangaroo",
        "tiger",
        "santa-claus",
    ]
)


def read_prompt(prompt: str, icons: IconSet, embed: Embed | None) -> Reading:
    """What `prompt` asks for; `embed` finds things by nearest meaning, and without it only names are known."""
    text = prompt.lower().replace("’", "'").replace("'s", "").replace("-", " ")
    tokens = _WORDS.findall(re.sub(r"[,;.!?:]", " and ", text))[:READ_WORDS]
    while tokens and tokens[-1] == "and":
        tokens.pop()
    return _Reader(icons, embed, lexicon(), tokens).read()
