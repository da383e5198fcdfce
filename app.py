"""Tandem: the user interface at / and the OpenAI-compatible API at /v1, in one process on one port.

`streamlit run app.py` and `uvicorn app:app` both serve it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from services.engines.registry import Engines
from services.server.api import create_api
from services.server.database_health import DatabaseHealth
from services.server.front import ApiFirst, RememberAddress
from services.server.routes.health import health_route
from services.settings import get_settings

settings = get_settings()
engines = Engines(
    settings.models_dir,
    settings.chat_model,
    settings.context_tokens,
    on_demand=settings.openai_api_key is not None,
)
api = create_api(settings, engines)
database = DatabaseHealth(settings.resolved_database_url)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the local models and open the database while the page is already up; end them with the process."""
    async with api.router.lifespan_context(api):
        opening = asyncio.create_task(asyncio.to_thread(database.status))
        yield
        await opening
    database.close()


app = st.App(
    Path(__file__).parent / "components" / "shell.py",
    routes=[health_route(engines, database)],
    lifespan=lifespan,
    middleware=[Middleware(RememberAddress), Middleware(ApiFirst, api=api)],
)
