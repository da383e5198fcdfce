"""Tandem: the user interface at / and the OpenAI-compatible API at /v1, in one process on one port.

`streamlit run app.py` and `uvicorn app:app` both serve it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Thread

import numpy as np  # noqa: F401 - here, before there are threads: two that import it first at once leave it broken
import streamlit as st
from starlette.middleware import Middleware

from services.engines.manifest import local_models
from services.engines.registry import Engines
from services.errors import AppError
from services.server.api import create_api
from services.server.front import ApiFirst, RememberAddress
from services.server.routes.health import health_route
from services.server.shutdown import OpenAnswers, before_stopping
from services.settings import get_settings

settings = get_settings()
chat_model_is_here = all(
    m.present for m in local_models(settings.models_dir, settings.chat_model) if m.kind == "chat"
)
engines = Engines(
    settings.models_dir,
    settings.chat_model,
    settings.context_tokens,
    on_demand=settings.openai_api_key is not None or not chat_model_is_here,
)
api = create_api(settings, engines)
database = api.state.server.database
answers = OpenAnswers()


def warm_up() -> None:
    """Import what the first page and the first message need before anybody waits for it."""
    # Streamlit's caches want its runtime, which is there only once the application starts.
    from components.house import warm_up

    with suppress(AppError):
        warm_up()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the local models and open the database while the page is already up; end them with the process."""
    before_stopping(asyncio.get_running_loop(), answers.end_all)
    async with api.router.lifespan_context(api):
        opening = asyncio.create_task(asyncio.to_thread(database.status))
        Thread(target=warm_up, name="tandem-warm-up", daemon=True).start()
        yield
        await opening


app = st.App(
    Path(__file__).parent / "components" / "shell.py",
    routes=[health_route(engines, database)],
    lifespan=lifespan,
    middleware=[Middleware(RememberAddress), Middleware(ApiFirst, api=api, answers=answers)],
)
