"""A question about tables becomes SQL, a result, and a sentence, as the events of a turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.clients import Connection, as_app_error
from services.errors import AppError, InvalidInput
from services.modes.chat_completions import failure
from services.tables import doubts, literals, meant, mending, prompting, sentences, sql, values
from services.tables.answers import (
    TOOL,
    FindSources,
    Query,
    TableAnswer,
    TableQuestion,
    as_details,
    columns_there_are,
    from_details,
)
from services.tables.charts import chart_for
from services.tables.completing import Completions, Form, field_of
from services.tables.shapes import Result
from services.turns import (
    Event,
    Failed,
    Finished,
    Message,
    TextDelta,
    ToolCall,
    ToolState,
    ToolStep,
    Turn,
    UsageReport,
)

if TYPE_CHECKING:
    import openai

ROUNDS = 2
MAX_SQL_TOKENS = 500
MAX_SENTENCE_TOKENS = 160
MAX_QUESTION_CHARACTERS = 4_000
MAX_PROBLEM_CHARACTERS = 500
EARLIER = 3
UNKNOWN_COLUMN = "unknown_column"
DOUBTED = "doubted"
NOT_THERE = "not in the tables"
SQL_FORM: tuple[str, Form] = ("query", {"sql": {"type": "string"}})


async def ask(
    client: openai.AsyncOpenAI,
    connection: Connection,
    question: TableQuestion,
    query: Query,
    find_sources: FindSources | None = None,
) -> AsyncIterator[Event]:
    """Answer `question` with the model: SQL, then its result, then a sentence whose numbers are the result's.

    The answer so far is in the details of the tool steps (`answer_in` finds it). `query` runs one SELECT and raises
    InvalidInput with the database's words; `find_sources` tells which records a SELECT rests on.
    Never raises for the other side's sake: what goes wrong there is a `Failed` event.
    """
    asking = _Asking(client, connection, question, query, find_sources)
    try:
        if not question.question.strip() and not question.sql:
            raise InvalidInput("Ask a question about the tables.")
        if len(question.question) > MAX_QUESTION_CHARACTERS:
            raise InvalidInput(
                f"The question is longer than {MAX_QUESTION_CHARACTERS:,} characters. Shorten it."
            )
        if not question.tables:
            raise InvalidInput("There is no table to ask. Upload one, or wait until it is loaded.")
        async for event in asking.events():
            yield event
    except Exception as error:
        yield failure(as_app_error(error, connection))


def answer_in(turn: Turn) -> TableAnswer | None:
    """The answer that a turn holds, as far as it has come."""
    told = [step.details for step in turn.tool_steps.values() if step.call.name == TOOL and step.details]
    return from_details(told[-1]) if told else None


class _Asking:
    """One question on its way: the messages so far, and the answer as it grows."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        connection: Connection,
        question: TableQuestion,
        query: Query,
        find_sources: FindSources | None,
    ) -> None:
        self._model = Completions(client, connection, question.model, question.parameters)
        self._question = question
        self._query = query
        self._find_sources = find_sources
        self._messages: list[Message] = []
        self._system = ""
        self._tables = question.tables
        self._words = values.Vocabulary()
        self._written = ""
        self._call = ToolCall("sql_1", TOOL, "")
        self._problem = ""
        self._problem_code: str | None = None
        self._absent: list[sql.Comparison] = []
        self._failed = False
        self._doubted: Any = None
        self.answer = TableAnswer(question.question)

    async def events(self) -> AsyncIterator[Event]:
        """Everything that happens, in the order in which it is drawn."""
        steps = self._run_given() if self._question.sql else self._find_sql()
        async for event in steps:
            yield event
        if self._failed:
            return
        if self.answer.result is None:
            yield self._give_up()
            yield TextDelta(self.answer.sentence)
        else:
            async for event in self._say():
                yield event
        if not self._failed:
            yield Finished("stop")

    async def _run_given(self) -> AsyncIterator[Event]:
        """SQL that the person wrote runs as it is."""
        given = self._question.sql or ""
        await asyncio.to_thread(self._prepare)
        self._written = given
        self._messages.append(Message("assistant", json.dumps({"sql": given}, ensure_ascii=False)))
        async for event in self._run(given):
            yield event

    async def _find_sql(self) -> AsyncIterator[Event]:
        await asyncio.to_thread(self._prepare)
        number = 0
        while number < ROUNDS + (
            self._doubted is not None
        ):  # a doubt takes no round from the mending of errors
            number += 1
            self._call = ToolCall(f"sql_{number}", TOOL, "")
            async for event in self._write():
                yield event
            if self._failed:
                return
            async for event in self._try():
                yield event
            if self.answer.result is not None or self._failed or not self.answer.is_answerable:
                return
            self._messages.append(Message("user", self._objection()))
        if self._doubted is not None:  # it runs, and nothing better came
            query = await asyncio.to_thread(self._settled, self._doubted)
            async for event in self._run(sql.as_text(query)):
                yield event

    def _prepare(self) -> None:
        """The prompt: it reads the tables, so it runs beside the event loop."""
        question = self._question
        self._words = values.vocabulary(question.tables, question.question, self._query)
        schema = prompting.schema_of(question.tables, question.question, self._words)
        self._system = prompting.system_prompt(schema)
        self._tables = schema.tables
        for asked, wrote in question.earlier[-EARLIER:]:
            answered = json.dumps({"sql": wrote}, ensure_ascii=False)
            self._messages += [Message("user", asked), Message("assistant", answered)]
        self._messages.append(
            Message("user", prompting.question_prompt(question.question, schema, self._words))
        )
        if schema.left_out:
            names = ", ".join(f"{count} of {name}" for name, count in schema.left_out)
            self._note(f"The model was not told of all columns, for want of room: {names} were left out.")

    async def _write(self) -> AsyncIterator[Event]:
        """SQL from the model, shown while it is written."""
        self._written = ""
        async for event in self._complete(self._system, self._messages, SQL_FORM, MAX_SQL_TOKENS):
            if isinstance(event, TextDelta):
                self._written += event.text
                yield ToolStep(self._called(self._written), "requested")
            else:
                yield event
        self._messages.append(Message("assistant", self._written))
        self._written = field_of(self._written, "sql")

    async def _try(self) -> AsyncIterator[Event]:
        """Check what was written, put it right where that is plain, and run it."""
        try:
            query = await asyncio.to_thread(self._checked)
        except InvalidInput as problem:
            yield self._fail(problem)
            return
        if not self.answer.is_answerable:
            return
        async for event in self._run(sql.as_text(query)):
            yield event
        if self._absent and self.answer.result is not None and _is_empty(self.answer.result):
            async for event in self._ask_for_values(query):
                yield event
        self._note_absent()

    def _checked(self) -> Any:
        """The query to run. Raises InvalidInput with what the model should know."""
        query = sql.parse(self._written)
        if NOT_THERE in self._written.lower():
            self.answer = replace(self.answer, is_answerable=False, sql=self._written)
            return query
        query = sql.name_columns(query, self._question.tables)
        missing = sql.unknown_columns(query, self._question.tables)
        if missing:
            raise InvalidInput(f"There is no column named {' or '.join(missing)}.", code=UNKNOWN_COLUMN)
        mending.join_owner(query, self._question.tables)
        mending.name_key(query, self._question.tables)
        mending.group_by_key(query, self._question.tables)
        query = sql.put_right(query, self._question.tables)
        meant.restate(query, self._question.question, self._question.tables)
        self._doubt(query)
        return self._settled(query)

    def _settled(self, query: Any) -> Any:
        """The query with its texts settled; those that are in no column are kept in mind."""
        self._absent = [c for c in sql.comparisons(query, self._question.tables) if not self._settle(c)]
        for note in mending.group_spellings(query, self._tables, self._words):
            self._note(note)
        return query

    def _doubt(self, query: Any) -> None:
        """Raises InvalidInput when a first query runs, but seems to answer another question."""
        objection = doubts.about(query, self._question.question, self._tables, self._words)
        if objection is None or self._doubted is not None or self._problem:
            return
        self._doubted = query
        raise InvalidInput(objection, code=DOUBTED)

    def _settle(self, compared: sql.Comparison) -> bool:
        """Whether the value that a text means is known; what was done about it is noted."""
        notes = literals.settle(compared, self._words, self._query)
        for note in notes or ():
            self._note(note)
        return notes is not None

    async def _run(self, text: str) -> AsyncIterator[Event]:
        self.answer = replace(self.answer, sql=text, stage="running")
        self._call = self._called(json.dumps({"sql": text}, ensure_ascii=False))
        yield self._step("running")
        try:
            result = await asyncio.to_thread(self._query, text)
        except InvalidInput as problem:
            yield self._fail(problem)
            return
        sources = await asyncio.to_thread(self._sources_of, text)
        self.answer = replace(
            self.answer, stage="result", result=result, error=None, chart=chart_for(result), sources=sources
        )
        yield self._step("completed")

    def _sources_of(self, text: str) -> Any:
        """The records behind a result; none where they cannot be told, which is no reason to hold the result back."""
        try:
            return self._find_sources(text) if self._find_sources else ()
        except AppError:
            return ()

    async def _ask_for_values(self, query: Any) -> AsyncIterator[Event]:
        """Nothing was found, and a text of the query is not in its column: which value may be meant?"""
        changed = False
        for compared in self._absent[:2]:
            known = await asyncio.to_thread(
                values.nearest, compared.table, compared.column, compared.text, self._query
            )
            chosen = ""
            async for event in self._choose(compared, known):
                if isinstance(event, TextDelta):
                    chosen += event.text
                else:
                    yield event
            value = field_of(chosen, "value")
            if value in known and not self._failed:
                self._note(literals.exchange(compared, value))
                changed = True
        if changed and not self._failed:
            self._absent = [c for c in self._absent if c.literal.this == c.text]
            async for event in self._run(sql.as_text(query)):
                yield event

    def _choose(self, compared: sql.Comparison, known: tuple[str, ...]) -> AsyncIterator[Event]:
        prompt = literals.choice_prompt(compared, known)
        choice = {"value": {"type": "string", "enum": [*known, literals.NO_VALUE]}}
        return self._complete("", [Message("user", prompt)], ("choice", choice), MAX_SENTENCE_TOKENS)

    def _note_absent(self) -> None:
        for compared in self._absent:
            self._note(f"“{compared.text}” is not in {compared.column.name}.")

    def _objection(self) -> str:
        """What the model is told of SQL that did not run, or that answers another question."""
        if self._problem_code == DOUBTED:
            return f"Look again: {self._problem}\nWrite the SQL for the same question, put right."
        columns = f" There is: {columns_there_are(self._tables)}." if "column" in self._problem else ""
        return f"That SQL does not work: {self._problem}{columns}\nWrite it again for the same question, put right."

    def _fail(self, problem: InvalidInput) -> ToolStep:
        self._problem, self._problem_code = problem.user_message[:MAX_PROBLEM_CHARACTERS], problem.code
        self.answer = replace(self.answer, sql=self._written, error=self._problem)
        return self._step("failed")

    def _give_up(self) -> ToolStep:
        """No result: the tables lack what was asked, or the SQL does not run."""
        there_is = f"There is: {columns_there_are(self._question.tables)}."
        if not self.answer.is_answerable:
            said = f"These tables do not have what the question asks for. {there_is}"
        elif self._problem_code == UNKNOWN_COLUMN:
            said = f"These tables do not seem to have what the question asks for. {self._problem} {there_is}"
            self.answer = replace(self.answer, is_answerable=False)
        else:
            said = f"The SQL for this question does not run: {self._problem} Edit it, or ask in other words. {there_is}"
        self.answer = replace(self.answer, sentence=said, stage="done")
        return self._step("failed")

    async def _say(self) -> AsyncIterator[Event]:
        """The sentence, told once its numbers have been checked."""
        result, written = self.answer.result, ""
        assert result is not None
        if result.rows and self._messages:
            messages = [*self._messages, Message("user", sentences.prompt(self._question.question, result))]
            async for event in self._complete(self._system, messages, sentences.FORM, MAX_SENTENCE_TOKENS):
                if isinstance(event, TextDelta):
                    written += event.text
                else:
                    yield event
        if self._failed:
            return
        said = sentences.judge(field_of(written, "sentence"), self._question.question, result)
        self.answer = replace(
            self.answer,
            stage="done",
            sentence=said.text,
            sentence_by="model" if said.by_model else "result",
            numbers_checked=True,
            rejected=said.rejected,
            unsupported=said.unsupported,
        )
        yield TextDelta(said.text)
        yield self._step("completed")

    async def _complete(
        self, system: str, messages: Sequence[Message], form: tuple[str, Form], most_tokens: int
    ) -> AsyncIterator[Event]:
        """One request, its usage added up. `_failed` is set when it did not come to its end."""
        async for event in self._model.ask(system, messages, form, most_tokens):
            if isinstance(event, UsageReport):
                used = self.answer.usage
                self.answer = replace(self.answer, usage=event.usage if used is None else used + event.usage)
            self._failed = self._failed or isinstance(event, Failed)
            yield event

    def _called(self, arguments: str) -> ToolCall:
        return replace(self._call, arguments=arguments)

    def _step(self, state: ToolState) -> ToolStep:
        output = None
        if state == "completed" and self.answer.result is not None:
            output = sentences.as_table(self.answer.result)
        elif state == "failed":
            output = self.answer.error or self.answer.sentence
        return ToolStep(self._call, state, output, as_details(self.answer))

    def _note(self, sentence: str) -> None:
        if sentence not in self.answer.notes:
            self.answer = replace(self.answer, notes=(*self.answer.notes, sentence))


def _is_empty(result: Result) -> bool:
    """No rows, or one that says that there was nothing to count or add up."""
    return not result.rows or (result.row_count == 1 and all(not value for value in result.rows[0]))
