"""Whatever a file is, it becomes text or a sentence that says what to do."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.documents import kinds, plain
from services.documents.extraction import extract
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def picture(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    return file.getvalue()


def archive(name: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(name, "content")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            (f"a.{suffix}", "code")
            for suffix in [
                "c",
                "cpp",
                "cs",
                "css",
                "go",
                "java",
                "js",
                "php",
                "py",
                "rb",
                "sh",
                "ts",
                "yaml",
                "toml",
                "xml",
            ]
        ),
        *((name, "text") for name in ("a.txt", "a.tex", "a.rst", "a.log", "README", "a.unknown")),
        ("a.md", "markdown"),
        ("A.JSON", "json"),
        ("a.jsonl", "jsonl"),
        ("a.csv", "csv"),
        ("a.tsv", "tsv"),
        ("a.html", "html"),
    ],
)
def test_a_text_is_what_its_name_says(extracted: Extracted, name: str, kind: str) -> None:
    document = extracted(name, "one two three\n")
    assert (document.kind, document.text.strip()) == (kind, "one two three")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", files.pdf(["word"]), "pdf"),
        ("a.pdf", b"HTTP/1.1 200 OK\r\n\r\n" + files.pdf(["word"]), "pdf"),
        ("a.pdf", "word", "text"),
        ("a.bin", files.word(files.PARAGRAPH.format("word")), "docx"),
        ("a.txt", "<!DOCTYPE html>\n<title>word</title>", "html"),
        ("saved page", '\ufeff<?xml version="1.0"?><!-- x --><HTML>word', "html"),
        ("a.php", "<!doctype html>\n<?php echo 'word';", "code"),
        ("a.txt", "BMW, a word", "text"),
        ("a.doc", "word", "text"),
    ],
)
def test_content_says_more_than_a_name(extracted: Extracted, name: str, data: str | bytes, kind: str) -> None:
    document = extracted(name, data)
    assert document.kind == kind
    assert "word" in document.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv"])
def test_any_encoding_is_read(extracted: Extracted, encoding: str, name: str) -> None:
    text = "Grüße aus Köln und schöne Straße. Naïve café: plain words as can be. " * 4
    assert extracted(name, text.encode(encoding)).text.strip() == text.strip()


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [
        ("a.png", picture("PNG"), "is a picture"),
        ("a.txt", picture("BMP"), "is a picture"),
        ("a.tif", picture("TIFF"), "is a picture"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(99), "is a picture"),
        ("a.mp3", b"ID3\x03" + bytes(99), "is a recording"),
        ("a.mp4", b"\0\0\0\x18ftypisom" + bytes(99), "is a recording"),
        ("a.gz", b"\x1f\x8b\x08\x00" + bytes(99), "is an archive"),
        ("a.zip", archive("a.txt"), "is an archive"),
        ("a.docx", archive("a.txt"), "is an archive"),
        ("a.odt", archive("mimetype"), "Save it as DOCX"),
        ("a.xlsx", files.package({"xl/workbook.xml": "<w/>"}, "xl/workbook.xml"), "Save it as CSV"),
        ("a.doc", OLE, "old Office format"),
        ("a.rtf", r"{\rtf1 word}", "Save it as DOCX"),
        ("a.txt", b"\x7fELF\x02\x01\x00" * 99, "holds no text that can be read here"),
        ("a.py", bytes(range(256)), "holds no text that can be read here"),
        ("a.json", b"\x00\x01\x02{}", "holds no text that can be read here"),
    ],
)
def test_what_holds_no_text_is_unsupported(
    extracted: Extracted, name: str, data: str | bytes, hint: str
) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        extracted(name, data)
    assert caught.value.code == "unsupported_file"
    assert caught.value.user_message.startswith(name)


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [
        ("a.txt", "", "is empty"),
        ("a.txt", " \n\t ", "is empty"),
        ("a.html", "<html><script>x()</script>", "holds no text"),
        ("a.docx", files.word(""), "holds no text"),
        ("a.docx", OLE, "password"),
        ("a.docx", b"\0\1\2\3" * 99, "damaged"),
        ("a.pdf", b"\0\1\2\3" * 99, "damaged"),
        ("a.docx", files.word(files.PARAGRAPH.format("word"))[:-40], "damaged"),
        ("a.docx", files.word("<w:p><w:r>"), "damaged"),
    ],
)
def test_what_cannot_be_used_is_invalid(
    extracted: Extracted, name: str, data: str | bytes, hint: str
) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        extracted(name, data)
    assert caught.value.code == "invalid_file"


def test_a_file_past_openais_size_is_refused_unread(tmp_path: Path, workers: Workers) -> None:
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(kinds.MAX_FILE_BYTES + 1)
    with pytest.raises(InvalidInput, match="more than 512 MB"):
        extract(path, "a.pdf", workers)


def test_a_text_that_must_be_too_long_is_refused_unread(tmp_path: Path, workers: Workers) -> None:
    path = files.written(tmp_path, "a.txt", "word " * 2000)
    with path.open("ab") as file:
        file.truncate(plain.MAX_TEXT_BYTES + 1)
    for name in ("a.txt", "a.html", "a.csv", "a.json"):
        with pytest.raises(InvalidInput, match="more than 20 million characters"):
            extract(path, name, workers)


def test_a_text_past_the_limit_is_refused(extracted: Extracted) -> None:
    with pytest.raises(InvalidInput, match="more than 20 million characters"):
        extracted("a.txt", "x" * 20_000_001)


def test_line_ends_become_newlines(extracted: Extracted) -> None:
    for name in ("a.txt", "a.json", "a.md"):
        assert extracted(name, "one\r\ntwo\rthree").text == "one\ntwo\nthree"


def test_a_name_is_cleaned_before_it_is_shown(extracted: Extracted) -> None:
    with pytest.raises(InvalidInput, match=r"^passwd\.txt is empty"):
        extracted("../../etc/\u202epasswd.txt", "")


def test_progress_counts_a_file_without_pages_as_one(tmp_path: Path, workers: Workers) -> None:
    seen: list[tuple[int, int]] = []
    for name in ("a.txt", "a.csv"):
        path = files.written(tmp_path, name, "one,two\nthree,four\n")
        extract(path, name, workers, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1), (1, 1)]


SEEDS = [
    ("a.pdf", files.pdf(["some words", "on two pages"])),
    ("a.docx", files.word(files.PARAGRAPH.format("some words") * 5)),
    ("a.html", b"<html><body><table><tr><td>a<td>b</table><ul><li>c</ul><pre>d</pre>"),
    ("a.csv", b'name,age\n"Ada",36\nAlan;41\n'),
    ("a.json", b'{"a": [1, 2.50, "x\\u00e4"], "b": {}}'),
    ("a.txt", "Grüße, schöne Straße".encode("utf-16")),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS), cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), max_size=6)
)
def test_a_damaged_file_is_read_or_refused_with_a_sentence(
    extracted: Extracted, seed: tuple[str, bytes], cuts: list[tuple[float, bytes]]
) -> None:
    name, data = seed
    for place, replacement in cuts:
        at = int(place * len(data))
        data = data[:at] + replacement + data[at + len(replacement) :]
    try:
        assert extracted(name, data).text.strip()
    except InvalidInput as error:
        assert error.code in ("unsupported_file", "invalid_file")
        assert error.user_message.startswith(name)
