from __future__ import annotations

import asyncio
import json
import logging

import pytest

from services.errors import TimedOut
from services.functions.calling import call
from services.functions.checks import make_function
from services.functions.function_tool import CannedAnswer, FunctionTool, TypedAnswer, demo_function
from services.functions.http_operation import Credential, HttpOperation, Parameter
from services.functions.openapi_document import read_document
from services.guarded_fetch import FetchRequest
from services.tools.base import ToolOutput
from services.tools.calculator import CALCULATOR
from tests.support.web import Web, answer, redirect

CITY = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'


def output(function: FunctionTool, arguments: object = None, **options: object) -> ToolOutput:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return asyncio.run(call(function, text, **options))


def http(
    server="http://api.example", path="/pets", method="GET", *parameters: Parameter, **more
) -> FunctionTool:
    schema = {"type": "object", "properties": {p.argument: {} for p in parameters}}
    return FunctionTool("pets", "", schema, HttpOperation(method, server, path, parameters, **more))


def over(pages, function: FunctionTool, arguments: object = None, *hosts: str, names=None, **options):
    async def work():
        async with Web(pages, names) as web:
            fetch = web.guard(*hosts).fetch
            return await call(function, json.dumps(arguments or {}), fetch=fetch, **options), web

    return asyncio.run(work())


def test_a_demo_tool_runs_in_its_own_way():
    assert output(demo_function(CALCULATOR), {"expression": "6*7"}) == ToolOutput("6*7 = 42", True)
    assert not output(demo_function(CALCULATOR), {"expression": "6*"}).ok
    assert not output(demo_function(CALCULATOR), {"wrong": ""}).ok


def test_canned_and_typed_answers():
    assert output(make_function("f", "", CITY, CannedAnswer("sunny")), {"city": "Oslo"}).text == "sunny"
    typed = make_function("f", "", CITY, TypedAnswer())
    assert output(typed, {"city": "Oslo"}, typed="rain") == ToolOutput("rain", True)
    assert output(typed, {"city": "Oslo"}, typed="") == ToolOutput("", True)
    assert output(typed, {"city": "Oslo"}) == ToolOutput(
        "Error: The person gave no answer to this call.", False
    )


@pytest.mark.parametrize(
    "answer_kind", [CannedAnswer("x"), TypedAnswer(), HttpOperation("GET", "http://api.example", "/")]
)
def test_arguments_that_do_not_fit_go_back_to_the_model(answer_kind):
    async def never(request: FetchRequest):
        raise AssertionError("called")

    result = output(make_function("f", "", CITY, answer_kind), {"town": "Oslo"}, typed="x", fetch=never)
    assert not result.ok and "'city' is a required property. The function takes: city." in result.text


def test_five_megabytes_are_shortened_wherever_they_come_from():
    long = "y" * 5_000_000
    canned = FunctionTool("f", "", {"type": "object"}, CannedAnswer(long))
    typed = FunctionTool("f", "", {"type": "object"}, TypedAnswer())
    pages = {"http://api.example/pets": answer(long.encode(), Content_Type="text/plain")}
    for result in (output(canned), output(typed, typed=long), over(pages, http())[0]):
        assert result.ok and len(result.text) < 16_600
        assert result.text.endswith("the first 16,384 bytes are shown, of 5,000,000 bytes.")


def test_an_operation_is_called_and_its_answer_given():
    parameters = (Parameter("id", "path", "petId", "comma"), Parameter("tag", "query", "tag[]"))
    function = http("http://api.example/v1", "/pets/{petId}", "GET", *parameters)
    pages = {"http://api.example/v1/pets/a%2Fb": answer(b'{"name": "Rex"}', Content_Type="application/json")}
    result, web = over(pages, function, {"id": "a/b", "tag": ["x", "y"]})
    assert result == ToolOutput('{"name": "Rex"}', True)
    assert web.requests[0].path == "/v1/pets/a%2Fb?tag%5B%5D=x&tag%5B%5D=y"


@pytest.mark.parametrize(
    ("server", "names"),
    [("http://127.0.0.1", {}), ("http://169.254.169.254", {}), ("http://[::1]", {}), ("http://localhost", {}),
     ("http://inner.example", {"inner.example": ["127.0.0.1"]}),
     ("http://meta.example", {"meta.example": ["8.8.8.8", "169.254.169.254"]})],
)  # fmt: skip
def test_no_operation_reaches_inside(server, names):
    result, web = over({}, http(server), names=names)
    assert not result.ok and web.dialled == []
    assert "not an address of the public internet" in result.text


def test_no_redirect_of_an_operation_leads_inside():
    pages = {"http://api.example/pets": redirect("http://169.254.169.254/latest/meta-data/")}
    result, web = over(pages, http())
    assert not result.ok and len(web.dialled) == 1
    assert "api.example redirects to where nothing is fetched" in result.text


def test_a_host_that_the_installation_admits_is_called():
    pages = {"http://wiki.intranet:8080/pets": answer(b"page", Content_Type="text/plain")}
    names = {"wiki.intranet": ["10.0.0.7"]}
    assert over(pages, http("http://wiki.intranet:8080"), {}, "wiki.intranet", names=names)[0].text == "page"


KEYED = http("http://wiki.intranet", credential=Credential("key", "header", "X-Key"))


def test_the_key_travels_and_is_not_given_to_the_model():
    pages = {"http://wiki.intranet/pets": answer(b"you are s3cret-key", Content_Type="text/plain")}
    result, web = over(
        pages, KEYED, {}, "wiki.intranet", names={"wiki.intranet": ["10.0.0.7"]}, secret=" s3cret-key\n"
    )
    assert web.requests[0].headers["x-key"] == "s3cret-key"
    assert result.text == "you are [key]"


def test_a_missing_key_and_a_key_in_the_clear_are_said():
    assert "wiki.intranet wants a key (key)" in over({}, KEYED)[0].text
    result, web = over({}, http(credential=Credential("key", "bearer")), secret="s3cret-key")
    assert "https only" in result.text and web.dialled == [] and "s3cret" not in result.text


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_refusal_of_the_server_is_a_failure_with_its_words(status):
    result, _ = over(
        {"http://api.example/pets": answer(b"because", status, Content_Type="text/plain")}, http()
    )
    assert not result.ok and result.text.startswith(f"Error: api.example answered {status}")
    assert result.text.endswith("because")


def test_what_breaks_is_a_sentence_and_never_an_exception(caplog):
    async def slow(request):
        raise TimedOut("api.example took longer than 20 s.")

    async def broken(request):
        raise RuntimeError("s3cret-key")

    assert output(http(), fetch=slow) == ToolOutput("Error: api.example took longer than 20 s.", False)
    with caplog.at_level(logging.DEBUG):
        result = output(http(), fetch=broken)
    assert result == ToolOutput("Error: pets failed with these arguments. Try others.", False)
    assert "s3cret" not in caplog.text and "RuntimeError" in caplog.text


def test_stop_ends_a_call():
    async def work():
        is_called = asyncio.Event()

        async def endless(request):
            is_called.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(call(http(), "{}", fetch=endless))
        await is_called.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())


def test_from_a_document_to_an_answer():
    document = read_document(
        json.dumps(
            {
                "openapi": "3.1.0",
                "servers": [{"url": "http://api.example/v1"}],
                "paths": {
                    "/pets/{id}": {
                        "parameters": [
                            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
                        ],
                        "put": {
                            "operationId": "rename",
                            "requestBody": {
                                "required": True,
                                "content": {
                                    "application/json": {
                                        "schema": {
                                            "type": "object",
                                            "properties": {"name": {"type": "string"}},
                                        }
                                    }
                                },
                            },
                        },
                    }
                },
            }
        )
    )
    pages = {"http://api.example/v1/pets/7": answer(b'{"ok":true}', Content_Type="application/json")}
    result, web = over(pages, document.functions[0], {"id": 7, "name": "Rex"})
    assert result == ToolOutput('{"ok":true}', True)
    assert (web.requests[0].method, web.requests[0].body) == ("PUT", b'{"name":"Rex"}')
