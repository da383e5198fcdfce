import time

from services.documents.decoding import SAMPLE_BYTES, decoded


def test_a_bad_byte_in_utf_8_costs_one_letter_not_the_encoding() -> None:
    data = ("Grüße aus Köln. " * 50).encode() + b"\xff" + " und schöne Straße".encode()
    assert decoded(data) == "Grüße aus Köln. " * 50 + "\ufffd und schöne Straße"


def test_a_long_file_is_judged_by_the_first_lines_that_tell() -> None:
    plain, umlauts = "plain words, one line after the other\n", "Grüße aus Köln, schöne Straße\n"
    text = plain * (2 * SAMPLE_BYTES // len(plain)) + umlauts * 200
    started = time.thread_time()
    assert decoded(text.encode("cp1252")) == text
    assert time.thread_time() - started < 2


def test_other_alphabets_are_recognised() -> None:
    text = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 20
    assert decoded(text.encode("cp1251")) == text
    text = "これは日本語の文章です。文字コードを調べるために書かれました。" * 20
    assert decoded(text.encode("shift_jis")) == text
    assert decoded(text.encode("utf-32")) == text
