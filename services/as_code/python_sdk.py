"""A talk with the openai SDK: `begin` and `ask` for each mode. Who remembers is what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.as_code import functions
from services.as_code.literals import constant, python
from services.as_code.records import Recipe
from services.modes.response_requests import definition as flat_definition
from services.tools.base import definition as nested_definition
from services.turns import Mode
from services.wire import SDK_CHAT_PARAMETERS

KEY_COMMENT = "# The key is read from OPENAI_API_KEY."
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
ENDINGS = f"({', '.join(map(python, PICTURES))})"
_RUN_PARAMETERS = """
    additional_instructions max_completion_tokens max_prompt_tokens metadata parallel_tool_calls reasoning_effort
    response_format temperature tool_choice top_p truncation_strategy
"""
_RESPONSE_PARAMETERS = """
    background include max_output_tokens max_tool_calls metadata parallel_tool_calls prompt_cache_key reasoning
    safety_identifier service_tier store temperature text tool_choice top_p truncation
"""
KNOWN = {
    Mode.CHAT_COMPLETIONS: SDK_CHAT_PARAMETERS,
    Mode.ASSISTANTS: frozenset(_RUN_PARAMETERS.split()),
    Mode.RESPONSES: frozenset(_RESPONSE_PARAMETERS.split()),
}
"""What the SDK's method takes by name; anything else goes into its `extra_body`."""
NOT_SENT = ("stream", "stream_options")


def program(recipe: Recipe) -> str:
    """The whole talk as one program."""
    modules = {"from openai import OpenAI", *imports(recipe)}
    loop = 'talk = begin()\nfor message in MESSAGES:\n    print(f"> {message}\\n{ask(talk, message)}\\n")'
    parts = [
        import_lines(modules),
        client(recipe),
        settings(recipe),
        constant("MESSAGES", list(recipe.said)),
        *core(recipe),
        loop,
    ]
    return joined(parts)


def import_lines(lines: set[str], *packages: str) -> str:
    """Sorted import lines: the standard library, then packages; `packages` are those that are imported whole."""
    is_ours = ("import ", "from pathlib", "from uuid")
    ours = sorted(
        (line for line in lines if line.startswith(is_ours)), key=lambda line: line.startswith("from")
    )
    others = sorted(line for line in lines if not line.startswith(is_ours))
    return "\n".join([*ours, *([""] if ours else []), *packages, *others])


def imports(recipe: Recipe) -> set[str]:
    """What `core` imports besides the SDK."""
    found = {f"import {module}" for module in functions.imports(recipe.tools)} if recipe.tools else set()
    if recipe.files:
        found.add("from pathlib import Path")
    if recipe.mode is Mode.CHAT_COMPLETIONS:
        if any(is_picture(name) for name in recipe.files):
            found |= {"import base64", "import mimetypes"}
        if any(is_pdf(name) for name in recipe.files):
            found.add("from pypdf import PdfReader")
    return found


def client(recipe: Recipe) -> str:
    """The client."""
    return f"{KEY_COMMENT}\nclient = OpenAI(base_url={python(recipe.base_url)})"


def settings(recipe: Recipe) -> str:
    """Model, instructions and files as constants."""
    lines = [constant("MODEL", recipe.model)]
    if recipe.instructions:
        lines.append(constant("INSTRUCTIONS", recipe.instructions))
    if recipe.files:
        lines.append(constant("FILES", list(recipe.files)))
    return "\n".join(lines)


def core(recipe: Recipe) -> list[str]:
    """The blocks from the functions to `ask`."""
    blocks = [functions.source(recipe.tools)] if recipe.tools else []
    match recipe.mode:
        case Mode.CHAT_COMPLETIONS:
            return [*blocks, *_chat(recipe)]
        case Mode.ASSISTANTS:
            return [*blocks, *_assistants(recipe)]
        case Mode.RESPONSES:
            return [*blocks, *_responses(recipe)]


def joined(parts: list[str]) -> str:
    """Blocks as a file: two blank lines around functions, one elsewhere."""
    text = ""
    for part in parts:
        spaced = "def " in part or "def " in text.rpartition("\n\n\n")[2]
        text += ("\n\n\n" if spaced else "\n\n") * bool(text) + part.strip("\n")
    return text + "\n"


def arguments(given: Mapping[str, Any], indent: int) -> str:
    """Keyword arguments, one a line."""
    return "".join(f"{' ' * indent}{name}={python(value, indent)},\n" for name, value in given.items())


def parameters(recipe: Recipe) -> dict[str, Any]:
    """The parameters as the SDK takes them."""
    kept = {name: value for name, value in recipe.parameters.items() if name not in NOT_SENT}
    known = {name: value for name, value in kept.items() if name in KNOWN[recipe.mode]}
    extra = {name: value for name, value in kept.items() if name not in known}
    return known | ({"extra_body": extra} if extra else {})


def is_picture(name: str) -> bool:
    """Whether a file is a picture, by its name."""
    return name.lower().endswith(PICTURES)


def is_pdf(name: str) -> bool:
    """Whether a file is a PDF, by its name."""
    return name.lower().endswith(".pdf")


# --- Chat Completions: the program remembers ------------------------------------------------


def _chat(recipe: Recipe) -> list[str]:
    tools = [constant("TOOLS", [nested_definition(tool) for tool in recipe.tools])] if recipe.tools else []
    return [*tools, *([_part_of(recipe)] if recipe.files else []), _chat_begin(recipe), _chat_ask(recipe)]


def _part_of(recipe: Recipe) -> str:
    lines = ["def part_of(name):"]
    if any(map(is_picture, recipe.files)):
        lines += [
            f"    if name.lower().endswith({ENDINGS}):",
            "        data = base64.b64encode(Path(name).read_bytes()).decode()",
            '        url = f"data:{mimetypes.guess_type(name)[0]};base64,{data}"',
            '        return {"type": "image_url", "image_url": {"url": url}}',
        ]
    if any(map(is_pdf, recipe.files)):
        lines += [
            '    if name.lower().endswith(".pdf"):',
            '        text = "\\n".join(page.extract_text() for page in PdfReader(name).pages)',
            '        return {"type": "text", "text": f"{name}:\\n{text}"}',
        ]
    if not all(is_picture(name) or is_pdf(name) for name in recipe.files):
        lines.append('    return {"type": "text", "text": f"{name}:\\n{Path(name).read_text()}"}')
    return "\n".join(lines)


def _chat_begin(recipe: Recipe) -> str:
    first = []
    if recipe.instructions:
        first.append('{"role": "system", "content": INSTRUCTIONS}')
    if recipe.files:
        first.append('{"role": "user", "content": [part_of(name) for name in FILES]}')
    body = "".join(f"        {entry},\n" for entry in first)
    return "def begin():\n    return " + (f"[\n{body}    ]" if first else "[]")


def _chat_ask(recipe: Recipe) -> str:
    sent = {"model": "MODEL", "messages": "history"} | ({"tools": "TOOLS"} if recipe.tools else {})
    head = 'def ask(history, message):\n    history.append({"role": "user", "content": message})\n'
    if not recipe.tools:
        call = _call("completion", "client.chat.completions.create", sent, parameters(recipe), 4)
        return head + call + _CHAT_END
    call = _call("completion", "client.chat.completions.create", sent, parameters(recipe), 8)
    return head + "    while True:\n" + call + _CHAT_TOOLS


_CHAT_END = """\
    reply = completion.choices[0].message.content
    history.append({"role": "assistant", "content": reply})
    return reply
"""
_CHAT_TOOLS = """\
        reply = completion.choices[0].message
        history.append(reply.model_dump(exclude_none=True))
        if not reply.tool_calls:
            return reply.content
        for call in reply.tool_calls:
            output = answer(call.function.name, call.function.arguments)
            history.append({"role": "tool", "tool_call_id": call.id, "content": output})
"""


def _call(target: str, method: str, names: Mapping[str, str], values: Mapping[str, Any], indent: int) -> str:
    """A call: `names` are variables, `values` literals."""
    space = " " * indent
    given = "".join(f"{space}    {name}={variable},\n" for name, variable in names.items())
    return f"{space}{target} = {method}(\n{given}{arguments(values, indent + 4)}{space})\n"


# --- Assistants: a thread remembers ---------------------------------------------------------


def _assistants(recipe: Recipe) -> list[str]:
    tools = [{"type": kind} for kind in recipe.built_in] + [nested_definition(t) for t in recipe.tools]
    blocks = [constant("TOOLS", tools)] if tools else []
    uploads = file_setup(recipe)
    names = {"model": "MODEL"} | ({"instructions": "INSTRUCTIONS"} if recipe.instructions else {})
    names |= {"tools": "TOOLS"} if tools else {}
    resources = []
    if "file_search" in recipe.built_in and recipe.files:
        resources.append('"file_search": {"vector_store_ids": [store.id]}')
    if "code_interpreter" in recipe.built_in and recipe.files:
        resources.append('"code_interpreter": {"file_ids": file_ids}')
    names |= {"tool_resources": "{" + ", ".join(resources) + "}"} if resources else {}
    made = _call("assistant", "client.beta.assistants.create", names, {}, 0)
    begin = "def begin():\n    return client.beta.threads.create().id"
    return [*blocks, *uploads, made, begin, _assistants_ask(recipe)]


def _assistants_ask(recipe: Recipe) -> str:
    run = {"thread_id": "thread", "assistant_id": "assistant.id"}
    call = _call("run", "client.beta.threads.runs.create_and_poll", run, parameters(recipe), 4)
    said = '    client.beta.threads.messages.create(thread, role="user", content=message)\n'
    tools = _RUN_TOOLS if recipe.tools else ""
    return f"def ask(thread, message):\n{said}{call}{tools}{_RUN_END}"


_RUN_TOOLS = """\
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [
            {"tool_call_id": call.id, "output": answer(call.function.name, call.function.arguments)}
            for call in calls
        ]
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread, tool_outputs=outputs
        )
"""
_RUN_END = """\
    if run.status != "completed":
        raise RuntimeError(f"The run ended as {run.status}: {run.last_error}")
    newest = client.beta.threads.messages.list(thread, run_id=run.id, limit=1).data[0]
    return "".join(part.text.value for part in newest.content if part.type == "text")
"""


def file_setup(recipe: Recipe) -> list[str]:
    """The blocks that put the files on the server."""
    if not recipe.files:
        return []
    blocks = []
    if "file_search" in recipe.built_in:
        blocks.append(
            "store = client.vector_stores.create()\n"
            "for name in FILES:\n"
            "    client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=Path(name))"
        )
    if "code_interpreter" in recipe.built_in:
        blocks.append(
            'file_ids = [client.files.create(file=Path(name), purpose="assistants").id for name in FILES]'
        )
    return blocks


# --- Responses: a conversation remembers ----------------------------------------------------


def _responses(recipe: Recipe) -> list[str]:
    tools = response_tools(recipe)
    blocks = [*file_setup(recipe), *([tools] if tools else [])]
    begin = f"def begin():\n    return client.conversations.create({_first_items(recipe)}).id"
    if recipe.conversation_id:
        begin = (
            f"def begin():\n    return {python(recipe.conversation_id)}  # everything said before is in it"
        )
    return [*blocks, *_input_files(recipe), begin, _responses_ask(recipe)]


def response_tools(recipe: Recipe) -> str:
    """The constant TOOLS; empty where there are none."""
    entries = []
    stores = [*map(python, recipe.store_ids), *(["store.id"] if recipe.files else [])]
    if "file_search" in recipe.built_in and stores:
        entries.append(f'{{"type": "file_search", "vector_store_ids": [{", ".join(stores)}]}}')
    if "code_interpreter" in recipe.built_in:
        given = "file_ids" if recipe.files else python(recipe.file_ids) if recipe.file_ids else ""
        files = f', "file_ids": {given}' if given else ""
        entries.append(f'{{"type": "code_interpreter", "container": {{"type": "auto"{files}}}}}')
    entries += [python(flat_definition(tool), 4) for tool in recipe.tools]
    return "TOOLS = [\n" + "".join(f"    {entry},\n" for entry in entries) + "]" if entries else ""


def _reads_files_itself(recipe: Recipe) -> bool:
    """Whether the files go into the conversation, since no tool of the server reads them."""
    return bool(recipe.files) and not recipe.built_in


def _input_files(recipe: Recipe) -> list[str]:
    if not _reads_files_itself(recipe):
        return []
    lines = ["def part_of(name):"]
    lines.append('    file = client.files.create(file=Path(name), purpose="user_data")')
    if any(map(is_picture, recipe.files)):
        lines += [
            f"    if name.lower().endswith({ENDINGS}):",
            '        return {"type": "input_image", "file_id": file.id, "detail": "auto"}',
        ]
    if not all(map(is_picture, recipe.files)):
        lines.append('    return {"type": "input_file", "file_id": file.id}')
    return ["\n".join(lines)]


def _first_items(recipe: Recipe) -> str:
    if not _reads_files_itself(recipe):
        return ""
    return '\n        items=[{"role": "user", "content": [part_of(name) for name in FILES]}],\n    '


def _responses_ask(recipe: Recipe) -> str:
    names = {"model": "MODEL"} | ({"instructions": "INSTRUCTIONS"} if recipe.instructions else {})
    names |= {"tools": "TOOLS"} if response_tools(recipe) else {}
    names |= {"conversation": "conversation", "input": "sent" if recipe.tools else "message"}
    method, values = "client.responses.create", parameters(recipe)
    if not recipe.tools:
        call = _call("response", method, names, values, 4)
        return f"def ask(conversation, message):\n{call}    return response.output_text\n"
    call = _call("response", method, names, values, 8)
    return f"def ask(conversation, message):\n    sent = message\n    while True:\n{call}{_RESPONSE_TOOLS}"


_RESPONSE_TOOLS = """\
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return response.output_text
        sent = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": answer(call.name, call.arguments),
            }
            for call in calls
        ]
"""
