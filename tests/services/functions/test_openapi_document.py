from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.errors import AppError, InvalidInput
from services.functions.function_tool import FunctionTool
from services.functions.http_operation import Credential, HttpOperation, Parameter
from services.functions.openapi_document import fetch_document, read_document
from services.settings import get_settings
from tests.support.web import Web, answer, redirect

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers:
  - url: https://{region}.api.example/v1/
    variables: {region: {default: eu}}
security:
  - key: []
paths:
  /pets:
    get:
      operationId: list-pets
      summary: Lists pets.
      description: All of them, or those with a tag.
      security: []
      parameters:
        - {name: tags, in: query, schema: {type: array, items: {type: string}}, description: Only these.}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: where, in: query, style: deepObject, explode: true, schema: {type: object}}
        - {name: filter, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Pet"}}
  /pets/{petId}:
    parameters:
      - $ref: "#/components/parameters/Id"
    delete: {operationId: "remove a pet!"}
    put:
      operationId: photo
      requestBody: {required: true, content: {image/png: {}}}
components:
  parameters:
    Id: {name: petId, in: path, required: true, schema: {type: string}}
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, nullable: true, example: Rex}
        weight: {type: number, minimum: 0, exclusiveMinimum: true}
        parent: {$ref: "#/components/schemas/Pet"}
"""


def document(**operation: object) -> dict:
    return {
        "openapi": "3.1.0",
        "servers": [{"url": "https://api.example"}],
        "paths": {"/a": {"get": {"operationId": "a", **operation}}},
    }


def only(**operation: object) -> FunctionTool:
    """The function of a document with one operation."""
    return read_document(json.dumps(document(**operation))).functions[0]


def http(function: FunctionTool) -> HttpOperation:
    assert isinstance(function.answer, HttpOperation)
    return function.answer


def reason(**operation: object) -> str:
    """Why an operation is left out of a document in which another one is fine."""
    whole = document()
    whole["paths"]["/b"] = {"post": operation}
    read = read_document(json.dumps(whole))
    assert [f.name for f in read.functions] == ["a"]
    return read.problems[0]


# --- what a document becomes ------------------------------------------------------------------


def test_each_operation_becomes_a_function():
    read = read_document(PETS)
    assert read.title == "Pets"
    assert [f.name for f in read.functions] == ["list-pets", "post_pets", "remove_a_pet_"]
    assert all(f.needs_approval and not f.strict for f in read.functions)
    listing, adding, removing = map(http, read.functions)
    assert {o.server for o in (listing, adding, removing)} == {"https://eu.api.example/v1"}
    assert (adding.method, adding.path, adding.body_type, adding.is_body_required) == (
        "POST",
        "/pets",
        "application/json",
        True,
    )
    assert read.functions[0].description == "Lists pets.\nAll of them, or those with a tag."
    assert read.functions[2].description == "DELETE /pets/{petId}"


def test_what_is_left_out_is_said_for_each_operation():
    assert read_document(PETS).problems == (
        "GET /pets is called without the cookie “session”.",
        "PUT /pets/{petId} is left out: it needs its body as image/png, as only JSON is sent.",
    )


def test_parameters_travel_as_the_document_says():
    assert http(read_document(PETS).functions[0]).parameters == (
        Parameter("tags", "query", "tags", "plain"),
        Parameter("ids", "query", "ids", "comma"),
        Parameter("where", "query", "where", "deep"),
        Parameter("filter", "query", "filter", "json"),
        Parameter("X-Trace", "header", "X-Trace", "comma"),
    )


def test_schemas_become_plain_json_schema():
    assert read_document(PETS).functions[1].parameters == {
        "type": "object",
        "properties": {
            "name": {"type": ["string", "null"]},
            "weight": {"type": "number", "exclusiveMinimum": 0},
            "parent": {"type": "object", "description": "Another Pet."},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_every_function_is_one_a_model_can_be_given():
    for function in read_document(PETS).functions:
        Draft202012Validator.check_schema(function.parameters)
        assert "$ref" not in json.dumps(function.parameters)


def test_arguments_of_one_name_are_told_apart():
    body = {"type": "object", "properties": {"id": {"type": "integer"}, "a b": {}}, "required": ["id"]}
    places = [{"name": "id", "in": "query"}, {"name": "id", "in": "header"}]
    function = only(
        parameters=places, requestBody={"required": True, "content": {"application/json": {"schema": body}}}
    )
    assert [(p.argument, p.place, p.name) for p in http(function).parameters] == [
        ("id", "query", "id"), ("id_in_header", "header", "id"), ("id_in_body", "body", "id"), ("a_b", "body", "a b")
    ]  # fmt: skip
    assert function.parameters["required"] == ["id_in_body"]


def test_the_operations_own_parameter_wins_over_the_paths():
    whole = document(parameters=[{"name": "q", "in": "query", "required": True}])
    whole["paths"]["/a"]["parameters"] = [{"name": "q", "in": "query"}, {"name": "r", "in": "query"}]
    function = read_document(json.dumps(whole)).functions[0]
    assert list(function.parameters["properties"]) == ["q", "r"]
    assert function.parameters["required"] == ["q"]


@pytest.mark.parametrize(
    "schema",
    [{"type": "array", "items": {"type": "string"}}, {"type": "string"}, {}, {"anyOf": [{"type": "object"}]},
     {"type": "object"}, {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}],
)  # fmt: skip
def test_a_body_that_is_no_plain_object_is_one_argument(schema):
    function = only(
        requestBody={"description": "All.", "content": {"application/vnd.x+json": {"schema": schema}}}
    )
    assert http(function).parameters == (Parameter("body", "body", "", "json"),)
    assert http(function).body_type == "application/vnd.x+json" and not http(function).is_body_required
    assert function.parameters["properties"]["body"] == {**schema, "description": "All."}


def test_parts_that_must_all_fit_become_one_object():
    schema = {"allOf": [{"$ref": "#/components/schemas/N"}, {"properties": {"b": {}}, "required": ["b"]}]}
    whole = document(requestBody={"required": True, "content": {"application/json": {"schema": schema}}})
    whole["components"] = {"schemas": {"N": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    function = read_document(json.dumps(whole)).functions[0]
    assert function.parameters["properties"] == {"a": {"type": "string"}, "b": {}}
    assert function.parameters["required"] == ["b"]


def test_names_that_are_taken_get_a_number():
    whole = document()
    whole["paths"]["/b"] = {
        "get": {"operationId": "a"},
        "post": {"operationId": "x" * 80},
        "put": {"operationId": "x" * 80},
    }
    names = [f.name for f in read_document(json.dumps(whole), taken={"a"}).functions]
    assert names == ["a_2", "a_3", "x" * 64, "x" * 62 + "_2"]


def test_only_so_many_operations_are_taken():
    whole = document()
    whole["paths"] = {f"/p{i}": {"get": {}} for i in range(230)}
    read = read_document(json.dumps(whole))
    assert len(read.functions) == 200 and read.problems == ("Only the first 200 operations are taken.",)


# --- keys -------------------------------------------------------------------------------------

SCHEMES = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
    "host": {"type": "apiKey", "in": "header", "name": "Host"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "oauth": {"type": "oauth2", "flows": {}},
    "mutual": {"type": "mutualTLS"},
}


def secured(*alternatives: dict, **operation: object) -> dict:
    whole = document(security=list(alternatives), **operation)
    whole["components"] = {"securitySchemes": SCHEMES}
    return whole


@pytest.mark.parametrize(
    ("alternatives", "expected"),
    [
        ([{"header": []}], Credential("header", "header", "X-Key")),
        ([{"query": []}], Credential("query", "query", "key")),
        ([{"bearer": []}], Credential("bearer", "bearer")),
        ([{"basic": []}], Credential("basic", "basic")),
        ([{"oauth": ["read"]}], Credential("oauth", "bearer")),
        ([{"mutual": []}, {"digest": []}, {"bearer": []}], Credential("bearer", "bearer")),
        ([{"header": [], "query": []}, {"basic": []}], Credential("basic", "basic")),
        ([{}, {"bearer": []}], Credential("bearer", "bearer", is_required=False)),
        ([{"mutual": []}, {}], None),
        ([{}], None),
        ([], None),
    ],
)
def test_the_first_key_that_can_be_given_is_taken(alternatives, expected):
    assert http(read_document(json.dumps(secured(*alternatives))).functions[0]).credential == expected


@pytest.mark.parametrize(
    "alternative",
    [
        {"cookie": []},
        {"host": []},
        {"digest": []},
        {"mutual": []},
        {"nowhere": []},
        {"header": [], "query": []},
    ],
)
def test_a_key_that_cannot_be_given_leaves_the_operation_out(alternative):
    with pytest.raises(InvalidInput, match="wants a kind of key that cannot be given here"):
        read_document(json.dumps(secured(alternative)))


def test_the_key_is_not_asked_of_the_model():
    parameters = [{"name": "KEY", "in": "query", "required": True}, {"name": "q", "in": "query"}]
    function = read_document(json.dumps(secured({"query": []}, parameters=parameters))).functions[0]
    assert list(function.parameters["properties"]) == ["q"] and function.parameters["required"] == []


# --- odd operations ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "hint"),
    [
        ({"parameters": [{"name": "s", "in": "cookie", "required": True}]}, "needs the cookie “s”"),
        ({"parameters": [{"name": "Host", "in": "header", "required": True}]}, "needs the parameter “Host”"),
        ({"parameters": [{"name": "a", "in": "query", "style": "odd"}]}, "style odd"),
        ({"parameters": [{"$ref": "#/components/parameters/X"}]}, "which is not in the document"),
        ({"parameters": [{"$ref": "other.yaml#/X"}]}, "another document"),
        ({"parameters": [{"name": "a", "in": "query", "schema": {"$ref": "http://127.0.0.1/x"}}]}, "another document"),
        ({"parameters": [{"name": "a", "in": "query", "schema": {"type": "strin"}}]}, r"\$\.properties\.a\.type"),
        ({"parameters": [{"$ref": "#/paths/~1b/post/parameters/0"}]}, "circle"),
        ({"requestBody": {"required": True, "content": {"text/xml": {}}}}, "body as text/xml"),
        ({"servers": [{"url": "http://127.0.0.1:8000"}]}, "not an address of the public internet"),
        ({"servers": [{"url": "http://169.254.169.254/"}]}, "not an address of the public internet"),
        ({"servers": [{"url": "http://0x7f.1/"}]}, "four decimal"),
        ({"servers": [{"url": "https://me:pw@api.example"}]}, "user name"),
        ({"servers": [{"url": "ftp://api.example"}]}, "https"),
        ({"servers": [{"url": "https://api.example/?a=b"}]}, "query"),
        ({"servers": [{"url": "https://{where}.example/"}]}, "open place"),
        ({"servers": [{"url": "/v1"}]}, "does not say at which https address"),
        ({"parameters": [{"name": f"p{i}", "in": "query"} for i in range(3000)]}, "more than 2,000 parts"),
        ({"parameters": [{"name": f"p{i}", "in": "query", "description": "x" * 500} for i in range(100)]}, "32,000"),
    ],
)  # fmt: skip
def test_an_odd_operation_is_left_out_with_its_reason(operation, hint):
    problem = reason(**operation)
    assert problem.startswith("POST /b is left out: ")
    assert re.search(hint, problem), problem


def test_a_path_with_a_part_that_nothing_describes_is_left_out():
    whole = document()
    whole["paths"] |= {"/b/{id}": {"get": {}}, "no-slash": {"get": {}}, "/c": {"$ref": "other.yaml"}}
    problems = read_document(json.dumps(whole)).problems
    assert "GET /b/{id} is left out: its path has {id}, which no parameter describes." in problems
    assert "GET no-slash is left out: its path does not begin with /." in problems
    assert any(p.startswith("/c is left out: it refers to another document") for p in problems)


@pytest.mark.parametrize("count", [2, 30])
def test_schemas_that_multiply_are_bounded(count):
    schemas = {
        f"S{i}": {
            "type": "object",
            "properties": {f"p{j}": {"$ref": f"#/components/schemas/S{i + 1}"} for j in range(9)},
        }
        for i in range(count)
    } | {f"S{count}": {"type": "string"}}
    whole = document()
    whole["components"] = {"schemas": schemas}
    whole["paths"]["/b"] = {
        "post": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
        }
    }
    read = read_document(json.dumps(whole))
    assert len(read.functions) == (2 if count == 2 else 1)
    assert count == 2 or "more than 2,000 parts" in read.problems[0]


# --- documents that are none ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{}", "no OpenAPI document of release 3"),
        ('{"openapi": "4.0.0", "paths": {"/": {}}}', "release 3"),
        ('{"openapi": ["3.0"], "paths": {"/": {}}}', "release 3"),
        ('{"swagger": "2.0", "paths": {}}', "Swagger 2.0"),
        ('{"openapi": "3.1.0"}', "no paths"),
        ('{"openapi": "3.1.0", "paths": []}', "no paths"),
        ('{"openapi": "3.1.0", "paths": {"/": 5}}', "No function can be made"),
        ('{"openapi": "3.1.0", "paths": {"/": {"get": {}}}}', "does not say at which https address"),
        ('{"openapi": "3.1.0", "servers": [{"url": "http://localhost:8501"}], "paths": {"/": {"get": {}}}}', "localhost is not an address"),
    ],
)  # fmt: skip
def test_a_document_without_a_usable_operation_is_refused(text, hint):
    with pytest.raises(InvalidInput, match=hint):
        read_document(text)


def test_the_installation_says_which_private_servers_are_taken(monkeypatch):
    whole = document()
    whole["servers"] = [{"url": "http://localhost:8501/v1"}]
    with pytest.raises(InvalidInput):
        read_document(json.dumps(whole))
    monkeypatch.setenv("TANDEM_ALLOW_PRIVATE_HOSTS", "localhost")
    get_settings.cache_clear()
    assert http(read_document(json.dumps(whole)).functions[0]).host == "localhost"


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 300)
    | st.floats()
    | st.sampled_from(["", "#/paths", "object", "query", "a"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["$ref", "type", "name", "in", "schema", "properties", "url"]), inner, max_size=2
        )
    ),
    max_leaves=5,
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, part in inner for deeper in places(part, (*path, key)))]


WHOLE = {
    **secured(
        {"header": []},
        parameters=[{"name": "q", "in": "query", "style": "form", "explode": False, "schema": {"allOf": [{"type": "string"}]}}],
        requestBody={"content": {"application/json": {"schema": {
            "type": "object", "required": ["a"], "allOf": [{"properties": {"a": {"enum": ["x"], "nullable": True}}, "required": ["a"]}],
        }}}},
    ),
    "info": {"title": "T"},
    "servers": [{"url": "https://{a}.example", "variables": {"a": {"default": "b"}}}],
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(places(WHOLE)[1:]), JUNK)
def test_a_document_with_anything_anywhere_gives_functions_or_a_sentence(place, junk):
    broken = copy.deepcopy(WHOLE)
    here = broken
    for step in place[:-1]:
        here = here[step]
    here[place[-1]] = junk
    with contextlib.suppress(InvalidInput):
        for function in read_document(json.dumps(broken)).functions:
            Draft202012Validator.check_schema(function.parameters)


# --- documents at an address ------------------------------------------------------------------

API = "http://api.example/openapi.yaml"


def fetched(pages, url=API, **names):
    async def work():
        async with Web(pages, names) as web:
            return await fetch_document(url, fetch=web.guard().fetch)

    return asyncio.run(work())


def test_a_document_is_fetched_and_its_server_found_beside_it():
    relative = PETS.replace("https://{region}.api.example/v1/", "../v2").encode()
    read = fetched(
        {
            API: redirect("http://docs.example/x/openapi.yaml"),
            "http://docs.example/x/openapi.yaml": answer(relative),
        }
    )
    assert http(read.functions[0]).server == "http://docs.example/v2"


@pytest.mark.parametrize(
    ("page", "hint"),
    [
        (answer(b"gone", 404), "answered 404"),
        (answer(b"x: " + b"y" * 5_000_000), "more than 1,000,000 bytes"),
        (answer(b"<html><body>Welcome</body></html>"), "no OpenAPI document"),
        (redirect("http://127.0.0.1/openapi.json"), "redirects to where nothing is fetched"),
        (redirect("http://169.254.169.254/"), "redirects to where nothing is fetched"),
    ],
)
def test_what_is_no_document_is_said(page, hint):
    with pytest.raises(AppError, match=hint):
        fetched({API: page})


def test_a_document_inside_is_not_fetched():
    for url in ("http://127.0.0.1:8501/openapi.json", "http://169.254.169.254/", "http://inner.example/"):
        with pytest.raises(InvalidInput, match="not an address of the public internet"):
            fetched({}, url, **{"inner.example": ["192.168.1.1"]})
