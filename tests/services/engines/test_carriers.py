import threading
import zipfile

import pytest

from services.engines.fetch import ensure_files
from services.engines.manifest import Carrier
from services.engines.sources import from_carrier
from services.errors import ModelUnavailable
from tests.services.engines.support import file_of

DATA = bytes(range(256)) * 10
CARRIER = Carrier("carried-part{n}", "1.0", "carried_part{n}/data/part{n:02}.bin", parts=3, part_bytes=1000)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package folder that pip looks into instead of PyPI."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for n in range(1, 4):
        name = f"carried_part{n}"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "raise SystemExit('a carrier was imported')")
            wheel.writestr(f"{name}/data/part{n:02}.bin", DATA[(n - 1) * 1000 : n * 1000])
            wheel.writestr(
                f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return folder


def test_parts_are_joined_and_nothing_is_left_behind(index, tmp_path):
    models = tmp_path / "models"
    ensure_files([file_of(DATA, carrier=CARRIER)], models)
    assert (models / "model.bin").read_bytes() == DATA
    assert {path.name for path in models.iterdir()} == {"model.bin", "model.bin.lock", "model.bin.verified"}


def test_resuming_skips_the_parts_already_there(index, tmp_path):
    (index / "carried_part1-1.0-py3-none-any.whl").unlink()
    blocks = from_carrier(CARRIER, 1500, tmp_path, lambda size: None, threading.Event())
    assert b"".join(blocks) == DATA[1500:]


def test_package_that_is_gone_is_named(index, tmp_path):
    (index / "carried_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ModelUnavailable, match=r"carried-part2==1\.0"):
        ensure_files([file_of(DATA, carrier=CARRIER)], tmp_path / "models")
    assert (tmp_path / "models" / "model.bin.part").stat().st_size == 1000
