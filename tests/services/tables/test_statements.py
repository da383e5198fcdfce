import pytest

from services.tables.statements import RefusedSql, checked, source_queries, with_row_numbers

TABLES = ("sales", "shops")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM sales",
        "FROM sales",
        "WITH q AS (SELECT * FROM sales) SELECT count(*) FROM q;",
        "SELECT a FROM sales UNION ALL SELECT b FROM shops",
        "SELECT s.a, rank() OVER (ORDER BY a) FROM sales s JOIN shops USING (a) QUALIFY a > 1",
        'SELECT "a" FROM Sales -- a comment',
        "SELECT * FROM range(3), (SELECT unnest([1, 2]))",
        "SELECT * FROM sales PIVOT (sum(a) FOR b IN (1, 2))",
        "SELECT list_transform([1], lambda_ -> lambda_ + 1), COLUMNS('a.*') FROM sales",
    ],
)
def test_a_select_over_the_tables_is_let_through_as_it_was_written(sql):
    assert with_row_numbers(sql, checked(sql, TABLES)) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE sales",
        "INSERT INTO sales VALUES (1)",
        "WITH d AS (DELETE FROM sales RETURNING *) SELECT * FROM d",
        "CREATE TABLE x AS SELECT 1",
        "ATTACH 'x.db'",
        "COPY sales TO 'x.csv'",
        "COPY (SELECT 1) TO 'x.csv'",
        "PRAGMA database_list",
        "SET threads = 9",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE 'x'",
        "CALL pragma_version()",
        "SELECT 1 INTO x",
        "SELECT 1; DROP TABLE sales",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('*')",
        "SELECT * FROM query('DROP TABLE sales')",
        "SELECT * FROM query_table(['sales'])",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM sqlite_scan('x', 'y')",
        "SELECT current_setting('temp_directory')",
        "SELECT getenv('HOME')",
        "SELECT (SELECT content FROM read_blob('x'))",
        "SELECT * FROM secrets",
        "",
        "how many sales are there?",
        "SELECT " + "(" * 2_000,
        "SELECT 1 " + "x" * 30_000,
    ],
)
def test_everything_else_is_refused_with_a_sentence(sql):
    with pytest.raises(RefusedSql) as refused:
        checked(sql, TABLES)
    assert refused.value.says.endswith(".")


def test_a_table_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(RefusedSql, match=r"There is no table “orders”\. The tables are: sales, shops\."):
        checked("SELECT * FROM orders", TABLES)


def test_record_numbers_are_found_only_in_tables():
    sql = "WITH q AS (SELECT _row, a FROM sales) SELECT _row FROM q WHERE _row < 3"
    assert with_row_numbers(sql, checked(sql, TABLES)) == (
        'WITH q AS (SELECT ("sales".rowid + 1) AS _row, a FROM sales) SELECT _row FROM q WHERE _row < 3'
    )


def test_record_numbers_of_two_tables_must_be_told_apart():
    sql = "SELECT _row FROM sales JOIN shops USING (a)"
    with pytest.raises(RefusedSql, match=r"such as sales\._row"):
        with_row_numbers(sql, checked(sql, TABLES))


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT sum(a) FROM sales", ["sales"]),
        ("SELECT * FROM sales s LEFT JOIN shops USING (a)", ["sales", "shops"]),
        ("WITH sales AS (SELECT * FROM shops) SELECT * FROM sales", ["shops"]),
        ("SELECT a FROM sales WHERE a > (SELECT avg(a) FROM shops)", ["sales"]),
        ("SELECT 1", []),
    ],
)
def test_a_result_rests_on_the_tables_that_its_from_names(sql, tables):
    assert [table for table, _ in source_queries(checked(sql, TABLES), 5)] == tables
