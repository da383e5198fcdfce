"""One file per resource of the API."""

from services.server.routes import (
    assistants,
    chat,
    docs,
    embeddings,
    file_batches,
    files,
    messages,
    models,
    passages,
    run_steps,
    runs,
    threads,
    uploads,
    vector_store_files,
    vector_stores,
)

RESOURCES = (
    models,
    chat,
    embeddings,
    assistants,
    runs,  # before threads: /threads/runs is no thread
    threads,
    messages,
    run_steps,
    files,
    uploads,
    vector_stores,
    vector_store_files,
    passages,
    file_batches,
    docs,
)
ROUTES = tuple(route for resource in RESOURCES for route in resource.routes)
