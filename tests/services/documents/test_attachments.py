from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter

from services.documents import attachments
from services.documents.attachments import as_content_parts, read_attachment
from services.documents.filenames import clean_filename
from services.documents.images import image_size
from services.errors import InvalidInput
from services.turns import Attachment, Message
from tests.services.documents.readers.test_pdf import drawing_bomb, packed_bomb


def picture(kind, size=(80, 60), mode="RGB", **options):
    file = BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 0).save(file, kind, **options)
    return file.getvalue()


def pdf(*texts, password=None):
    """A small PDF with a line of text a page."""
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")}
        | {NameObject("/BaseFont"): NameObject("/Helvetica")}
    )
    for text in texts:
        page = writer.add_blank_page(200, 200)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg"), ("GIF", "image/png")],
)
def test_a_picture_is_known_by_its_content_not_its_name(kind, media_type):
    attachment = read_attachment("notes.txt", picture(kind))
    assert (attachment.media_type, attachment.filename) == (media_type, "notes.txt")
    assert image_size(attachment.data) == (80, 60)


def test_where_and_when_a_photo_was_taken_is_removed():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 0.0)
    for kind in ("JPEG", "PNG", "WEBP"):
        data = picture(kind, exif=exif)
        assert b"SecretCamera" in data
        cleaned = read_attachment("a", data).data
        assert b"SecretCamera" not in cleaned
        assert not dict(Image.open(BytesIO(cleaned)).getexif())


def test_a_photo_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert image_size(read_attachment("a.jpg", picture("JPEG", exif=exif)).data) == (60, 80)


def test_a_large_picture_is_scaled_down_and_its_shape_kept():
    assert image_size(read_attachment("a.png", picture("PNG", (4000, 1000))).data) == (2048, 512)


def test_transparency_survives():
    attachment = read_attachment("a.webp", picture("WEBP", mode="RGBA"))
    assert attachment.media_type == "image/png"
    assert Image.open(BytesIO(attachment.data)).mode == "RGBA"


def test_a_decompression_bomb_is_refused_unopened():
    for side in (8_000, 20_000):
        with pytest.raises(InvalidInput, match=r"bomb\.png has more than 50 million pixels"):
            read_attachment("bomb.png", picture("PNG", (side, side), "1"))


def test_an_animation_is_refused():
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(InvalidInput, match="animated"):
        read_attachment("a.gif", file.getvalue())


@pytest.mark.parametrize("kept", [12, 60, 200])
def test_a_damaged_picture_is_refused(kept):
    data = picture("PNG", (200, 200))
    with pytest.raises(InvalidInput, match=r"a\.png"):
        read_attachment("a.png", data[:kept])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_read_in_whatever_encoding_it_was_saved(encoding):
    text = "Grüße aus Köln, schöne Straße: naïve café.\nSecond line, plain as can be.\n" * 4
    attachment = read_attachment("a.md", text.replace("\n", "\r\n").encode(encoding))
    assert attachment == Attachment("a.md", "text/plain", text.encode())


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\x00\x00" * 9, b"PK\x03\x04\x14\x00\x00\x00" * 9, bytes(range(256))]
)
def test_binary_files_are_refused(data):
    with pytest.raises(InvalidInput, match=r"notes.txt is neither text"):
        read_attachment("notes.txt", data)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"x" * (30 * 2**20), "a.txt has 30 MB; at most 20 MB"),
        (b"word " * 300_000, "of text; at most 1 MB"),
        (b"", "is empty"),
    ],
)
def test_the_limits_are_named(data, hint):
    with pytest.raises(InvalidInput, match=hint):
        read_attachment("a.txt", data)


def test_a_pdf_becomes_the_text_of_its_pages():
    attachment = read_attachment("report.pdf", pdf("Hello first", "Hello second"))
    assert attachment.data.decode() == "[page 1]\nHello first\n\n[page 2]\nHello second"
    assert attachment.media_type == "text/plain"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (pdf("secret", password="pw"), "password"),
        (pdf(*["x"] * 201), "201 pages; at most 200"),
        (pdf(""), "no text"),
        (b"%PDF-1.7 and nothing more", "damaged"),
    ],
)
def test_pdfs_that_cannot_be_used_get_a_sentence(data, hint):
    with pytest.raises(InvalidInput, match=hint):
        read_attachment("a.pdf", data)


@pytest.mark.parametrize("make", [drawing_bomb, packed_bomb])
def test_a_pdf_that_would_take_everything_costs_one_attachment(make, monkeypatch):
    monkeypatch.setattr(attachments, "PDF_CPU_S", 2)
    with pytest.raises(InvalidInput, match=r"^a\.pdf "):
        read_attachment("a.pdf", make())


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a\x00b\n.txt", "ab.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("", "file"),
        ("...", "file"),
        ("日本語.pdf", "日本語.pdf"),
    ],
)
def test_file_names_are_cleaned(given_name, cleaned):
    assert clean_filename(given_name) == cleaned


@given(st.text(max_size=300))
def test_a_cleaned_name_is_short_and_harmless(name):
    cleaned = clean_filename(name)
    assert 0 < len(cleaned) <= 120
    assert not set(cleaned) & set("/\\\x00\n\u202e")
    assert cleaned.encode()


def test_a_long_name_keeps_its_ending():
    assert clean_filename("a" * 300 + ".pdf").endswith("….pdf")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(data):
    try:
        assert read_attachment("a", data).data
    except InvalidInput as error:
        assert error.user_message.endswith(".")


PICTURE = Attachment("cat.png", "image/png", picture("PNG", (800, 600)))
NOTES = Attachment("notes.md", "text/plain", b"one\n```py\ntwo\n```\n")


def test_a_message_without_files_is_a_plain_string():
    assert as_content_parts(Message("user", "hi"), sees_images=True) == "hi"


def test_a_text_file_comes_fenced_before_the_question():
    content = as_content_parts(Message("user", "Explain.", (NOTES,)), sees_images=False)
    assert content == "notes.md:\n````\none\n```py\ntwo\n```\n````\n\nExplain."


def test_a_model_that_sees_gets_the_picture():
    parts = as_content_parts(Message("user", "What?", (PICTURE, NOTES)), sees_images=True)
    assert [part["type"] for part in parts] == ["text", "text", "image_url"]
    assert parts[1]["text"] == "What?"
    assert parts[2]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


def test_a_model_that_cannot_see_is_told_so():
    content = as_content_parts(Message("user", "What?", (PICTURE,)), sees_images=False)
    assert content == "[image: cat.png, 800×600 — this model cannot see pictures]\n\nWhat?"
