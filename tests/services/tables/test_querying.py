"""SQL in its own process, which can do nothing but answer."""

import threading
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from services.documents.limits import Limits
from services.documents.reading_process import Cancelled
from services.errors import InvalidInput
from services.tables import processes as module
from services.tables.processes import TableProcesses

SALES = (
    "id,region,amount,day,shop\n1,North,10.50,2024-01-05,1\n2,South,3,2024-02-06,2\n3,North,4,2024-03-07,2\n"
)
SHOPS = "shop,city\n1,Rome\n2,Paris\n"


@pytest.fixture
def files(bench):
    made = {}
    for name, text in (("sales", SALES), ("shops", SHOPS)):
        path = bench.path(text)
        bench.load(path)
        made[name] = path.with_name("loaded.duckdb")
        _rename(made[name], name)
    return made


def _rename(file, name):
    import duckdb

    with duckdb.connect(str(file)) as connection:
        connection.execute(f"ALTER TABLE t RENAME TO {name}")


@pytest.fixture
def ask(files, processes, tmp_path):
    def ask(sql, **options):
        return processes.query(files, sql, tmp_path, **{"max_rows": 100, "timeout_s": 30.0} | options)

    return ask


def test_a_query_gives_typed_rows(ask):
    result = ask(
        "SELECT region, sum(amount) AS total, count(*) AS n FROM sales GROUP BY region ORDER BY total DESC"
    )
    assert (result.columns, result.types) == (("region", "total", "n"), ("text", "decimal", "integer"))
    assert result.rows == (("North", Decimal("14.50"), 2), ("South", Decimal("3.00"), 1))
    assert not result.is_cut


def test_tables_of_a_collection_can_be_joined(ask):
    found = ask("SELECT city, count(*) FROM sales JOIN shops USING (shop) GROUP BY city ORDER BY city")
    assert found.rows == (("Paris", 2), ("Rome", 1))


def test_every_type_comes_through(ask):
    sql = (
        "SELECT true, 2::HUGEINT ** 70, 1.5::DOUBLE, 'nan'::DOUBLE, DATE '2024-01-05', TIME '10:30', TIMESTAMP '2024-01-05 10:30',"
        " TIMESTAMPTZ '2024-01-05 10:30+00', NULL, [1, 2], {'a': 1}, INTERVAL 1 DAY, 'x'::BLOB, 170141183460469231731687303715884105727"
    )
    values = ask(sql).rows[0]
    assert values[:3] == (True, 2.0**70, 1.5)
    assert values[3:8] == (
        None,
        date(2024, 1, 5),
        time(10, 30),
        datetime(2024, 1, 5, 10, 30),
        datetime(2024, 1, 5, 10, 30, tzinfo=UTC),
    )
    assert values[8:13] == (None, "[1, 2]", "{'a': 1}", "1 day, 0:00:00", "78")
    assert values[13] == 2**127 - 1


def test_records_are_numbered_and_the_number_is_hidden_from_a_star(ask):
    assert ask("SELECT * FROM sales").columns == ("id", "region", "amount", "day", "shop")
    assert ask("SELECT _row, id FROM sales WHERE _row > 1 ORDER BY _row").rows == ((2, 2), (3, 3))
    assert ask("SELECT DISTINCT * FROM (SELECT region FROM sales)").row_count == 2


def test_results_are_cut_at_the_rows_asked_for(ask):
    result = ask("SELECT * FROM range(1000000000)", max_rows=5)
    assert (result.row_count, result.is_cut) == (5, True)
    assert not ask("SELECT * FROM range(5)", max_rows=5).is_cut


def test_results_are_cut_at_their_bytes(ask, monkeypatch):
    monkeypatch.setattr(module, "MAX_RESULT_BYTES", 100_000)
    result = ask("SELECT repeat('x', 1000) FROM range(1000)", max_rows=1_000)
    assert 50 < result.row_count < 100
    assert result.is_cut


def test_a_value_is_cut_at_its_length(ask):
    (value,) = ask("SELECT repeat('x', 10000000)").rows[0]
    assert len(value) == 32_000


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT nope FROM sales", 'Referenced column "nope" not found'),
        ("SELECT * FROM sales WHERE amount > 'x'", 'Could not convert string "x"'),
        ("SELECT sumx(amount) FROM sales", "sumx does not exist"),
    ],
)
def test_mistakes_come_back_in_words_without_any_path(ask, tmp_path, sql, says):
    with pytest.raises(InvalidInput) as raised:
        ask(sql)
    assert raised.value.code == "sql_error"
    assert says in raised.value.user_message
    assert str(tmp_path) not in raised.value.user_message


def test_refused_sql_has_its_sentence(ask):
    with pytest.raises(InvalidInput, match="Only SELECT") as raised:
        ask("DELETE FROM sales")
    assert raised.value.code == "refused_sql"


def test_a_query_past_its_time_is_stopped_and_the_next_one_answered(ask):
    with pytest.raises(InvalidInput, match=r"longer than 0\.2 seconds") as raised:
        ask("SELECT count(*) FROM range(100000000000) a, range(1000) b", timeout_s=0.2)
    assert raised.value.code == "too_slow"
    assert ask("SELECT 1").rows == ((1,),)


def test_a_query_past_its_memory_is_refused(ask):
    with pytest.raises(InvalidInput) as raised:
        ask("SELECT length(string_agg(repeat('x', 1000), '')) FROM range(100000000)", timeout_s=60)
    assert raised.value.code in ("too_heavy", "too_slow")
    assert ask("SELECT 1").rows == ((1,),)


def test_a_query_ends_when_nobody_wants_it_any_more(ask):
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        ask("SELECT 1", cancelled=cancelled)


def test_a_process_that_does_not_end_in_time_is_killed(files, tmp_path):
    made = TableProcesses(querying=Limits(wall_s=0.0), queriers=1)
    with pytest.raises(InvalidInput) as raised:
        made.query(files, "SELECT 1", tmp_path, max_rows=1, timeout_s=1)
    assert raised.value.code == "too_heavy"
    made.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "ATTACH '{file}' AS x",
        "COPY sales TO '{file}'",
        "SET enable_external_access = true",
        "SET threads = 1",
        "INSTALL httpfs",
        "LOAD '{file}'",
        "CREATE TABLE sales.x AS SELECT 1",
        "DROP TABLE sales",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('{file}')",
    ],
)
def test_duckdb_itself_is_shut_in(files, tmp_path, sql):
    """What the statement check would let through by mistake, DuckDB refuses."""
    import duckdb

    from services.tables.querying import OpenTables

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    opened = OpenTables()
    connection = opened.connection({name: str(file) for name, file in files.items()}, tmp_path)
    with pytest.raises(duckdb.Error):
        connection.execute(sql.format(file=secret, folder=tmp_path)).fetchall()
    opened.close()


def sources(processes, files, tmp_path, sql, limit=10):
    return processes.sources(files, sql, tmp_path, limit=limit, timeout_s=30)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT sum(amount) FROM sales WHERE region = 'North'", [("sales", 2, (1, 3))]),
        (
            "SELECT region, sum(amount) FROM sales GROUP BY 1 HAVING sum(amount) > 5",
            [("sales", 3, (1, 2, 3))],
        ),
        ("SELECT * FROM sales ORDER BY amount DESC LIMIT 1", [("sales", 1, (1,))]),
        (
            "SELECT city FROM sales JOIN shops USING (shop) WHERE id = 1",
            [("sales", 1, (1,)), ("shops", 1, (1,))],
        ),
        ("WITH q AS (SELECT * FROM sales WHERE id > 1) SELECT count(*) FROM q", [("sales", 2, (2, 3))]),
        (
            "SELECT id FROM sales WHERE id = 1 UNION ALL SELECT id FROM sales WHERE id = 3",
            [("sales", 2, (1, 3))],
        ),
        ("SELECT id FROM sales WHERE amount = (SELECT max(amount) FROM sales)", [("sales", 1, (1,))]),
    ],
)
def test_the_records_that_a_result_rests_on_are_found(processes, files, tmp_path, sql, found):
    assert sources(processes, files, tmp_path, sql) == found


def test_only_the_first_records_are_listed_and_all_are_counted(processes, files, tmp_path):
    assert sources(processes, files, tmp_path, "SELECT * FROM sales", limit=2) == [("sales", 3, (1, 2))]
