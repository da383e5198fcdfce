import pytest

from services.documents.refusals import Unreadable
from services.tables.encodings import as_utf_8

TEXT = "name;Ort\nJürgen;Köln\nFrançois;Orléans à côté\n"


def read(tmp_path, data, encoding=None):
    path = tmp_path / "in"
    path.write_bytes(data)
    found = as_utf_8(path, encoding, tmp_path / "out")
    return found, found.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_text_is_recognised_in_the_encoding_it_was_saved_in(tmp_path, encoding):
    found, text = read(tmp_path, TEXT.encode(encoding))
    assert text == TEXT
    assert found.encoding == encoding.removesuffix("-sig")
    assert found.notes == ()


def test_plain_utf_8_is_not_copied(tmp_path):
    found, _ = read(tmp_path, TEXT.encode())
    assert found.path == tmp_path / "in"


def test_the_first_other_letter_may_come_late(tmp_path):
    found, text = read(tmp_path, b"plain;line\n" * 300_000 + TEXT.encode("cp1252"))
    assert found.encoding == "cp1252"
    assert text.endswith(TEXT)


@pytest.mark.parametrize("data", [b"a,b\r1,2\r", b"a,b\r\n1,2\n", b"a,b\n1,2\r\n"])
def test_lines_end_in_one_way(tmp_path, data):
    assert read(tmp_path, data)[1] == "a,b\n1,2\n"


def test_nuls_are_left_out_and_counted(tmp_path):
    found, text = read(tmp_path, b"a,b\n1,x\x00y\n")
    assert text == "a,b\n1,xy\n"
    assert found.notes == ("NUL characters that were left out: 1.",)


def test_a_damaged_letter_changes_no_other(tmp_path):
    found, text = read(tmp_path, TEXT.encode() * 20 + b"\xff\n")
    assert found.encoding == "utf-8"
    assert text == TEXT * 20 + "�\n"
    assert found.notes == ("Letters that could not be read as utf-8 and are shown as �: 1.",)


def test_an_encoding_that_was_chosen_is_used(tmp_path):
    assert read(tmp_path, "Łódź\n".encode("cp1250"), "cp1250")[1] == "Łódź\n"


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "utf-8", "../x"])
def test_an_encoding_that_does_not_fit_is_refused_with_a_sentence(tmp_path, encoding):
    with pytest.raises(Unreadable, match="Choose another encoding"):
        read(tmp_path, bytes(range(128, 256)) * 10, encoding)


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="Upload a CSV"):
        read(tmp_path, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x01\x02\x03")
