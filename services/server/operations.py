"""Each route as OpenAI names it, with the SDK's types of what goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from services.server import routes
from services.server.rules import (
    assistants,
    audio,
    batches,
    chat,
    containers,
    conversations,
    embeddings,
    fine_tuning,
    images,
    responses,
    runs,
    threads,
    vector_stores,
)
from services.server.rules import files as file_rules

Load = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: its name in the SDK, and functions that import its types."""

    name: str
    request: Load | None = None
    response: Load | None = None
    streams: Load | None = None
    example: Any = None
    is_open: bool = False
    is_form: bool = False
    query: tuple[str, ...] = ()
    is_ours: bool = False


def _load(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def sdk(module: str, name: str) -> Load:
    """A type of the SDK, imported when it is asked for."""
    return partial(_load, f"openai.types.{module}" if module else "openai.types", name)


def page_of(item: Load, paging: str = "SyncCursorPage") -> Load:
    """The SDK's type of a page of such items."""

    def load() -> Any:
        return _load("openai.pagination", paging)[item()]

    return load


ASSISTANT = sdk("beta", "Assistant")
THREAD = sdk("beta", "Thread")
MESSAGE = sdk("beta.threads", "Message")
RUN = sdk("beta.threads", "Run")
STEP = sdk("beta.threads.runs", "RunStep")
EVENT = sdk("beta", "AssistantStreamEvent")
FILE = sdk("", "FileObject")
UPLOAD = sdk("", "Upload")
STORE = sdk("", "VectorStore")
STORE_FILE = sdk("vector_stores", "VectorStoreFile")
FILE_BATCH = sdk("vector_stores", "VectorStoreFileBatch")
BATCH = sdk("", "Batch")
TUNING_JOB = sdk("fine_tuning", "FineTuningJob")
RESPONSE = sdk("responses", "Response")
RESPONSE_EVENT = sdk("responses", "ResponseStreamEvent")
CONVERSATION = sdk("conversations", "Conversation")
PAGE = ("limit", "order", "after", "before")
INCLUDE = ("include[]",)
FILTER = (*PAGE, "filter")
HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}

MODELS = {
    routes.models.list_models: Operation("models.list", response=page_of(sdk("", "Model"), "SyncPage")),
    routes.models.retrieve: Operation("models.retrieve", response=sdk("", "Model")),
    routes.models.delete: Operation("models.delete", response=sdk("", "ModelDeleted")),
    routes.chat.create: Operation(
        "chat.completions.create",
        chat.request_type,
        sdk("chat", "ChatCompletion"),
        sdk("chat", "ChatCompletionChunk"),
        HELLO,
    ),
    routes.embeddings.create: Operation(
        "embeddings.create",
        embeddings.request_type,
        sdk("", "CreateEmbeddingResponse"),
        example={"model": "text-embedding-3-small", "input": "Hello"},
    ),
}
AUDIO = {
    routes.audio.speak: Operation(
        "audio.speech.create",
        audio.speech_type,
        example={"model": "tts-1", "voice": "alloy", "input": "Hello"},
    ),
    routes.audio.transcribe: Operation(
        "audio.transcriptions.create",
        sdk("audio.transcription_create_params", "TranscriptionCreateParamsNonStreaming"),
        sdk("audio", "TranscriptionCreateResponse"),
        sdk("audio", "TranscriptionStreamEvent"),
        is_form=True,
    ),
    routes.audio.translate: Operation(
        "audio.translations.create",
        sdk("audio.translation_create_params", "TranslationCreateParams"),
        sdk("audio", "TranslationCreateResponse"),
        is_form=True,
    ),
}
ASSISTANTS = {
    routes.assistants.create: Operation(
        "beta.assistants.create",
        assistants.creation_type,
        ASSISTANT,
        example={"model": "gpt-4o", "instructions": "You explain things briefly."},
    ),
    routes.assistants.page: Operation("beta.assistants.list", response=page_of(ASSISTANT), query=PAGE),
    routes.assistants.retrieve: Operation("beta.assistants.retrieve", response=ASSISTANT),
    routes.assistants.update: Operation("beta.assistants.update", assistants.change_type, ASSISTANT),
    routes.assistants.delete: Operation("beta.assistants.delete", response=sdk("beta", "AssistantDeleted")),
}
THREADS = {
    routes.threads.create: Operation("beta.threads.create", threads.creation_type, THREAD, example={}),
    routes.threads.page: Operation(
        "threads.list", response=page_of(THREAD), query=("limit", "after", "query"), is_ours=True
    ),
    routes.threads.fork: Operation("threads.fork", threads.fork_type, THREAD, is_ours=True),
    routes.threads.retrieve: Operation("beta.threads.retrieve", response=THREAD),
    routes.threads.update: Operation("beta.threads.update", threads.change_type, THREAD),
    routes.threads.delete: Operation("beta.threads.delete", response=sdk("beta", "ThreadDeleted")),
    routes.messages.create: Operation(
        "beta.threads.messages.create",
        threads.message_type,
        MESSAGE,
        example={"role": "user", "content": "Hello"},
    ),
    routes.messages.page: Operation(
        "beta.threads.messages.list", response=page_of(MESSAGE), query=(*PAGE, "run_id")
    ),
    routes.messages.retrieve: Operation("beta.threads.messages.retrieve", response=MESSAGE),
    routes.messages.update: Operation("beta.threads.messages.update", threads.message_change_type, MESSAGE),
    routes.messages.delete: Operation(
        "beta.threads.messages.delete", response=sdk("beta.threads", "MessageDeleted")
    ),
}
RUNS = {
    routes.runs.create_with_thread: Operation(
        "beta.threads.create_and_run", runs.thread_and_run_type, RUN, EVENT
    ),
    routes.runs.create: Operation("beta.threads.runs.create", runs.creation_type, RUN, EVENT, query=INCLUDE),
    routes.runs.page: Operation("beta.threads.runs.list", response=page_of(RUN), query=PAGE),
    routes.runs.retrieve: Operation("beta.threads.runs.retrieve", response=RUN),
    routes.runs.update: Operation("beta.threads.runs.update", runs.change_type, RUN),
    routes.runs.cancel: Operation("beta.threads.runs.cancel", response=RUN),
    routes.runs.submit_tool_outputs: Operation(
        "beta.threads.runs.submit_tool_outputs", runs.outputs_type, RUN, EVENT
    ),
    routes.runs.events: Operation("runs.events", streams=EVENT, query=("after",), is_ours=True),
    routes.runs.prompts: Operation("runs.prompts", is_ours=True),
    routes.run_steps.page: Operation(
        "beta.threads.runs.steps.list", response=page_of(STEP), query=(*PAGE, *INCLUDE)
    ),
    routes.run_steps.retrieve: Operation("beta.threads.runs.steps.retrieve", response=STEP, query=INCLUDE),
}
RESPONSES = {
    routes.responses.create: Operation(
        "responses.create",
        responses.creation_type,
        RESPONSE,
        RESPONSE_EVENT,
        example={"model": "gpt-4o", "input": "Hello"},
    ),
    routes.responses.count: Operation(
        "responses.input_tokens.count",
        responses.count_type,
        sdk("responses", "InputTokenCountResponse"),
        example={"model": "gpt-4o", "input": "Hello"},
    ),
    routes.responses.compact: Operation(
        "responses.compact",
        responses.compaction_type,
        sdk("responses", "CompactedResponse"),
        example={"model": "gpt-4o", "input": "Hello"},
    ),
    routes.responses.retrieve: Operation(
        "responses.retrieve",
        response=RESPONSE,
        streams=RESPONSE_EVENT,
        query=("stream", "starting_after", *INCLUDE),
    ),
    routes.responses.delete: Operation("responses.delete"),
    routes.responses.cancel: Operation("responses.cancel", response=RESPONSE),
    routes.responses.citations: Operation("responses.citations.list", is_ours=True),
    routes.responses.input_items: Operation(
        "responses.input_items.list",
        response=page_of(sdk("responses", "ResponseItem")),
        query=("limit", "order", "after", *INCLUDE),
    ),
    routes.conversations.create: Operation(
        "conversations.create", conversations.creation_type, CONVERSATION, example={}
    ),
    routes.conversations.retrieve: Operation("conversations.retrieve", response=CONVERSATION),
    routes.conversations.update: Operation("conversations.update", conversations.change_type, CONVERSATION),
    routes.conversations.delete: Operation(
        "conversations.delete", response=sdk("conversations", "ConversationDeletedResource")
    ),
    routes.conversations.add_items: Operation(
        "conversations.items.create",
        conversations.items_type,
        sdk("conversations", "ConversationItemList"),
        query=INCLUDE,
        example={"items": [{"role": "user", "content": "Hello"}]},
    ),
    routes.conversations.page_of_items: Operation(
        "conversations.items.list",
        response=page_of(sdk("conversations", "ConversationItem"), "SyncConversationCursorPage"),
        query=("limit", "order", "after", *INCLUDE),
    ),
    routes.conversations.retrieve_item: Operation(
        "conversations.items.retrieve", response=sdk("conversations", "ConversationItem"), query=INCLUDE
    ),
    routes.conversations.delete_item: Operation("conversations.items.delete", response=CONVERSATION),
    routes.containers.create: Operation(
        "containers.create",
        containers.creation_type,
        sdk("", "ContainerCreateResponse"),
        example={"name": "Tables"},
    ),
    routes.containers.retrieve: Operation(
        "containers.retrieve", response=sdk("", "ContainerRetrieveResponse")
    ),
    routes.containers.delete: Operation("containers.delete"),
    routes.containers.page_of_files: Operation(
        "containers.files.list", response=page_of(sdk("containers", "FileListResponse"))
    ),
    routes.containers.retrieve_file: Operation(
        "containers.files.retrieve", response=sdk("containers", "FileRetrieveResponse")
    ),
    routes.containers.content: Operation("containers.files.content.retrieve"),
}
FILES = {
    routes.files.create: Operation(
        "files.create", sdk("file_create_params", "FileCreateParams"), FILE, is_form=True
    ),
    routes.files.page: Operation(
        "files.list", response=page_of(FILE), query=("purpose", "limit", "order", "after")
    ),
    routes.files.retrieve: Operation("files.retrieve", response=FILE),
    routes.files.delete: Operation("files.delete", response=sdk("", "FileDeleted")),
    routes.files.content: Operation("files.content"),
    routes.uploads.create: Operation("uploads.create", file_rules.upload_type, UPLOAD),
    routes.uploads.add_part: Operation(
        "uploads.parts.create",
        sdk("uploads.part_create_params", "PartCreateParams"),
        sdk("uploads", "UploadPart"),
        is_form=True,
    ),
    routes.uploads.complete: Operation("uploads.complete", file_rules.completion_type, UPLOAD),
    routes.uploads.cancel: Operation("uploads.cancel", response=UPLOAD),
}
BATCHES = {
    routes.batches.create: Operation("batches.create", batches.creation_type, BATCH),
    routes.batches.page: Operation("batches.list", response=page_of(BATCH), query=PAGE),
    routes.batches.retrieve: Operation("batches.retrieve", response=BATCH),
    routes.batches.cancel: Operation("batches.cancel", response=BATCH),
}
FINE_TUNING = {
    routes.fine_tuning.create: Operation("fine_tuning.jobs.create", fine_tuning.creation_type, TUNING_JOB),
    routes.fine_tuning.page: Operation(
        "fine_tuning.jobs.list", response=page_of(TUNING_JOB), query=("limit", "after")
    ),
    routes.fine_tuning.retrieve: Operation("fine_tuning.jobs.retrieve", response=TUNING_JOB),
    routes.fine_tuning.cancel: Operation("fine_tuning.jobs.cancel", response=TUNING_JOB),
    routes.fine_tuning.pause: Operation("fine_tuning.jobs.pause", response=TUNING_JOB),
    routes.fine_tuning.resume: Operation("fine_tuning.jobs.resume", response=TUNING_JOB),
    routes.fine_tuning.events: Operation(
        "fine_tuning.jobs.list_events",
        response=page_of(sdk("fine_tuning", "FineTuningJobEvent")),
        query=("limit", "after"),
    ),
    routes.fine_tuning.checkpoints: Operation(
        "fine_tuning.jobs.checkpoints.list",
        response=page_of(sdk("fine_tuning.jobs", "FineTuningJobCheckpoint")),
        query=("limit", "after"),
    ),
}
VECTOR_STORES = {
    routes.vector_stores.create: Operation(
        "vector_stores.create", vector_stores.creation_type, STORE, example={"name": "Manuals"}
    ),
    routes.vector_stores.page: Operation("vector_stores.list", response=page_of(STORE), query=PAGE),
    routes.vector_stores.retrieve: Operation("vector_stores.retrieve", response=STORE),
    routes.vector_stores.update: Operation("vector_stores.update", vector_stores.change_type, STORE),
    routes.vector_stores.delete: Operation("vector_stores.delete", response=sdk("", "VectorStoreDeleted")),
    routes.vector_stores.search: Operation(
        "vector_stores.search",
        vector_stores.search_type,
        page_of(sdk("", "VectorStoreSearchResponse"), "SyncPage"),
        example={"query": "How long is the warranty?"},
    ),
    routes.vector_store_files.create: Operation(
        "vector_stores.files.create", vector_stores.file_type, STORE_FILE
    ),
    routes.vector_store_files.page: Operation(
        "vector_stores.files.list", response=page_of(STORE_FILE), query=FILTER
    ),
    routes.vector_store_files.retrieve: Operation("vector_stores.files.retrieve", response=STORE_FILE),
    routes.vector_store_files.update: Operation(
        "vector_stores.files.update", vector_stores.file_change_type, STORE_FILE
    ),
    routes.vector_store_files.delete: Operation(
        "vector_stores.files.delete", response=sdk("vector_stores", "VectorStoreFileDeleted")
    ),
    routes.vector_store_files.content: Operation(
        "vector_stores.files.content",
        response=page_of(sdk("vector_stores", "FileContentResponse"), "SyncPage"),
    ),
    routes.passages.page: Operation(
        "vector_stores.passages.list", query=("limit", "after", "every", *INCLUDE), is_ours=True
    ),
    routes.file_batches.create: Operation(
        "vector_stores.file_batches.create", vector_stores.batch_type, FILE_BATCH
    ),
    routes.file_batches.retrieve: Operation("vector_stores.file_batches.retrieve", response=FILE_BATCH),
    routes.file_batches.cancel: Operation("vector_stores.file_batches.cancel", response=FILE_BATCH),
    routes.file_batches.page: Operation(
        "vector_stores.file_batches.list_files", response=page_of(STORE_FILE), query=FILTER
    ),
}
DOCS = {
    routes.docs.page: Operation("docs.page", is_open=True),
    routes.docs.asset: Operation("docs.asset", is_open=True),
    routes.docs.openapi: Operation("docs.openapi", is_open=True),
}
IMAGES = {
    routes.images.generate: Operation(
        "images.generate",
        images.generation_type,
        sdk("", "ImagesResponse"),
        sdk("", "ImageGenStreamEvent"),
        example={"prompt": "A cat on a table"},
    ),
    routes.images.edit: Operation(
        "images.edit",
        sdk("image_edit_params", "ImageEditParamsNonStreaming"),
        sdk("", "ImagesResponse"),
        sdk("", "ImageEditStreamEvent"),
        is_form=True,
    ),
    routes.images.facts: Operation("images.facts", is_form=True, is_ours=True),
    routes.images.variations: Operation("images.create_variation"),
}
OPERATIONS: dict[Callable[..., Any], Operation] = {
    **MODELS, **IMAGES, **AUDIO, **RESPONSES, **ASSISTANTS, **THREADS, **RUNS, **FILES, **BATCHES,
    **FINE_TUNING,
    **VECTOR_STORES, **DOCS,
}  # fmt: skip
