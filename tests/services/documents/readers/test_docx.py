from __future__ import annotations

import zipfile
from io import BytesIO
from itertools import pairwise

import docx
import pytest

from services.documents.readers import package
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def test_headings_paragraphs_lists_and_tables_come_in_their_order(extracted: Extracted) -> None:
    document = docx.Document()
    document.add_heading("The report", 0)
    document.add_heading("Numbers", 2)
    document.add_paragraph("First paragraph.")
    document.add_paragraph("one", "List Bullet")
    document.add_paragraph("two", "List Number")
    table = document.add_table(2, 3)
    for cell, text in zip((c for row in table.rows for c in row.cells), "abcdef", strict=True):
        cell.text = text
    document.add_paragraph("Last paragraph.")
    read = extracted("a.docx", files.saved(document))
    assert (read.kind, read.sections) == ("docx", ())
    assert read.text == (
        "# The report\n\n## Numbers\n\nFirst paragraph.\n\n- one\n- two\na | b | c\nd | e | f\n\nLast paragraph."
    )


def test_a_table_inside_a_cell_stays_on_its_row(extracted: Extracted) -> None:
    document = docx.Document()
    table = document.add_table(1, 2)
    inner = table.cell(0, 0).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text, table.cell(0, 1).text = "x", "y", "z"
    assert extracted("a.docx", files.saved(document)).text == "x | y | z"


def test_a_table_of_one_column_is_layout(extracted: Extracted) -> None:
    cell = f"<w:tc><w:p>{run('one')}</w:p><w:p>{run('two')}</w:p></w:tc>"
    assert extracted("a.docx", files.word(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")).text == "one\n\ntwo"


def test_headings_of_a_german_word_are_headings(extracted: Extracted) -> None:
    styles = f"""<w:styles xmlns:w="{W}">
        <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
        <w:style w:styleId="Eigene"><w:name w:val="Eigene"/><w:basedOn w:val="berschrift1"/></w:style>
        <w:style w:styleId="Kreis"><w:name w:val="Kreis"/><w:basedOn w:val="Kreis"/></w:style></w:styles>"""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{run(style)}</w:p>' for style in ("Eigene", "Kreis")
    )
    relation = f'<Relationship Id="r1" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    parts = {
        "word/document.xml": files.WORD.format(body),
        "word/_rels/document.xml.rels": f"<Relationships>{relation}</Relationships>",
        "word/styles.xml": styles,
    }
    assert extracted("a.docx", files.package(parts)).text == "# Eigene\n\nKreis"


def test_of_tracked_changes_the_newer_text_is_read(extracted: Extracted) -> None:
    deleted = "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{run('here')}</w:moveFrom>"
    body = f"<w:p>{run('The ')}{deleted}{moved}<w:ins>{run('new')}</w:ins>{run(' text')}</w:p>"
    assert extracted("a.docx", files.word(body)).text == "The new text"


def test_content_controls_text_boxes_and_line_breaks_are_read(extracted: Extracted) -> None:
    control = f"<w:sdt><w:sdtContent><w:p>{run('control')}</w:p></w:sdtContent></w:sdt>"
    box = f"<w:txbxContent><w:p>{run('box')}</w:p></w:txbxContent>"
    choice = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    body = f'{control}<w:p xmlns:mc="m"><w:r>{choice}<w:t>one</w:t><w:br/><w:t>two</w:t><w:tab/><w:t>x</w:t></w:r></w:p>'
    assert extracted("a.docx", files.word(body)).text == "control\n\nbox\n\none\ntwo x"


def test_footnotes_follow_the_text(extracted: Extracted) -> None:
    relation = f'<Relationship Id="r1" Type="{RELATIONS}/footnotes" Target="/word/footnotes.xml"/>'
    parts = {
        "word/document.xml": files.WORD.format(files.PARAGRAPH.format("text")),
        "word/_rels/document.xml.rels": f"<Relationships>{relation}</Relationships>",
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{W}"><w:footnote>{files.PARAGRAPH.format("note")}'
        "</w:footnote></w:footnotes>",
    }
    assert extracted("a.docx", files.package(parts)).text == "text\n\nnote"


def test_an_entity_is_neither_expanded_nor_fetched(extracted: Extracted) -> None:
    body = files.WORD.format(files.PARAGRAPH.format("before &x; after"))
    file = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{__file__}">]>{body}'
    assert extracted("a.docx", files.package({"word/document.xml": file})).text == "before after"


def laughs() -> bytes:
    names = "abcdefghijklm"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    body = files.WORD.format('<w:p w:x="&m;">' + run("&m;") + "</w:p>")
    return files.package({"word/document.xml": f'<!DOCTYPE d [<!ENTITY a "lol">{entities}]>{body}'})


def unpacking() -> bytes:
    return files.word(files.PARAGRAPH.format("x") + " " * package.MAX_UNPACKED_BYTES)


def lying() -> bytes:
    """A document that says it unpacks to 999 bytes, and goes on."""
    data = files.word(files.PARAGRAPH.format("x" * 99) * 99)
    size = len(zipfile.ZipFile(BytesIO(data)).read("word/document.xml"))
    return data.replace(size.to_bytes(4, "little"), (999).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (laughs, "damaged"),
        (lying, "damaged"),
        (unpacking, "unpacks to more than 256 MB"),
        (lambda: files.word(files.PARAGRAPH.format("x" * 999) * 21_000), "more than 20 million characters"),
        (lambda: files.word("<w:tbl><w:tr><w:tc>" * 100_000), "damaged"),
    ],
    ids=["entities", "lie", "zip", "text", "depth"],
)
def test_a_bomb_costs_one_document(extracted: Extracted, make, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        extracted("a.docx", make())
    assert caught.value.code == "invalid_file"
    assert extracted("b.docx", files.word(files.PARAGRAPH.format("next"))).text == "next"
