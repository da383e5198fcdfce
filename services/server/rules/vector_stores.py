"""What a request may say about vector stores, their files, and a search in one."""

from __future__ import annotations

from typing import Any

from services.server.errors import ApiError
from services.server.rules import assistants, filters, limits, schema
from services.server.rules.schema_errors import missing

MOST_FILES = 500
MOST_FILES_OF_A_BATCH = 2000
MOST_ATTRIBUTES = 16
LONGEST_QUERY = 4096

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that creates a store."""
    from openai.types.vector_store_create_params import VectorStoreCreateParams

    return VectorStoreCreateParams


def change_type() -> Any:
    """The SDK's type of a request that changes one."""
    from openai.types.vector_store_update_params import VectorStoreUpdateParams

    return VectorStoreUpdateParams


def file_type() -> Any:
    """The SDK's type of a request that adds a file."""
    from openai.types.vector_stores.file_create_params import FileCreateParams

    return FileCreateParams


def file_change_type() -> Any:
    """The SDK's type of a request that changes a file's attributes."""
    from openai.types.vector_stores.file_update_params import FileUpdateParams

    return schema.body_type(FileUpdateParams, "vector_store_id")


def batch_type() -> Any:
    """The SDK's type of a request that adds files together."""
    from openai.types.vector_stores.file_batch_create_params import FileBatchCreateParams

    return FileBatchCreateParams


def search_type() -> Any:
    """The SDK's type of a search, with the weights that the file search of Responses has."""
    from openai.types.responses.file_search_tool_param import RankingOptionsHybridSearch
    from openai.types.vector_store_search_params import RankingOptions, VectorStoreSearchParams

    options = schema.body_type(RankingOptions, hybrid_search=RankingOptionsHybridSearch)
    return schema.body_type(VectorStoreSearchParams, ranking_options=options)


def creation(body: Body) -> Body:
    """A checked request for a new store."""
    body = schema.without_nulls(body)
    schema.check(creation_type, body)
    limits.items(body.get("file_ids"), "file_ids", MOST_FILES)
    _check_shared(body)
    assistants.check_chunking(body.get("chunking_strategy"))
    return body


def change(body: Body) -> Body:
    """A checked request to change a store; a null empties what it names."""
    schema.check(change_type, schema.without_nulls(body))
    _check_shared(body)
    return body


def _check_shared(body: Body) -> None:
    limits.text(body.get("name"), "name", 256)
    limits.text(body.get("description"), "description", 512)
    limits.metadata(body.get("metadata"))
    limits.number(body.get("expires_after") or {}, "days", 1, 365)


def file(body: Body) -> Body:
    """A checked request to add a file."""
    body = schema.without_nulls(body)
    schema.check(file_type, body)
    _check_file(body)
    return body


def file_change(body: Body) -> Body | None:
    """The new attributes of a file."""
    schema.check(file_change_type, body)
    check_attributes(body["attributes"])
    attributes: Body | None = body["attributes"]
    return attributes


def batch(body: Body) -> Body:
    """A checked request to add files together."""
    body = schema.without_nulls(body)
    schema.check(batch_type, body)
    if not body.get("file_ids") and not body.get("files"):
        raise missing("file_ids")
    for name in ("file_ids", "files"):
        limits.items(body.get(name), name, MOST_FILES_OF_A_BATCH, 1)
    _check_file(body)
    for entry in body.get("files") or ():
        _check_file(entry)
    return body


def search(body: Body) -> Body:
    """A checked search."""
    body = schema.without_nulls(body)
    schema.check(search_type, body)
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    limits.items(queries, "query", 32, 1)
    for query in queries:
        limits.text(query, "query", LONGEST_QUERY)
        if not query.strip():
            raise ApiError(400, "Invalid 'query': it must not be empty.", code="invalid_value", param="query")
    if "filters" in body:
        filters.check(body["filters"])
    limits.number(body, "max_num_results", 1, 50)
    limits.number(body.get("ranking_options") or {}, "score_threshold", 0.0, 1.0)
    _check_weights((body.get("ranking_options") or {}).get("hybrid_search") or {})
    return body


def _check_weights(weights: Body) -> None:
    for name in weights:
        limits.number(weights, name, 0.0, 1.0)
    if weights and not any(weights.values()):
        message = "Invalid 'hybrid_search': at least one of the weights must be above 0."
        raise ApiError(400, message, code="invalid_value", param="ranking_options.hybrid_search")


def _check_file(body: Body) -> None:
    assistants.check_chunking(body.get("chunking_strategy"))
    check_attributes(body.get("attributes"))


def check_attributes(attributes: Any) -> None:
    """At most 16, keys up to 64 and texts up to 512 characters."""
    limits.items(attributes, "attributes", MOST_ATTRIBUTES)
    for key, value in (attributes or {}).items():
        limits.text(key, "attributes", 64)
        limits.text(value, f"attributes.{key}", 512)
