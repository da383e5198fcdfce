"""Bodies for the drawings that are only a face or a bust, so that a fox or a girl can stand in a scene."""

from __future__ import annotations

ANIMALS: dict[str, tuple[str, str, str]] = {
    "bear": ("#a56953", "#c98f76", ""), "polar-bear": ("#e6e6e6", "#f7f7f7", ""), "panda": ("#f3eef8", "#ffffff", ""),
    "koala": ("#9b9b9b", "#d3d3d3", ""), "fox": ("#ff822d", "#ffe3cf", "#fff1e6"), "wolf": ("#848484", "#d3d3d3", "#b4b4b4"),
    "lion": ("#ffb02e", "#ffe0a3", "#8c5543"), "raccoon": ("#9b9b9b", "#d3d3d3", "#433b6b"), "frog": ("#00c45f", "#b8f0c8", ""),
    "hamster": ("#ff9e6b", "#ffe7d6", ""), "boar": ("#6d4534", "#8d6350", ""), "moose": ("#8c5543", "#b47a64", ""),
    "unicorn": ("#e6dcf5", "#f7f2ff", "#c983e0"), "robot": ("#c8bfd6", "#8d85a3", ""), "alien": ("#86d72f", "#b4ec72", ""),
    "chicken": ("#f4f4f4", "#ffffff", ""), "cat-face": ("#ffb02e", "#ffe0a3", "#ffb02e"), "dog-face": ("#d98a52", "#f3cfae", ""),
}  # fmt: skip
DARK_LIMBS = frozenset(("panda",))
PEOPLE: dict[str, tuple[str, str]] = {
    "boy": ("#3f8fe0", "#39507a"), "girl": ("#e8588f", "#5a4a86"), "child": ("#37b3a2", "#4a5876"), "baby": ("#9fd3f5", "#9fd3f5"),
    "man": ("#4a78c9", "#3a4358"), "woman": ("#b04fb0", "#46406e"), "person": ("#3aa06b", "#3a4358"), "old-man": ("#8a6f5a", "#4f4a46"),
    "old-woman": ("#8d6fb8", "#5b4f72"), "santa-claus": ("#e0363c", "#c42a33"), "older-person": ("#7a8a6a", "#4f4a46"),
}  # fmt: skip
SKIRTED = frozenset(("girl", "woman", "old-woman"))
BUSTS = frozenset(
    [
        "prince",
        "princess",
        "astronaut",
        "cook",
        "farmer",
        "artist",
        "ninja",
        "detective",
        "police-officer",
        "guard",
        "health-worker",
        "scientist",
        "student",
        "singer",
        "man-mage",
        "woman-mage",
        "woman-elf",
        "man-vampire",
        "man-zombie",
        "man-superhero",
        "person-with-crown",
        "construction-worker",
        "firefighter",
        "pilot",
        "judge",
        "mechanic",
        "office-worker",
        "technologist",
        "factory-worker",
        "troll",
        "man-elf",
        "woman-vampire",
        "woman-superhero",
        "mrs-claus",
    ]
)
LEGS = {"astronaut": "#e6e6e6", "cook": "#f4f4f4", "farmer": "#3f5fa8", "ninja": "#321b41", "guard": "#2b2b33", "firefighter": "#8f2b35", "man-mage": "#0074ba", "woman-mage": "#0074ba"}  # fmt: skip
SKIN, SHOES, TROUSERS = "#ffc83d", "#433b3b", "#3a4358"


def has_figure(name: str) -> bool:
    """Whether a drawing needs a body."""
    return name in ANIMALS or name in PEOPLE or name in BUSTS


def figure(name: str, head: str, colour: str | None = None) -> str:
    """The drawing with a body, within 32 by 32 units. `head` is its own SVG, `colour` the clothes or the fur."""
    if name in ANIMALS:
        return _animal(name, head, colour)
    if name in PEOPLE:
        return _person(name, head, colour)
    legs = LEGS.get(name, TROUSERS)
    return (
        f'<path fill="{legs}" d="M11.500 18h4v11.500h-4zM16.500 18h4v11.500h-4z"/>'
        f'<path fill="{SHOES}" d="M10.500 29h5v3h-5.500c-.3-1.800 0-2.600.5-3zM16.500 29h5c.5.4.8 1.200.5 3h-5.500z"/>'
        f'<g transform="translate(5.800 -.6) scale(.64)">{head}</g>'
    )


def _animal(name: str, head: str, colour: str | None) -> str:
    fur, belly, tail_tip = ANIMALS[name]
    fur = colour or fur
    limb = "#3d2f4a" if name in DARK_LIMBS else fur
    tail = (
        f'<path fill="{fur}" d="M20 29c6 1.500 9-2 9-6 0-2.500-1.500-4.500-3.500-4-1 3-2.500 5-6.500 6z"/><path fill="{tail_tip}" d="M25.500 19c2-.5 3.500 1.500 3.500 4 0 1-.2 2-.6 2.800-2-.8-3-2.800-2.900-6.800z"/>'
        if tail_tip
        else ""
    )
    shade = '<g fill="#000" opacity=".1"><ellipse cx="12" cy="30.300" rx="3.600" ry="1.700"/><ellipse cx="20" cy="30.300" rx="3.600" ry="1.700"/></g>'
    return (
        f'{tail}<ellipse cx="16" cy="23.500" rx="8" ry="8.300" fill="{fur}"/><ellipse cx="16" cy="25" rx="4.900" ry="6" fill="{belly}"/>'
        f'<ellipse cx="12" cy="30" rx="3.600" ry="1.900" fill="{limb}"/><ellipse cx="20" cy="30" rx="3.600" ry="1.900" fill="{limb}"/>{shade}'
        f'<ellipse cx="9.200" cy="23" rx="2.100" ry="4.300" transform="rotate(14 9.200 23)" fill="{limb}"/><ellipse cx="22.800" cy="23" rx="2.100" ry="4.300" transform="rotate(-14 22.800 23)" fill="{limb}"/>'
        f'<g transform="translate(6.100 -.4) scale(.62)">{head}</g>'
    )


def _person(name: str, head: str, colour: str | None) -> str:
    shirt, legs = PEOPLE[name]
    shirt = colour or shirt
    lower = (
        f'<path fill="{shirt}" d="M12.500 20h7l2.500 7.500H10z"/><path fill="{SKIN}" d="M12.600 27.500h2v3h-2zM17.400 27.500h2v3h-2z"/>'
        if name in SKIRTED
        else f'<path fill="{legs}" d="M12.300 22h3.400v8.500h-3.400zM16.300 22h3.400v8.500h-3.400z"/>'
    )
    return (
        f'{lower}<path fill="{SHOES}" d="M11.600 30.200h3.900V32h-4.300c-.1-1 .1-1.500.4-1.800zM16.500 30.200h3.900c.3.3.5.8.4 1.800h-4.300z"/>'
        f'<path fill="{SKIN}" d="M9.600 23.500a1.300 1.300 0 1 0 2.600 0 1.300 1.300 0 1 0-2.600 0zM19.800 23.500a1.300 1.300 0 1 0 2.600 0 1.300 1.300 0 1 0-2.600 0z"/>'
        f'<path fill="{shirt}" d="M12 15.500c-1.700.4-2.600 2-2.700 4.200l-.2 3.300h2.400l.4-3v4h8.200v-4l.4 3h2.400l-.2-3.300c-.1-2.200-1-3.800-2.700-4.200z"/>'
        f'<path fill="#000" opacity=".08" d="M11.900 19.200h.5v4.800h-.5zM19.600 19.200h.5v4.800h-.5z"/>'
        f'<g transform="translate(7.700 -.6) scale(.52)">{head}</g>'
    )
