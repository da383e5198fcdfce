"""Colours can be read in both themes: WCAG 2.2 AA, https://www.w3.org/TR/WCAG22/#contrast-minimum."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
THEME = CONFIG["theme"]
TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
CAPTION_OPACITY = 0.6  # Streamlit fades captions and labels to this share of the text colour
HUES = ("blue", "violet", "green", "red", "orange", "yellow", "gray")

both_themes = pytest.mark.parametrize("name", ["light", "dark"])


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _luminance(channels: tuple[float, ...]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours written as #rrggbb, 1 to 21."""
    return _contrast(_channels(one), _channels(other))


def faded(colour: str, background: str) -> tuple[float, ...]:
    """`colour` as Streamlit's captions show it on `background`."""
    pairs = zip(_channels(colour), _channels(background), strict=True)
    return tuple(CAPTION_OPACITY * c + (1 - CAPTION_OPACITY) * b for c, b in pairs)


def backgrounds(name: str) -> list[str]:
    """Every surface text can lie on."""
    places = (THEME[name], THEME[name]["sidebar"])
    return [place[key] for place in places for key in ("backgroundColor", "secondaryBackgroundColor")]


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@both_themes
@pytest.mark.parametrize("key", ["textColor", "linkColor", "codeTextColor"])
def test_text_is_readable_on_every_surface(name: str, key: str) -> None:
    assert min(contrast(THEME[name][key], b) for b in backgrounds(name)) >= TEXT_CONTRAST


@both_themes
def test_captions_are_readable_on_every_surface(name: str) -> None:
    text = THEME[name]["textColor"]
    assert min(_contrast(faded(text, b), _channels(b)) for b in backgrounds(name)) >= TEXT_CONTRAST


@both_themes
def test_primary_button_is_readable_and_stands_out(name: str) -> None:
    primary = THEME[name]["primaryColor"]
    assert contrast("#ffffff", primary) >= TEXT_CONTRAST
    assert min(contrast(primary, b) for b in backgrounds(name)) >= SHAPE_CONTRAST


@both_themes
@pytest.mark.parametrize("hue", HUES)
def test_badges_are_readable(name: str, hue: str) -> None:
    theme = THEME[name]
    surfaces = [theme[f"{hue}BackgroundColor"], *backgrounds(name)]
    assert min(contrast(theme[f"{hue}TextColor"], s) for s in surfaces) >= TEXT_CONTRAST


@both_themes
def test_chart_colours_stand_out_and_are_the_badges_colours(name: str) -> None:
    theme = THEME[name]
    assert theme["chartCategoricalColors"][:3] == [
        theme[f"{hue}Color"] for hue in ("blue", "violet", "green")
    ]
    modes = theme["chartCategoricalColors"][:3]
    assert min(contrast(c, b) for c in modes for b in backgrounds(name)) >= SHAPE_CONTRAST


@both_themes
def test_table_headers_are_readable(name: str) -> None:
    theme = THEME[name]
    assert (
        contrast(theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"]) >= TEXT_CONTRAST
    )


def test_fonts_come_from_this_machine_and_bring_their_licence() -> None:
    fonts = ROOT / "static" / "fonts"
    named = {face["url"].removeprefix("app/static/fonts/") for face in THEME["fontFaces"]}
    assert named == {path.name for path in fonts.glob("*.woff2")}
    assert {path.name for path in fonts.glob("LICENSE-*.txt")} == {
        "LICENSE-Geist.txt",
        "LICENSE-GeistMono.txt",
    }


def test_the_app_listens_on_this_machine_only() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["browser"]["gatherUsageStats"] is False
