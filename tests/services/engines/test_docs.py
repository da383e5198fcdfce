from pathlib import Path

from services.engines.manifest import manifest

PAGE = Path(__file__).parents[3] / "docs" / "local-models.md"


def test_page_lists_every_model_with_its_size_and_licence():
    expected = [
        f"| `{m.id}` | {m.kind} | {m.size_bytes / 1e6:,.0f} MB | {m.licence} | [{m.publisher}]({m.url}) |"
        for m in manifest().models
    ]
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == expected
