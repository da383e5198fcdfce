"""Where each thing of a scene goes: sizes by real scale, rows in perspective, and what stands on, in, under or beside what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from services.engines.illustrator.backdrops import Backdrop
from services.engines.illustrator.icons import IconSet, Outline
from services.engines.illustrator.lexicon import is_person, lexicon
from services.engines.illustrator.paint import HEIGHT
from services.engines.illustrator.reading import Subject

COMPRESSION = 0.36
"""Heights are drawn as the real ones to this power, so that a mouse is still seen beside an elephant."""
LARGE_M = 3.8
SMALLEST_PX = 62.0
USABLE = 0.92
UNDERSTORY = frozenset(
    (
        "deciduous-tree",
        "evergreen-tree",
        "palm-tree",
        "christmas-tree",
        "umbrella-on-ground",
        "+table",
        "+bridge",
        "rainbow",
    )
)
SEATS = {"+bench": 0.62, "chair": 0.5, "couch-and-lamp": 0.55, "bed": 0.45, "bicycle": 0.28, "motorcycle": 0.3, "motor-scooter": 0.35, "sailboat": 0.78, "canoe": 0.3, "+rug": 0.5, "skateboard": 0.1, "horse": 0.42, "camel": 0.4, "elephant": 0.25, "unicorn": 0.45, "giraffe": 0.55, "dragon": 0.45, "deer": 0.5, "cow": 0.3, "ladder": 0.02, "+pond": 0.45}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """One drawing in the picture: the middle of its lower edge, its largest side, and how it meets the ground."""

    drawing: str
    x: float
    y: float
    size: float
    order: float
    colour: str | None = None
    flipped: bool = False
    grounded: bool = True
    afloat: bool = False
    string_to: tuple[float, float] | None = None
    subject: int = 0

    def box(self, outline: Outline) -> tuple[float, float]:
        """Width and height in the picture."""
        scale = self.size / max(outline.width, outline.height)
        return outline.width * scale, outline.height * scale


class Layout:
    """Places the subjects of one prompt over one backdrop."""

    def __init__(self, icons: IconSet, random: Random, width: float, backdrop: Backdrop) -> None:
        self._icons, self._random, self._width, self._backdrop = icons, random, width, backdrop
        self._words = lexicon()

    def place(self, subjects: Sequence[Subject]) -> list[Placed]:
        """Every drawing of the scene, in no order."""
        self._subjects = subjects
        roots = [i for i, s in enumerate(subjects) if s.to is None or not self._is_tree(i)]
        placed: list[Placed] = []
        ground, water, air, sky = (
            [i for i in roots if self._where(i) == kind] for kind in ("ground", "water", "air", "sky")
        )
        placed += self._stand(ground)
        placed += self._swim(water)
        placed += self._hover(air, placed)
        placed += self._hang(sky)
        return [self._within(one) for one in placed]

    def _within(self, one: Placed) -> Placed:
        """Nothing is cut off at the top or the sides."""
        width, height = one.box(self._icons.outline(one.drawing))
        x = min(max(one.x, width / 2 - 10), self._width - width / 2 + 10) if width < self._width else one.x
        return replace(one, x=x, y=max(one.y, min(height + 16, HEIGHT)))

    def _is_tree(self, number: int) -> bool:
        """Whether following `to` ends, so that nothing stands on itself."""
        seen: set[int] = set()
        at: int | None = number
        while at is not None:
            if at in seen:
                return False
            seen.add(at)
            at = self._subjects[at].to
        return True

    def _where(self, number: int) -> str:
        subject = self._subjects[number]
        habitat = self._words.habitats.get(subject.drawing)
        if self._backdrop.floats:
            wet = self._backdrop.water is not None
            if wet and habitat not in ("depths", "sea", None) and habitat not in ("air", "sky"):
                return "ground"
            if wet and (
                habitat in ("depths", "sea")
                or subject.drawing in ("turtle", "seal", "penguin", "otter", "duck")
            ):
                return "ground" if subject.drawing in ("coral", "lobster") else "water"
            return "ground" if wet else "air"
        if habitat in ("sky", "air"):
            return habitat
        if self._backdrop.water and habitat in ("sea", "pond", "depths") and not self._backdrop.is_inside:
            return (
                "water"
                if subject.drawing not in ("frog", "hippopotamus", "crocodile")
                or self._backdrop.horizon < 530
                else "ground"
            )
        return "ground"

    def _relative(self, number: int) -> float:
        subject = self._subjects[number]
        return float(self._words.size_m(subject.drawing) ** COMPRESSION * subject.scale)

    # What stands on the ground

    def _stand(self, roots: list[int]) -> list[Placed]:
        if not roots:
            return []
        units = [(i, k) for i in roots for k in range(self._subjects[i].count)]
        biggest = max(self._relative(i) for i in roots)
        hero = {1: 0.47, 2: 0.42, 3: 0.38, 4: 0.36}.get(len(units), 0.31) * HEIGHT
        if any(self._words.size_m(self._subjects[i].drawing) >= LARGE_M for i in roots):
            hero *= 1.2
        room_px = (self._backdrop.near - 40) if not self._backdrop.is_inside else HEIGHT * 0.8
        unit = min(hero, room_px * 0.9) / biggest
        rows = self._rows(units)
        placed: list[Placed] = []
        for depth, row in rows:
            placed += self._row(row, depth, unit)
        return placed

    def _rows(self, units: list[tuple[int, int]]) -> list[tuple[float, list[tuple[int, int]]]]:
        """Rows from far to near: large things behind, and many things in several rows."""
        large = [u for u in units if self._words.size_m(self._subjects[u[0]].drawing) >= LARGE_M]
        others = [u for u in units if u not in large]
        if not others:
            return self._split(large, 0.3, 0.75)
        if not large:
            return self._split(others, 0.3, 0.9)
        return [*self._split(large, 0.08, 0.3), *self._split(others, 0.6, 0.95)]

    def _split(
        self, units: list[tuple[int, int]], far: float, near: float
    ) -> list[tuple[float, list[tuple[int, int]]]]:
        count = 1 if len(units) <= 4 else 2 if len(units) <= 9 else 3
        if count == 1:
            return [((far + near) / 2 + 0.08, units)]
        rows: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        for number, unit in enumerate(units):
            rows[number % count].append(unit)
        return [(far + (near - far) * r / (count - 1), row) for r, row in enumerate(rows)]

    def _row(self, row: list[tuple[int, int]], depth: float, unit: float) -> list[Placed]:
        horizon, near = self._backdrop.horizon, self._backdrop.near
        scale = 0.74 + 0.32 * depth
        groups = [self._cluster(i, k, unit * scale) for i, k in row]
        widths = [_extent(self._icons, group) for group in groups]
        total = sum(right - left for left, right in widths)
        shrink = min(1.0, self._width * USABLE / max(total, 1))
        spare = self._width * USABLE - total * shrink
        gap = min(spare / max(1, len(row)), self._width * 0.07)
        x = (self._width - total * shrink - gap * (len(row) - 1)) / 2
        if len(row) == 1:
            x += self._random.uniform(-0.06, 0.06) * self._width
        placed: list[Placed] = []
        for group, (left, right) in zip(groups, widths, strict=True):
            y = (
                horizon
                + 22
                + (near - horizon - 30) * min(1.0, max(0.0, depth + self._random.uniform(-0.07, 0.07)))
            )
            jitter = self._random.uniform(-0.22, 0.22) * gap
            for one in group:
                placed.append(
                    replace(
                        one, x=x + (one.x - left) * shrink + jitter, y=y + one.y * shrink, size=one.size * shrink, order=y + one.order,
                        string_to=one.string_to and (x + (one.string_to[0] - left) * shrink + jitter, y + one.string_to[1] * shrink),
                    )
                )  # fmt: skip
            x += (right - left) * shrink + gap
        return placed

    # What belongs together, around (0, 0)

    def _cluster(self, root: int, copy: int, unit: float) -> list[Placed]:
        subject = self._subjects[root]
        jitter = self._random.uniform(0.94, 1.06) if subject.count > 1 else 1.0
        size = max(SMALLEST_PX, self._relative(root) * unit * jitter)
        base = Placed(subject.drawing, 0, 0, size, 0, subject.colour, self._flip(root), subject=root)
        group = [base]
        children = [
            (i, k)
            for i, s in enumerate(self._subjects)
            if s.to == root and i != root and self._is_tree(i)
            for k in range(s.count)
            if k % subject.count == copy or (s.relation == "wearing" and s.count == 1)
        ]
        by_relation: dict[str, list[tuple[int, int]]] = {}
        for child in children:
            by_relation.setdefault(self._subjects[child[0]].relation or "beside", []).append(child)
        for relation, members in by_relation.items():
            base = self._grown(base, relation, members, unit)
            group[0] = base
        for relation, members in by_relation.items():
            for number, child in enumerate(members):
                group += self._joined(base, relation, child, number, len(members), unit)
        return group

    def _grown(self, base: Placed, relation: str, members: list[tuple[int, int]], unit: float) -> Placed:
        """A thing that carries or covers others, made large enough for them."""
        largest = max(self._relative(i) * unit for i, _ in members)
        wide = sum(self._relative(i) * unit * 0.8 for i, _ in members)
        width, _ = base.box(self._icons.outline(base.drawing))
        factor = 1.0
        if relation == "on":
            factor = (
                max(1.0, min(2.2, 0.85 * wide / width))
                if base.drawing not in SEATS or base.drawing == "+rug"
                else max(1.0, min(1.8, 1.1 * largest / base.size))
            )
            if base.drawing == "+rug":
                factor = max(factor, 1.6)
        elif relation == "in" and base.drawing in self._words.containers:
            factor = max(1.0, min(2.4, 1.15 * wide / width))
        elif base.drawing == "+fish-bowl":
            factor = max(1.0, min(2.4, 1.9 * largest / base.size))
        elif relation == "under":
            factor = max(1.0, min(2.4, 1.75 * largest / base.size))
        return replace(base, size=min(base.size * factor, HEIGHT * 0.6))

    def _joined(  # noqa: PLR0912 - one branch for each relation
        self, base: Placed, relation: str, child: tuple[int, int], number: int, count: int, unit: float
    ) -> list[Placed]:
        width, height = base.box(self._icons.outline(base.drawing))
        group = self._cluster(*child, unit)
        first = group[0]
        limit, x, y, order, grounded = HEIGHT, 0.0, 0.0, 1.0, False
        spread = 0.0 if count == 1 else (number / (count - 1) - 0.5)
        match relation:
            case "on":
                limit = max(60.0, 1.15 * width / count) if count > 1 else min(1.5 * width, HEIGHT * 0.4)
                if base.drawing in ("deciduous-tree", "evergreen-tree", "palm-tree"):
                    limit, x, y = base.size * 0.26, (spread or 0.14) * width * 0.6, -height * 0.55
                else:
                    fraction = 0.5 + spread * 0.62
                    seat = SEATS.get(base.drawing, self._icons.outline(base.drawing).top_at(fraction) + 0.02)
                    x, y = (fraction - 0.5) * width, -height * (1 - min(0.8, seat))
            case "in":
                x, y, limit, order = self._inside(base, width, height, spread, count, first)
            case "under":
                limit = base.size * 0.6
                side = self._random.choice((-1, 1)) if count == 1 else 1
                x, y, grounded = (0.16 * side + spread * 0.8) * width, 14.0, True
                if base.drawing == "+table":
                    limit, x = min(0.62 * height, 0.5 * width / count), spread * width * 0.6
            case "behind":
                x, y, order, grounded = (
                    0.34 * width * self._random.choice((-1, 1)),
                    -height * 0.16 - 16,
                    -30.0,
                    True,
                )
                limit = max(base.size * 0.95, first.size)
            case "front":
                x, y, order, grounded = (spread or self._random.choice((-0.2, 0.2))) * width, 46.0, 50.0, True
                limit = base.size * 0.62 if self._words.size_m(base.drawing) >= LARGE_M else HEIGHT
            case "over":
                x, y = spread * width * 1.2 + 0.1 * width, -height - 34.0
                limit = HEIGHT * 0.34
            case "wearing":
                return self._worn(base, group, width, height)
            case "holding":
                return self._held(base, group, width, height)
            case _:
                side = 1 if (number + self._random.randrange(2)) % 2 else -1
                own = first.box(self._icons.outline(first.drawing))[0]
                x, y, order, grounded = (
                    side * (width / 2 + own / 2 + 14 + own * (number // 2)),
                    6.0 * number,
                    2.0,
                    True,
                )
                if self._words.habitats.get(first.drawing) in ("air", "sky"):
                    x, y, grounded = x * 0.8, -height * 0.75 - 30 * (number % 3), False
        shrink = min(1.0, limit / first.size)
        return [
            replace(
                one,
                x=one.x * shrink + x,
                y=one.y * shrink + y,
                size=one.size * shrink,
                order=one.order + order,
                grounded=grounded and one.grounded,
            )
            for one in group
        ]

    def _inside(
        self, base: Placed, width: float, height: float, spread: float, count: int, first: Placed
    ) -> tuple[float, float, float, float]:
        if base.drawing == "+fish-bowl":
            return spread * width * 0.5, -height * 0.22, 0.5 * width / max(1, count) ** 0.5, 1.0
        hidden = self._words.containers.get(base.drawing)
        own = first.box(self._icons.outline(first.drawing))[1] / first.size
        if hidden is not None:
            limit = 0.95 * width / max(1, count) if count > 1 else 0.85 * width
            size = min(limit, first.size)
            top = self._icons.outline(base.drawing).top_at(0.5 + spread * 0.5)
            return spread * width * 0.62, -height * (1 - max(top, 0.12)) + hidden * own * size, limit, -1.0
        if base.drawing in ("deciduous-tree", "evergreen-tree", "palm-tree"):
            return (spread or 0.1) * width * 0.7, -height * 0.52, base.size * 0.26, 1.0
        if base.drawing == "+pond":
            return spread * width * 0.7, -height * 0.25, width * 0.4, 1.0
        return (spread or 0.0) * width * 0.6, -height * 0.04, base.size * 0.42, 1.0

    def _worn(self, base: Placed, group: list[Placed], width: float, height: float) -> list[Placed]:
        outline = self._icons.outline(base.drawing)
        where = self._words.wearable.get(group[0].drawing, "head")
        fractions = [i / 20 for i in range(3, 18)]
        head = min(fractions, key=lambda f: (round(outline.top_at(f) * 12), abs(f - 0.5)))
        is_tall = is_person(base.drawing) and height > width * 1.5
        size = width * (0.62 if is_tall else 0.46)
        down = {"head": 0.05, "eyes": 0.14 if is_tall else 0.24, "neck": 0.3 if is_tall else 0.5}[where]
        size *= {"head": 1.0, "eyes": 0.62, "neck": 0.8}[where]
        x = (head - 0.5) * width * (-1 if base.flipped else 1)
        y = -height * (1 - outline.top_at(head)) + height * down
        if where != "head":
            y += size * 0.25
        return [replace(group[0], x=x, y=y, size=size, order=2, grounded=False, flipped=False)]

    def _held(self, base: Placed, group: list[Placed], width: float, height: float) -> list[Placed]:
        held = group[0]
        hand = (width * 0.42, -height * 0.36)
        if held.drawing in ("balloon", "kite"):
            size = min(held.size * 1.1, height * 0.7)
            at = (width * 0.75, -height * 1.02)
            return [replace(held, x=at[0], y=at[1], size=size, order=-1, grounded=False, string_to=hand)]
        return [
            replace(
                held,
                x=hand[0],
                y=hand[1] + height * 0.14,
                size=min(held.size, 0.36 * height),
                order=2,
                grounded=False,
            )
        ]

    # What is in the water, in the air, in the sky

    def _swim(self, roots: list[int]) -> list[Placed]:
        if not roots or self._backdrop.water is None:
            return []
        top, bottom = self._backdrop.water
        units = [(i, k) for i in roots for k in range(self._subjects[i].count)]
        biggest = max(self._relative(i) for i in roots)
        narrow = bottom - top < 300
        hero = {1: 0.4, 2: 0.33, 3: 0.3}.get(len(units), 0.25) * HEIGHT * (0.62 if narrow else 1.0)
        placed: list[Placed] = []
        count = len(units)
        for number, (i, k) in enumerate(units):
            group = self._cluster(i, k, hero / biggest)
            if self._backdrop.floats:
                x, y = self._scattered(number, count, top + 60, bottom)
                grounded, afloat = False, False
            else:
                x = (
                    self._width * (number + 0.5) / count
                    + self._random.uniform(-0.1, 0.1) * self._width / count
                )
                share = (
                    self._random.uniform(0.25, 0.5)
                    if count == 1
                    else 0.15 + 0.55 * ((number * 2 + 1) % count) / count
                )
                y, grounded, afloat = top + (bottom - top) * share + 20, False, True
            for one in group:
                placed.append(
                    replace(
                        one,
                        x=x + one.x,
                        y=y + one.y,
                        order=y + one.order,
                        grounded=grounded,
                        afloat=afloat and one is group[0],
                    )
                )
        return placed

    def _hover(self, roots: list[int], below: list[Placed]) -> list[Placed]:
        if not roots:
            return []
        units = [(i, k) for i in roots for k in range(self._subjects[i].count)]
        biggest = max(self._relative(i) for i in roots)
        alone = not below
        hero = {1: 0.44, 2: 0.36, 3: 0.31, 4: 0.28}.get(len(units), 0.23) * HEIGHT * (1 if alone else 0.6)
        low = 0.88 * HEIGHT if self._backdrop.floats else (0.8 if alone else 0.55) * self._backdrop.horizon
        placed: list[Placed] = []
        for number, (i, k) in enumerate(units):
            group = self._cluster(i, k, hero / biggest)
            x, y = self._scattered(number, len(units), min(group[0].size + 60, low - 20), low)
            placed += [
                replace(
                    one,
                    x=x + one.x,
                    y=y + one.y,
                    order=(y if self._backdrop.floats else 0) + one.order,
                    grounded=False,
                    string_to=None,
                )
                for one in group
            ]
        return placed

    def _hang(self, roots: list[int]) -> list[Placed]:
        units = [(i, k) for i in roots for k in range(self._subjects[i].count)]
        placed: list[Placed] = []
        for number, (i, _) in enumerate(units):
            subject = self._subjects[i]
            size = {"star": 70.0, "glowing-star": 80.0, "cloud": 190.0, "rainbow": 420.0}.get(
                subject.drawing, 165.0
            ) * subject.scale
            size *= 1.0 if len(units) < 4 else 0.75
            x, y = self._scattered(
                number, len(units), size + 40, max(size + 60, self._backdrop.horizon * 0.5)
            )
            if len(units) == 1:
                x = self._width * self._random.choice((0.2, 0.8))
            placed.append(
                Placed(subject.drawing, x, y, size, -500, subject.colour, grounded=False, subject=i)
            )
        return placed

    def _scattered(self, number: int, count: int, top: float, bottom: float) -> tuple[float, float]:
        """A place of its own for each of several things in the open: a loose grid."""
        if count == 1:
            return self._width * self._random.uniform(0.44, 0.56), top + (bottom - top) * 0.55
        columns = math.ceil(math.sqrt(count * self._width / HEIGHT)) if count > 3 else count
        rows = math.ceil(count / columns)
        column, row = number % columns, number // columns
        in_row = columns if row < rows - 1 else count - columns * (rows - 1)
        x = self._width * (column + 0.5 + self._random.uniform(-0.16, 0.16)) / in_row
        y = top + (bottom - top) * (row + 0.55 + self._random.uniform(-0.25, 0.25)) / rows
        return min(max(x, 90), self._width - 90), y

    def _flip(self, root: int) -> bool:
        subject = self._subjects[root]
        return subject.drawing not in _NEVER_FLIPPED and self._random.random() < 0.45


_NEVER_FLIPPED = frozenset(
    (
        "bus-stop",
        "stop-sign",
        "hospital",
        "school",
        "post-office",
        "bank",
        "hotel",
        "clapper-board",
        "+table",
        "+lighthouse",
        "+windmill",
    )
)


def _extent(icons: IconSet, group: Sequence[Placed]) -> tuple[float, float]:
    """Left and right edge of what belongs together."""
    halves = [(one.x, one.box(icons.outline(one.drawing))[0] / 2) for one in group]
    return min(x - half for x, half in halves), max(x + half for x, half in halves)
