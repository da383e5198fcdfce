"""What the documents say is what the program does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from starlette.routing import Route

from components.navigation import GROUPS
from scripts.settings_table import table
from services.server.routes import ROUTES
from services.settings import Settings

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
COVERAGE = (ROOT / "docs" / "api-coverage.md").read_text()
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(document: Path) -> set[str]:
    return {_anchor(m) for m in re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)}


def test_settings_table_is_what_settings_says() -> None:
    assert table() in (ROOT / "docs" / "configuration.md").read_text(), "run `make docs`"


def test_every_setting_has_a_description() -> None:
    assert all(field.alias and field.description for field in Settings.model_fields.values())


def test_every_page_is_documented_and_every_documented_page_exists() -> None:
    registered = {f"pages/{page.name}.py" for group in GROUPS.values() for page in group}
    documented = set(re.findall(r"\| `(pages/\w+\.py)`:", ARCHITECTURE))
    assert registered == documented
    assert all((ROOT / path).is_file() for path in registered)


@pytest.mark.parametrize("route", ["/healthz", *(f"/v1{r.path}" for r in ROUTES if isinstance(r, Route))])
def test_every_route_is_documented(route: str) -> None:
    assert f"{route.replace(':path}', '}')}`" in ARCHITECTURE + COVERAGE


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text()):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_every_command_in_the_readme_and_contributing_exists() -> None:
    goals = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`| )make ([a-z-]+)(?=$|`| )", (ROOT / name).read_text(), re.MULTILINE))
        assert named <= goals | {"a"}, named - goals


def test_change_log_has_this_release_and_the_next() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert version in {heading.split()[0] for heading in headings}


def test_notice_names_every_model_with_its_licence_and_publisher() -> None:
    notice = (ROOT / "NOTICE").read_text()
    models = tomllib.loads((ROOT / "services" / "engines" / "models.toml").read_text())["model"]
    paragraphs = re.findall(r"^  (\S+)\n((?:    .+\n)+)", notice, re.MULTILINE)
    named = dict(paragraphs)
    assert {model["id"] for model in models} == set(named)
    for model in models:
        assert model["licence"] in named[model["id"]]
        assert model["url"] in named[model["id"]]


def test_notice_points_to_licence_texts_that_are_there() -> None:
    named = re.findall(r"text in (\S+)", (ROOT / "NOTICE").read_text())
    assert named
    assert all((ROOT / path).is_file() for path in named)


def test_every_requirement_has_a_reason() -> None:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    assert [line for line in lines if line.strip() and "#" not in line] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_name_no_machine(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert not re.search(r"https?://|file://|^--(?!hash)|--index|--find-links", lock, re.MULTILINE)
    assert not re.search(r"^(torch|transformers|litellm)==", lock, re.MULTILINE)
