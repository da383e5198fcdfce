import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tables.splitting import Dialect, records, rewrite

COMMA = Dialect(",")


def cells(text, dialect=COMMA, width=None):
    return [record.cells for record in records(io.StringIO(text, newline="\n"), dialect, width)]


def test_a_quoted_cell_may_have_delimiters_quotes_and_line_ends():
    assert cells('1,"a,b"\n2,"say ""x"""\n3,"two\nlines"\n') == [
        ["1", "a,b"],
        ["2", 'say "x"'],
        ["3", "two\nlines"],
    ]


def test_a_quote_that_is_never_closed_takes_no_other_line_with_it():
    text = '1,"open\n' + "".join(f"{n},x\n" for n in range(500))
    assert cells(text, width=2)[:2] == [["1", '"open'], ["0", "x"]]
    assert len(cells(text, width=2)) == 501


def test_quotes_within_a_word_are_letters():
    assert cells('1,5" pipe\n2,6" pipe\n', width=2) == [["1", '5" pipe'], ["2", '6" pipe']]


def test_a_backslash_may_stand_before_a_quote():
    assert cells('1,"a\\"b"\n', Dialect(",", '"', "\\")) == [["1", 'a"b']]


def test_records_know_the_line_they_end_in():
    found = records(io.StringIO('a,"x\ny"\n\nb,z\n', newline="\n"), COMMA)
    assert [record.line for record in found] == [2, 4]


def test_every_record_is_written_with_as_many_cells(tmp_path):
    (tmp_path / "in").write_text("a,b\n1\n1,2,\n1,2,3\n3,4\n")
    tally = rewrite(tmp_path / "in", tmp_path / "out", COMMA, 1, 2)
    assert (tmp_path / "out").read_text() == "1,\n1,2\n3,4\n"
    assert (tally.rows, tally.short, tally.long, tally.first_long_line) == (3, 1, 1, 4)


WORDS = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=8)


@settings(deadline=None)
@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=6))
def test_what_is_written_well_is_read_as_it_was(rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert cells(out.getvalue(), width=2) == rows
