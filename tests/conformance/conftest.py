"""The API's fixtures."""

from tests.support.api import (  # noqa: F401
    client,
    client_before,
    http,
    http_before,
    llama,
    make_api,
    open_api,
    upstream,
)
