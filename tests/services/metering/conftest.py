import pytest

from services.metering.ledger import Ledger
from services.storage.database import open_database
from services.storage.preferences import Preferences


@pytest.fixture
def database(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path}/tandem.db")
    yield opened
    opened.close()


@pytest.fixture
def ledger(database):
    return Ledger(database, "alice")


@pytest.fixture
def preferences(database):
    return Preferences(database, "alice")
