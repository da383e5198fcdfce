from __future__ import annotations

import pytest

from services.documents.extraction import extract
from services.documents.limits import Limits
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted

PAGE = """<!DOCTYPE html><html><head><title>The  page</title><style>p { color: red }</style>
<script>if (a < b) { "</p>" }</script></head><body onload="x()">
<h2>Intro</h2><p>Some <b>bo</b>ld &amp; plain
text.<br>Next line.<p>Unclosed
<ul><li>one<ul><li>deeper</ul><li><p>two</ul>
<table><tr><th>a<th>b<tr><td>1<td><p>2</p><p>3</p></table>
<pre>  kept
    as is</pre><img src="x.png" alt="A cat"><div hidden>unseen</div><div style="display: none">unseen</div>
<noscript>unseen</noscript><template>unseen</template><!-- unseen --></body></html>"""

TEXT = """# The page

## Intro

Some bold & plain text.
Next line.

Unclosed

- one
  - deeper
- two

a | b
1 | 2 3

  kept
    as is

A cat"""


def test_a_page_becomes_what_a_reader_sees(extracted: Extracted) -> None:
    document = extracted("a.html", PAGE)
    assert (document.kind, document.text, document.sections) == ("html", TEXT, ())


@pytest.mark.parametrize(
    ("meta", "encoding"),
    [
        ('<meta charset="windows-1251">', "cp1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>", "cp1252"),
        ('<meta charset="utf-16">', "utf-8"),
        ('<meta charset="no-such-thing">', "utf-8"),
        ('<meta charset="us-ascii">', "cp1252"),
    ],
)
def test_a_page_is_decoded_as_it_says_unless_it_cannot_be(
    extracted: Extracted, meta: str, encoding: str
) -> None:
    text = "слово" if encoding == "cp1251" else "“Grüße”"
    assert extracted("a.html", f"{meta}<p>{text}".encode(encoding)).text == text


def test_a_page_that_a_script_would_show_is_read(extracted: Extracted) -> None:
    assert extracted("a.html", '<html hidden><body style="display:none">word').text == "word"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 200_000 + "word",
        "<table><tr><td>" * 20_000 + "word",
        "<ul><li>" * 20_000 + "word",
        "<svg>" * 1000 + "</svg>" * 1000 + "word",
        "word" + "</div></td></tr></ul></pre>" * 1000,
        f"<!--{'x' * 11_000_000}-->word",
    ],
    ids=["div", "table", "list", "unseen", "ends", "comment"],
)
def test_no_depth_and_no_disorder_is_too_much(extracted: Extracted, page: str) -> None:
    assert extracted("a.html", "<html>" + page).text.strip("- ") == "word"


def test_a_page_that_takes_forever_costs_one_document(tmp_path) -> None:
    slow = files.written(tmp_path, "slow.html", "<b>" * 200_000 + "x" + "</p>" * 200_000)
    with Workers(limits=Limits(cpu_s=0)) as workers:
        with pytest.raises(InvalidInput, match="takes too long"):
            extract(slow, "slow.html", workers)
        assert extract(files.written(tmp_path, "b.html", "<p>next"), "b.html", workers).text == "next"
