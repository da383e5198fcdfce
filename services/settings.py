"""The only reader of the environment, `.env` and Streamlit's secrets file."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from services.errors import StorageFailed

DEFAULT_OWNER = "default"
BLOB_URL = re.compile(r"s3://[\w.-]+(/[\w./-]*)?")


class Settings(BaseSettings):
    """What this installation was told. Each field is one environment variable."""

    model_config = SettingsConfigDict(
        env_file=".env", toml_file=".streamlit/secrets.toml", extra="ignore", populate_by_name=True
    )

    openai_api_key: SecretStr | None = Field(
        None,
        alias="OPENAI_API_KEY",
        description="Use OpenAI with this key; local models are then fetched only when first needed.",
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        alias="OPENAI_BASE_URL",
        description="Another OpenAI-compatible server (Ollama, vLLM …) as the upstream.",
    )
    upstream_responses: bool | None = Field(
        None,
        alias="TANDEM_UPSTREAM_RESPONSES",
        description="Whether the upstream keeps responses itself, so that /v1/responses is passed through; OpenAI's does.",
    )
    home: Path = Field(
        Path("data"),
        alias="TANDEM_HOME",
        description="Folder of the database, files and the generated API key.",
    )
    models_dir: Path = Field(
        Path("~/.cache/tandem/models"),
        alias="TANDEM_MODELS_DIR",
        description="Folder of the local model files.",
    )
    api_key: SecretStr | None = Field(
        None, alias="TANDEM_API_KEY", description="Key that /v1 asks for; generated once when not set."
    )
    api_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict, alias="TANDEM_API_KEYS", description="Several owners: `alice=key1,bob=key2`."
    )
    database_url: str | None = Field(
        None, alias="TANDEM_DATABASE_URL", description="PostgreSQL instead of the SQLite file in TANDEM_HOME."
    )
    blob_url: str | None = Field(
        None,
        alias="TANDEM_BLOB_URL",
        description="S3-compatible storage for files instead of TANDEM_HOME: `s3://bucket` or `s3://bucket/prefix`.",
    )
    aws_endpoint_url: str | None = Field(
        None, alias="AWS_ENDPOINT_URL", description="Address of that storage, when it is not Amazon's."
    )
    aws_access_key_id: str | None = Field(
        None, alias="AWS_ACCESS_KEY_ID", description="Its access key; without one, the machine's own role."
    )
    aws_secret_access_key: SecretStr | None = Field(
        None, alias="AWS_SECRET_ACCESS_KEY", description="The secret of that access key."
    )
    aws_region: str | None = Field(
        None, alias="AWS_REGION", description="Region of the bucket; `us-east-1` when not set."
    )
    chroma_url: str | None = Field(
        None,
        alias="TANDEM_CHROMA_URL",
        description="Chroma server for the vectors, such as `http://127.0.0.1:8000`, instead of one inside this process.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        alias="TANDEM_ALLOWED_HOSTS",
        description="Host names, besides this machine's own, under which /v1 may be called; comma-separated.",
    )
    allow_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        alias="TANDEM_ALLOW_PRIVATE_HOSTS",
        description="Hosts without a public address that functions may call, such as `wiki.intranet`; comma-separated.",
    )
    chat_model: str = Field(
        "qwen2.5-coder-1.5b-instruct",
        alias="TANDEM_CHAT_MODEL",
        description="Local chat model: `qwen2.5-coder-1.5b-instruct` or, for small machines, `qwen2.5-coder-0.5b-instruct`.",
    )
    context_tokens: int = Field(
        8192,
        alias="TANDEM_CONTEXT_TOKENS",
        ge=1024,
        le=32768,
        description="Context window of the local chat model, per conversation.",
    )
    max_body_bytes: int = Field(
        64 * 2**20,
        alias="TANDEM_MAX_BODY_BYTES",
        ge=1024,
        description="Largest request body /v1 takes; larger ones get 413.",
    )
    conformance: bool = Field(
        False,
        alias="TANDEM_CONFORMANCE",
        description="For tests of the protocol alone: /v1 makes up unknown objects and answers. Refused over real data.",
    )
    requests_per_minute: int = Field(
        0,
        alias="TANDEM_REQUESTS_PER_MINUTE",
        ge=0,
        description="Requests an owner may make to /v1 in a minute; 0 means no limit.",
    )
    tokens_per_minute: int = Field(
        0,
        alias="TANDEM_TOKENS_PER_MINUTE",
        ge=0,
        description="Tokens an owner may use at /v1 in a minute; 0 means no limit.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment outranks `.env`, which outranks Streamlit's secrets file."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_owners(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if any(not owner.strip() or not key.strip() for owner, _, key in pairs):
            raise ValueError("write owners as alice=key1,bob=key2")
        return {owner.strip(): key.strip() for owner, _, key in pairs}

    @field_validator("allowed_hosts", "allow_private_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return (
            tuple(h.strip().lower() for h in value.split(",") if h.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator(
        "openai_api_key",
        "api_key",
        "blob_url",
        "aws_endpoint_url",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_region",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("blob_url")
    @classmethod
    def _names_a_bucket(cls, value: str | None) -> str | None:
        if value is not None and not BLOB_URL.fullmatch(value):
            raise ValueError(
                "write s3://bucket or s3://bucket/prefix; keys go into AWS_ACCESS_KEY_ID and the like"
            )
        return value

    @field_validator("home", "models_dir")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def resolved_database_url(self) -> str:
        """The database's SQLAlchemy URL; SQLite in `home` unless another was named."""
        if self.database_url is None:
            return f"sqlite:///{self.home / 'tandem.db'}"
        return self.database_url.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )

    def owners_by_key(self) -> dict[str, str]:
        """Every key /v1 accepts, with the owner it stands for."""
        keys = {key.get_secret_value(): owner for owner, key in self.api_keys.items()}
        if self.api_key is not None:
            keys[self.api_key.get_secret_value()] = DEFAULT_OWNER
        if not keys:
            keys[self.generated_key()] = DEFAULT_OWNER
        return keys

    def own_key(self) -> str:
        """The key the user interface itself calls /v1 with."""
        owners = self.owners_by_key()
        return next((k for k, o in owners.items() if o == DEFAULT_OWNER), next(iter(owners)))

    def generated_key(self) -> str:
        """The key in `home`/api_key, made on first use and readable by its owner alone."""
        path = self.home / "api_key"
        try:
            return path.read_text().strip() if path.exists() else _create_key(path)
        except OSError as error:
            raise StorageFailed(
                f"The data folder {self.home} cannot be used ({error.strerror}). "
                "Set TANDEM_HOME to a folder that can be written."
            ) from error


def _create_key(path: Path) -> str:
    """Write a new key under another name and link it into place: whoever looks finds a whole key or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"api_key.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("tandem-" + secrets.token_urlsafe(32))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()
    return path.read_text().strip()


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
