"""Time of day and weather: the sky, what hangs and falls in it, and the light that lies over a scene."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from services.engines.illustrator.paint import HEIGHT, cloud, ellipse, gradient, line, n, path, rect, star


@dataclass(frozen=True, slots=True)
class Light:
    """The colours of an hour: the sky from top to horizon, far things, clouds, and what is laid over everything."""

    top: str
    middle: str
    low: str
    far: str
    cloud: str
    tint: str
    tint_opacity: float
    is_dark: bool = False


LIGHTS: dict[str, Light] = {
    "dawn": Light("#7c8bd0", "#f3b7c0", "#ffe2b8", "#b99fc4", "#ffe3da", "#ffd9c2", 0.55),
    "morning": Light("#74bdf0", "#b9e2fa", "#fff3d6", "#a9cbe6", "#ffffff", "#fff3dc", 0.35),
    "day": Light("#3f9fe8", "#8fd0f7", "#dff4fd", "#9cc6e4", "#ffffff", "#ffffff", 0.0),
    "sunset": Light("#46408f", "#e8648a", "#ffc067", "#8b5a93", "#ffb199", "#ffc79a", 0.75),
    "dusk": Light("#1f2660", "#6d4f96", "#e59a9d", "#4a4682", "#8d78ad", "#b9aede", 0.7),
    "night": Light("#0a1033", "#1b2a63", "#3d548f", "#22305f", "#4a5a8e", "#8d9ad6", 0.82, is_dark=True),
}
GREY = Light("#8b97a6", "#aab5c1", "#cdd5db", "#9aa7b4", "#e3e8ec", "#dfe5ec", 0.7)
STORM = Light("#3a4150", "#596273", "#8b94a1", "#515b6b", "#6d7684", "#b3bccb", 0.85, is_dark=True)
WHITE = Light("#b7c8da", "#d3dfea", "#eef3f8", "#c3d2e0", "#f6f9fb", "#eaf0f7", 0.5)
COVERED = ("rain", "storm", "cloudy", "snowfall", "fog")


def light_of(time: str | None, weather: str | None) -> Light:
    """The light at a time of day in some weather; by night the night wins, but for a storm."""
    if weather == "storm":
        return STORM
    if time is None or time in ("day", "morning"):
        if weather in ("rain", "cloudy"):
            return GREY
        if weather in ("snowfall", "fog"):
            return WHITE
    return LIGHTS[time or "day"]


def sky(
    random: Random, width: float, horizon: float, light: Light, time: str | None, weather: str | None
) -> str:
    """The sky down to the horizon, with the sun or the moon unless it is covered."""
    base = gradient("sky", [(0, light.top, 1), (0.6, light.middle, 1), (1, light.low, 1)])
    parts = [f"<defs>{base}</defs>", rect(0, 0, width, horizon + 30, "url(#sky)")]
    if time in ("night", "dusk") and weather not in COVERED:
        for _ in range(int(70 * width / HEIGHT) if time == "night" else 24):
            parts.append(
                star(
                    random.uniform(0, width),
                    horizon * random.random() ** 1.3 * 0.92,
                    random.choice((1.2, 1.6, 2, 2.6, 3.4)),
                    random.uniform(0.45, 1),
                )
            )
    parts.append(_rays(width, horizon, time, weather))
    return "".join(parts)


def _rays(width: float, horizon: float, time: str | None, weather: str | None) -> str:
    """The glow that the low sun leaves over the horizon."""
    if time not in ("dawn", "sunset") or weather in COVERED:
        return ""
    glow = gradient("lowsun", [(0, "#fff1c4", 0.95), (0.25, "#ffd98a", 0.6), (1, "#ffb347", 0)], radial=True)
    return f"<defs>{glow}</defs>" + ellipse(
        width * 0.68, horizon, width * 0.45, horizon * 0.55, "url(#lowsun)"
    )


def default_orb(time: str | None, weather: str | None) -> str | None:
    """What hangs in the sky when the prompt names nothing there: `sun`, `low sun`, `moon` or None."""
    if weather in COVERED:
        return None
    return {"night": "moon", "dusk": "moon", "sunset": "low sun", "dawn": "low sun", "morning": "sun"}.get(
        time or "day", "sun"
    )


def orb(kind: str, x: float, y: float, radius: float) -> str:
    """The sun or the moon with its glow."""
    colour, halo = ("#fdf6d8", "#cfd8ff") if kind == "moon" else ("#fff0a8", "#ffe08a")
    if kind == "low sun":
        colour, halo = "#fff3c9", "#ffc46b"
    glow = gradient("orb", [(0, halo, 0.75), (0.35, halo, 0.35), (1, halo, 0)], radial=True)
    disc = ellipse(x, y, radius, radius, colour)
    if kind == "moon":
        for dx, dy, size in ((-0.3, -0.2, 0.2), (0.25, 0.3, 0.26), (0.3, -0.35, 0.12), (-0.25, 0.4, 0.13)):
            disc += ellipse(x + dx * radius, y + dy * radius, size * radius, size * radius, "#e6dcb4", 0.8)
    return f"<defs>{glow}</defs>{ellipse(x, y, radius * 3.2, radius * 3.2, 'url(#orb)')}{disc}"


def clouds(random: Random, width: float, horizon: float, light: Light, weather: str | None) -> str:
    """Clouds: a few, or a whole cover when it is grey."""
    covered = weather in COVERED
    count = round((9 if covered else 3) * max(0.7, width / HEIGHT))
    parts = []
    for i in range(count):
        x = (i + random.uniform(0.15, 0.85)) * width / count
        y = horizon * random.uniform(0.08, 0.62 if not covered else 0.5)
        size = random.uniform(130, 250) * (1.5 if covered else 1) * (0.6 + 0.5 * (1 - y / horizon))
        parts.append(cloud(random, x, y, size, light.cloud, random.uniform(0.55, 0.9)))
    return "".join(parts)


def falling(random: Random, width: float, weather: str | None) -> str:
    """Rain, snow, leaves, lightning or mist in front of everything."""
    match weather:
        case "rain" | "storm":
            return _rain(random, width, 150 if weather == "rain" else 230)
        case "snowfall":
            return "".join(
                ellipse(
                    random.uniform(0, width),
                    random.uniform(0, HEIGHT),
                    r := random.choice((2.5, 3.5, 5, 7.5)),
                    r,
                    "#fff",
                    random.uniform(0.6, 0.95),
                )
                for _ in range(int(150 * width / HEIGHT))
            )
        case "fog":
            return _mist(random, width)
        case "wind" | "autumn":
            return _leaves(random, width, 34 if weather == "autumn" else 12) + (
                _gusts(random, width) if weather == "wind" else ""
            )
    return ""


def behind(random: Random, width: float, horizon: float, weather: str | None) -> str:
    """Lightning and rainbows, which stand behind the scene."""
    if weather == "storm":
        return "".join(
            _bolt(random, width * x, horizon) for x in (random.uniform(0.12, 0.3), random.uniform(0.7, 0.9))
        )
    if weather == "rainbow":
        radius = min(width * 0.52, horizon * 0.95)
        return "".join(
            f'<circle cx="{n(width / 2)}" cy="{n(horizon + 40)}" r="{n(radius - i * radius * 0.035)}" fill="none" '
            f'stroke="{colour}" stroke-width="{n(radius * 0.036)}" opacity="0.75"/>'
            for i, colour in enumerate(("#ef5350", "#ff9f43", "#ffe066", "#5cc97b", "#4aa3e8", "#8e6bd8"))
        )
    return ""


def tinted(width: float, light: Light, strength: float = 1.0) -> str:
    """The light of the hour over everything that shines not by itself."""
    opacity = light.tint_opacity * strength
    if opacity <= 0.02:
        return ""
    return rect(0, 0, width, HEIGHT, light.tint, f'opacity="{opacity:.2f}" style="mix-blend-mode:multiply"')


def _rain(random: Random, width: float, count: int) -> str:
    drops = []
    for _ in range(int(count * width / HEIGHT)):
        x, y, size = random.uniform(-40, width + 40), random.uniform(-30, HEIGHT), random.uniform(16, 40)
        drops.append(f"M{n(x)} {n(y)}l{n(-size * 0.22)} {n(size)}")
    return f'<path d="{"".join(drops)}" stroke="#dbe8f5" stroke-width="2.6" stroke-linecap="round" opacity="0.6" fill="none"/>'


def _mist(random: Random, width: float) -> str:
    bank = gradient("mist", [(0, "#f4f7fa", 0), (0.5, "#f4f7fa", 0.75), (1, "#f4f7fa", 0)])
    parts = [f"<defs>{bank}</defs>"]
    for y in (480, 610, 760):
        parts.append(rect(0, y + random.uniform(-30, 30), width, 190, "url(#mist)"))
    return "".join(parts) + rect(0, 0, width, HEIGHT, "#eef2f6", 'opacity="0.22"')


def _leaves(random: Random, width: float, count: int) -> str:
    parts = []
    for _ in range(int(count * width / HEIGHT)):
        x, y, size = random.uniform(0, width), random.uniform(120, HEIGHT), random.uniform(9, 19)
        colour = random.choice(("#d9792b", "#c9482e", "#e8a93a", "#a85a2a"))
        d = f"M{n(-size)} 0Q0 {n(-size * 0.75)} {n(size)} 0Q0 {n(size * 0.75)} {n(-size)} 0Z"
        parts.append(
            f'<g transform="translate({n(x)} {n(y)}) rotate({n(random.uniform(0, 180))})">{path(d, colour)}</g>'
        )
    return "".join(parts)


def _gusts(random: Random, width: float) -> str:
    parts = []
    for _ in range(5):
        x, y, size = random.uniform(0, width * 0.8), random.uniform(120, 620), random.uniform(120, 240)
        d = f"M{n(x)} {n(y)}c{n(size * 0.5)} -12 {n(size)} 8 {n(size)} -18s-40 -30 -44 -6"
        parts.append(
            f'<path d="{d}" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity="0.65" fill="none"/>'
        )
    return "".join(parts)


def _bolt(random: Random, x: float, horizon: float) -> str:
    y, d = horizon * 0.22, f"M{n(x)} {n(horizon * 0.2)}"
    while y < horizon * 0.95:
        x, y = x + random.uniform(-46, 46), y + horizon * random.uniform(0.1, 0.17)
        d += f"L{n(x)} {n(y)}"
    glow = f'<path d="{d}" stroke="#cfd9ff" stroke-width="20" opacity="0.35" fill="none" stroke-linejoin="round"/>'
    return glow + f'<path d="{d}" stroke="#fff9d6" stroke-width="7" fill="none" stroke-linejoin="round"/>'


def beam(x: float, y: float, width: float) -> str:
    """The light of a lighthouse by night."""
    shine = gradient("beam", [(0, "#fff3b0", 0.55), (1, "#fff3b0", 0.0)], radial=True)
    return (
        f"<defs>{shine}</defs>"
        + path(f"M{n(x)} {n(y)}L{n(x - width)} {n(y - 90)}L{n(x - width)} {n(y + 60)}Z", "url(#beam)")
        + line(x, y, x, y, "#fff6c9", 22, 0.9)
    )
