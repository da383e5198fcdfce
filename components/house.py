"""The shared things of a process, each made once: database, ledger, turns in flight."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import state
from services import tokens
from services.address import own_base_url
from services.assistants.api import AssistantsApi
from services.assistants.talks import Talks
from services.batches.accounts import Accounts
from services.chat import Chat
from services.clients import Connection, list_models
from services.compare.asking import Comparing
from services.compare.store import Comparisons
from services.connections import connections, own_connection
from services.documents.views.view import LIMITS
from services.documents.workers import Workers
from services.files.asking import Asking
from services.files.collections import Collections
from services.files.native import AskingAssistant
from services.functions.library import Library
from services.gpts.store import Gpts
from services.lab.reports import Reports
from services.lab.running import Lab
from services.live import KeptByServer, LiveTurns
from services.loop import BackgroundLoop
from services.media.audio.recordings import Recordings
from services.media.audio.speaking import Sound
from services.media.images.gallery import Gallery
from services.media.images.seeing import Seeing
from services.media.images.studio import Studio
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.rate_limits import RateLimits
from services.settings import DEFAULT_OWNER, Settings, get_settings
from services.storage.blobs import open_blobs
from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.preferences import Preferences
from services.storage.ratings import Ratings
from services.tables.store import Tables
from services.tools import toolbox
from services.tuning.evaluation import Evaluator
from services.tuning.store import DataSets


@dataclass(frozen=True, slots=True)
class House:
    """What pages work with."""

    settings: Settings
    loop: BackgroundLoop
    database: Database
    conversations: Conversations
    preferences: Preferences
    ledger: Ledger
    budgets: Budgets
    rate_limits: RateLimits
    live: LiveTurns
    chat: Chat
    assistants: AssistantsApi
    runs: LiveTurns
    talks: Talks
    functions: Library
    viewers: Workers
    collections: Collections
    tables: Tables
    asking: Asking
    asking_assistant: AskingAssistant
    gpts: Gpts
    accounts: Accounts
    lab: Lab
    comparisons: Comparisons
    comparing: Comparing
    sound: Sound
    recordings: Recordings
    studio: Studio
    seeing: Seeing
    ratings: Ratings
    data_sets: DataSets
    evaluator: Evaluator

    def connections(self) -> tuple[Connection, ...]:
        """Every model server this person can talk to."""
        return connections(self.settings, self.preferences, own_base_url(), state.typed_keys())


@st.cache_resource(show_spinner=False)
def house() -> House:
    """The house, opened on first use. Raises StorageFailed when the data folder cannot be used."""
    settings, owner = get_settings(), DEFAULT_OWNER
    database = open_database(settings.resolved_database_url)
    blobs = open_blobs(settings)
    conversations = Conversations(database, blobs, owner)
    conversations.interrupt_stale()
    preferences, ledger = Preferences(database, owner), Ledger(database, owner)
    budgets, rate_limits = Budgets(preferences), RateLimits(database, owner)
    accounts, loop = Accounts(preferences, ledger, budgets), BackgroundLoop()
    live = LiveTurns(loop, conversations, ledger, rate_limits)
    runs = LiveTurns(loop, KeptByServer(), ledger, rate_limits)
    assistants = AssistantsApi(lambda: own_connection(settings, own_base_url()))
    collections = Collections(assistants)
    talks = Talks(assistants, runs, ledger, budgets)
    tables = Tables(database, blobs, settings.home, owner)
    tables.resume()
    tools = toolbox(conversations.search)
    comparisons = Comparisons(database, blobs, conversations, owner)
    asking = Asking(collections, conversations, live, tables=tables, ledger=ledger, budgets=budgets)
    return House(
        settings=settings,
        loop=loop,
        database=database,
        conversations=conversations,
        preferences=preferences,
        ledger=ledger,
        budgets=budgets,
        rate_limits=rate_limits,
        live=live,
        chat=Chat(conversations, live, ledger, budgets),
        assistants=assistants,
        runs=runs,
        talks=talks,
        functions=Library(preferences, tools),
        viewers=Workers(limits=LIMITS),
        collections=collections,
        tables=tables,
        asking=asking,
        asking_assistant=AskingAssistant(collections, assistants, talks),
        gpts=Gpts(preferences),
        accounts=accounts,
        lab=Lab(loop, ledger, budgets, Reports(preferences), accounts),
        comparisons=comparisons,
        comparing=Comparing(comparisons, live, ledger, budgets, tools),
        sound=Sound(loop, ledger, budgets),
        recordings=Recordings(),
        studio=Studio(Gallery(database, blobs, owner), ledger, budgets),
        seeing=Seeing(lambda: own_connection(settings, own_base_url())),
        ratings=Ratings(database, owner),
        data_sets=DataSets(database, owner),
        evaluator=Evaluator(loop, ledger, budgets),
    )


def warm_up() -> None:
    """Open the house and import what the first page and the first message need, before anybody waits for it."""
    house()
    for module in ("openai", "genai_prices", "pandas", "altair", "jsonschema", "services.recording"):
        importlib.import_module(module)
    tokens.count("warm")


def models(connection: Connection) -> tuple[dict[str, Any], ...]:
    """The models a connection lists, remembered for two minutes. Raises AppError."""
    digest = hashlib.sha256(connection.api_key.encode()).hexdigest()[:16]
    return _models(connection.base_url, digest, connection)


@st.cache_data(ttl="2m", max_entries=32, show_spinner=False)
def _models(base_url: str, key_digest: str, _connection: Connection) -> tuple[dict[str, Any], ...]:
    loop = house().loop

    async def ask() -> tuple[dict[str, Any], ...]:
        return await list_models(_connection, loop.pool(base_url))

    return loop.run(ask())
