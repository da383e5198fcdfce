"""Settings come from the environment, .env and the secrets file, and nowhere else."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.errors import StorageFailed
from services.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TANDEM_HOME", raising=False)
    return tmp_path


def test_generated_key_is_made_once_and_readable_by_its_owner_alone(folder: Path) -> None:
    settings = Settings(home=folder / "data")
    key = settings.generated_key()
    assert key.startswith("tandem-") and Settings(home=folder / "data").generated_key() == key
    assert stat.S_IMODE((folder / "data" / "api_key").stat().st_mode) == 0o600
    assert settings.owners_by_key() == {key: "default"}


def test_many_starts_at_once_agree_on_one_key(folder: Path) -> None:
    keys: set[str] = set()
    threads = [
        threading.Thread(target=lambda: keys.add(Settings(home=folder).generated_key())) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 1 and len(keys.pop()) > 40
    assert [p.name for p in folder.iterdir()] == ["api_key"]


def test_environment_outranks_env_file_and_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "toml_file", ".streamlit/secrets.toml")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        'OPENAI_API_KEY = "from-secrets"\nTANDEM_API_KEY = "k"\n'
    )
    assert _key(Settings()) == "from-secrets"
    (folder / ".env").write_text("OPENAI_API_KEY=from-file\n")
    assert _key(Settings(_env_file=".env")) == "from-file"
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert _key(Settings(_env_file=".env")) == "from-environment"


def _key(settings: Settings) -> str:
    assert settings.openai_api_key is not None
    return settings.openai_api_key.get_secret_value()


def test_blank_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert Settings().openai_api_key is None


def test_several_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_API_KEYS", "alice=one, bob=two")
    assert Settings().owners_by_key() == {"one": "alice", "two": "bob"}
    monkeypatch.setenv("TANDEM_API_KEYS", "alice")
    with pytest.raises(ValidationError, match="alice=key1,bob=key2"):
        Settings()


def test_no_setting_shows_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-private")
    monkeypatch.setenv("TANDEM_API_KEYS", "alice=also-private")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "too-private")
    assert "-private" not in repr(Settings())


def test_unwritable_folder_is_said(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(StorageFailed, match="Set TANDEM_HOME"):
        Settings(home=folder / "file" / "data").generated_key()


def test_database_url_names_the_driver() -> None:
    assert Settings(database_url="postgres://u@h/d").resolved_database_url == "postgresql+psycopg://u@h/d"
    assert Settings(home=Path("/x")).resolved_database_url == "sqlite:////x/tandem.db"


@pytest.mark.parametrize("url", ["s3://bucket", "s3://my.bucket-1/a/prefix", None])
def test_blobs_may_go_to_a_bucket(url: str | None) -> None:
    assert Settings(blob_url=url).blob_url == url


@pytest.mark.parametrize(
    "url", ["bucket", "s3://", "https://example.org/bucket", "s3://key:word@bucket", "s3://b?x=1"]
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="s3://bucket/prefix"):
        Settings(blob_url=url)


def test_blank_blob_url_is_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_BLOB_URL", "")
    assert Settings().blob_url is None
