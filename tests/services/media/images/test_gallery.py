from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.errors import InvalidInput, NotFound
from services.media.images.gallery import Gallery, NewPicture
from services.media.images.metadata import with_metadata
from services.media.images.pictures import read_picture, written
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs


def picture(colour: str = "red", kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (12, 8), colour).save(out, kind)
    return out.getvalue()


def new(prompt: str, colour: str = "red", parent_id: str | None = None) -> NewPicture:
    return NewPicture(
        picture(colour), "image/png", "generated", prompt, "m", parent_id, Decimal(0), {"seed": 3}
    )


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def gallery(tmp_path: Path, blobs: FolderBlobs) -> Iterator[Gallery]:
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    yield Gallery(database, blobs, "alice")
    database.close()


def test_pictures_are_found_by_words_newest_first(gallery):
    gallery.add(new("a red cat"))
    gallery.add(new("a blue cat", "blue"))
    assert [p.prompt for p in gallery.page("CAT")] == ["a blue cat", "a red cat"]
    assert [p.prompt for p in gallery.page("red cat")] == ["a red cat"]
    assert gallery.page("%") == []


def test_lineage_goes_back_to_the_first_and_survives_its_deletion(gallery):
    first = gallery.add(new("one"))
    second = gallery.add(new("two", "blue", first.id))
    third = gallery.add(new("three", "green", second.id))
    assert [p.prompt for p in gallery.lineage(third.id)] == ["one", "two", "three"]
    assert [p.prompt for p in gallery.children(first.id)] == ["two"]
    gallery.delete(first.id)
    assert [p.prompt for p in gallery.lineage(third.id)] == ["two", "three"]


def test_deleted_bytes_are_gone_unless_another_picture_has_them(gallery, blobs):
    one, same = gallery.add(new("one")), gallery.add(new("same"))
    gallery.delete(one.id)
    assert gallery.data(same.id) == picture()
    gallery.delete(same.id)
    assert list(blobs.keys()) == []


def test_all_are_deleted_with_their_bytes_and_those_of_others_stay(gallery, tmp_path, blobs):
    first = gallery.add(new("one"))
    gallery.add(new("two", "blue", first.id))
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    other = Gallery(database, blobs, "bob")
    kept = other.add(new("bob's", "blue"))
    gallery.delete_all()
    assert gallery.page() == []
    assert other.data(kept.id) == picture("blue")
    assert blobs.size_bytes() == len(picture("blue"))
    database.close()


def test_nobody_sees_the_pictures_of_another(gallery, tmp_path, blobs):
    mine = gallery.add(new("mine"))
    database = open_database(f"sqlite:///{tmp_path}/t.db")
    other = Gallery(database, blobs, "bob")
    assert other.page() == []
    for refused in (other.get, other.data, other.delete):
        with pytest.raises(NotFound):
            refused(mine.id)
    database.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_download_carries_its_prompt_and_the_same_pixels(gallery, kind):
    data = picture("teal", kind)
    kept = gallery.add(NewPicture(data, f"image/{kind.lower()}", "generated", "a cat, süß", "m"))
    told = with_metadata(data, kept.facts)
    read = Image.open(BytesIO(told))
    assert "süß".encode() in told
    assert (np.asarray(read) == np.asarray(Image.open(BytesIO(data)))).all()


def test_the_place_a_photo_was_taken_is_not_kept():
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    out = BytesIO()
    Image.new("RGB", (12, 8)).save(out, "JPEG", exif=exif)
    assert b"Exif" in out.getvalue()
    assert b"Exif" not in written(read_picture("it", out.getvalue()), "jpeg")


def test_more_pixels_than_are_unpacked_are_refused_before_that():
    data = bytearray(picture())
    data[16:24] = (20_000).to_bytes(4) * 2
    with pytest.raises(InvalidInput):
        read_picture("it", bytes(data))
