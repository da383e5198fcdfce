from datetime import date, datetime, time
from decimal import Decimal

import pytest

from services.documents.refusals import Unreadable
from services.tables import refusals
from services.tables.refusals import MAX_COLUMNS

GERMAN = "Datum;Kunde;Betrag;Anteil\n05.01.2024;Müller;1.234,50;12 %\n17.02.2024;Groß;-99,00;5 %\n"


def test_a_plain_file_is_read_as_it_looks(bench):
    made = bench.load("id,name,amount,day\n1,Ann,10.50,2024-01-05\n2,Bob,3,2024-02-06\n")
    assert made.rows == [
        (1, "Ann", Decimal("10.50"), date(2024, 1, 5)),
        (2, "Bob", Decimal("3.00"), date(2024, 2, 6)),
    ]
    assert made.types == ["integer", "text", "decimal", "date"]
    assert made.loaded.notes == ()


def test_everything_that_was_recognised_comes_back(bench):
    options = bench.load(GERMAN.encode("cp1252")).options
    assert (options.delimiter, options.encoding, options.has_header) == (";", "cp1252", True)
    assert (options.decimal, options.thousands, options.date_format) == (",", ".", "%d.%m.%Y")
    assert options.types == {"datum": "date", "kunde": "text", "betrag": "decimal", "anteil": "integer"}
    assert None not in (options.quote, options.sheet)


def test_decimal_commas_and_dates_with_points_are_understood(bench):
    made = bench.load(GERMAN)
    assert made.rows[0] == (date(2024, 1, 5), "Müller", Decimal("1234.50"), 12)
    assert made.column("betrag")[1] == Decimal("-99.00")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised_also_with_ragged_rows(bench, delimiter):
    lines = ["a,b,c", "1,2,3", "4,5", "6,7,8,9", "10,11,12"]
    made = bench.load("\n".join(lines).replace(",", delimiter))
    assert made.options.delimiter == delimiter
    assert made.rows == [(1, 2, 3), (4, 5, None), (10, 11, 12)]
    assert made.loaded.skipped_rows == 1
    assert "1 record has more cells than there are columns and was left out, in line 4." in made.loaded.notes


def test_a_column_of_sentences_is_one_column(bench):
    made = bench.load("name\nAnn\nBob, jr\nMr. Smith, esq., MD\n")
    assert made.column("name") == ["Ann", "Bob, jr", "Mr. Smith, esq., MD"]


def test_lines_above_the_table_are_left_out_and_told(bench):
    made = bench.load("Report of sales\nmade in 2024\n\nid,amount\n1,2\n3,4\n")
    assert (made.names, made.rows) == (["id", "amount"], [(1, 2), (3, 4)])
    assert made.loaded.notes == ("2 lines above the table were left out.",)


def test_the_delimiter_may_stand_in_the_first_line(bench):
    made = bench.load("sep=;\na;b\n1;x,y\n2;z\n")
    assert (made.names, made.rows) == (["a", "b"], [(1, "x,y"), (2, "z")])


def test_a_file_without_a_header_gets_names(bench):
    made = bench.load("1,Ann\n2,Bob\n3,Ann\n")
    assert (made.names, len(made.rows)) == (["column_1", "column_2"], 3)


def test_a_header_is_one_also_when_it_comes_again_or_a_value_is_like_a_name(bench):
    made = bench.load("id,type,n\n" + "1,type,2\n" * 100 + "id,type,n\n" + "3,x,4\n" * 100)
    assert (made.names, made.types) == (["id", "type", "n"], ["integer", "text", "integer"])
    assert "“id”" in made.loaded.notes[0]


def test_a_person_may_say_whether_there_is_a_header(bench):
    assert len(bench.load("name,city\nAnn,Rome\n", has_header=False).rows) == 2
    assert bench.load("1,2\n3,4\n", has_header=True).names == ["c_1", "c_2"]


def test_types_that_a_person_chose_are_kept_and_what_does_not_fit_is_empty(bench):
    made = bench.load("id,amount\n1,12\n2,x\n", types={"id": "text", "amount": "decimal"})
    assert made.rows == [("1", Decimal(12)), ("2", None)]
    assert made.loaded.notes == (
        "1 value of amount could not be read as decimal and left empty, such as “x”.",
    )


def test_codes_with_leading_zeros_and_long_numbers_stay_text(bench):
    made = bench.load("zip,card,n\n01067,4111111111111111111,1\n50667,4000000000000000002,2\n")
    assert made.types == ["text", "text", "integer"]
    assert made.rows[0][:2] == ("01067", "4111111111111111111")


def test_words_for_nothing_are_empty_in_numbers_and_kept_in_text(bench):
    made = bench.load("n,t\n1,n/a\n-,x\nN/A,y\n4,\n")
    assert made.rows == [(1, "n/a"), (None, "x"), (None, "y"), (4, None)]


def test_a_word_far_below_the_first_rows_makes_the_column_text(bench):
    lines = [str(n) for n in range(6_000)] + ["many"] * 200
    made = bench.load("n\n" + "\n".join(lines) + "\n")
    assert made.types == ["text"]
    assert made.rows[-1] == ("many",)


def test_a_single_word_among_many_numbers_is_left_empty_and_told(bench):
    lines = [str(n) for n in range(6_000)] + ["unknown"]
    made = bench.load("n\n" + "\n".join(lines) + "\n")
    assert made.types == ["integer"]
    assert made.rows[-1] == (None,)
    assert "“unknown”" in made.loaded.notes[0]


def test_fractions_far_below_the_first_rows_are_not_rounded(bench):
    made = bench.load("n\n" + "7\n" * 6_000 + "7.25\n")
    assert made.rows[-1] == (Decimal("7.25"),)


def test_numbers_are_read_with_currency_thousands_and_brackets(bench):
    made = bench.load('a,b\n"$1,234.50",(12.5)\n€ 7,3.25\n')
    assert made.rows == [(Decimal("1234.50"), Decimal("-12.50")), (Decimal("7.00"), Decimal("3.25"))]


def test_marks_may_differ_from_column_to_column(bench):
    made = bench.load("price;latitude\n1.234,50;52.5200\n3,75;48.1372\n")
    assert made.rows[0] == (Decimal("1234.50"), Decimal("52.5200"))


def test_measurements_are_floating_point(bench):
    assert bench.load("x\n0.123456789\n1e-9\n").rows == [(0.123456789,), (1e-9,)]


@pytest.mark.parametrize(
    ("cell", "value", "kind"),
    [
        ("2024-01-31", date(2024, 1, 31), "date"),
        ("31.01.2024", date(2024, 1, 31), "date"),
        ("01/31/2024", date(2024, 1, 31), "date"),
        ("31/01/2024", date(2024, 1, 31), "date"),
        ("31 Jan 2024", date(2024, 1, 31), "date"),
        ("2024-01-31T10:30:00Z", datetime(2024, 1, 31, 10, 30), "timestamp"),
        ("31.01.2024 10:30", datetime(2024, 1, 31, 10, 30), "timestamp"),
        ("10:30", time(10, 30), "time"),
        ("true", True, "boolean"),
    ],
)
def test_dates_times_and_booleans_are_understood(bench, cell, value, kind):
    made = bench.load(f"n,moment\n1,{cell}\n2,{cell}\n")
    assert (made.column("moment"), made.types[1]) == ([value, value], kind)


def test_days_among_times_are_times_wherever_they_stand(bench):
    made = bench.load("t\n" + "2024-01-05\n" * 100 + "2024-01-05 10:30\n" * 100)
    assert (made.types, made.rows[0], made.rows[-1]) == (
        ["timestamp"],
        (datetime(2024, 1, 5),),
        (datetime(2024, 1, 5, 10, 30),),
    )


def test_dates_that_can_be_read_two_ways_are_told_and_can_be_corrected(bench):
    text = "n,day\n1,01/02/2024\n2,03/04/2024\n"
    made = bench.load(text)
    assert made.column("day")[0] == date(2024, 1, 2)
    assert "month first" in made.loaded.notes[0]
    assert bench.load(text, date_format="%d/%m/%Y").column("day")[0] == date(2024, 2, 1)


def test_records_keep_the_order_of_the_file(bench):
    made = bench.load("n,x\n" + "".join(f"{n},{n % 7}\n" for n in range(200_000)))
    assert made.column("n") == list(range(200_000))


def test_broken_quotes_lose_no_record(bench):
    made = bench.load('a,b\n1,"x"\n2,"un"quoted"\n3,"open\n' + "".join(f"{n},z\n" for n in range(4, 3_000)))
    assert made.column("a") == list(range(1, 3_000))


def test_a_quoted_cell_may_span_lines(bench):
    assert bench.load('a,b\n1,"x\ny"\n2,z\n').rows == [(1, "x\ny"), (2, "z")]


def test_empty_records_are_no_records(bench):
    assert bench.load("a,b\n\n1,2\n,\n3,4\n\n").rows == [(1, 2), (3, 4)]
    assert bench.load("a\n1\n\n\n2\n").rows == [(1,), (2,)]


def test_a_header_alone_is_a_table_without_records(bench):
    made = bench.load("a,b,c\n")
    assert (made.names, made.rows) == (["a", "b", "c"], [])
    assert "no records" in made.loaded.notes[0]


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_with_a_sentence(bench, data):
    with pytest.raises(Unreadable, match=r"is empty\. Upload a file with records"):
        bench.load(data)


def test_a_file_too_large_is_refused_with_its_size_and_the_limit(bench, monkeypatch):
    monkeypatch.setattr(refusals, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(Unreadable, match=r"has 1\.91 MB; a table may have up to 1 MB"):
        bench.load(b"a,b\n" + b"1,2\n" * 500_000)


def test_many_columns_are_read_and_more_are_refused_with_the_limit(bench):
    def wide(count):
        return ",".join(f"c {n}" for n in range(count)) + "\n" + ",".join(map(str, range(count))) + "\n"

    assert bench.load(wide(250)).rows == [tuple(range(250))]
    with pytest.raises(Unreadable, match="has 5,001 columns; a table may have up to 5,000"):
        bench.load(wide(MAX_COLUMNS + 1))


def test_cells_that_look_like_formulas_are_text(bench):
    assert bench.load("a,b\n=1+1,@x\n=cmd|x,-y\n").rows[0] == ("=1+1", "@x")


def test_columns_tell_what_is_in_them(bench):
    made = bench.load("region,n\nNorth,1\nSouth,2\nNorth,\n")
    region, number = made.loaded.columns
    assert (region.title, region.samples, region.distinct_count) == ("region", ("North", "South"), 2)
    assert (number.null_count, number.distinct_count) == (1, 2)


def test_nothing_is_left_beside_the_table(bench):
    path = bench.path(GERMAN.encode("utf-16"))
    bench.load(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["loaded.duckdb", "table.csv"]
