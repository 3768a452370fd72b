"""OpenAPI, its readers and the Postman collection: what the table of routes and the verbs declare, at both mounts."""

from __future__ import annotations

import json
import re

import pytest
from mounts import Mount, patterns
from openapi_spec_validator import OpenAPIV31SpecValidator
from places import REPOSITORY

from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.request.fields import answer_of, fields_of
from runicorn_jupyter.server.routes import ROUTES
from runicorn_jupyter.server.spec.openapi import VERBS, document, operations
from runicorn_jupyter.server.spec.postman import collection
from runicorn_jupyter.server.unknown import UnknownHandler


def beside(mount: Mount, name: str) -> str:
    return mount.prefix.removesuffix("api") + name


def test_the_document_is_openapi() -> None:
    OpenAPIV31SpecValidator({**document(), "servers": [{"url": "/"}]}).validate()


def test_every_verb_of_every_route_says_what_it_answers() -> None:
    silent = [
        (address, verb)
        for address, handler in ROUTES
        if handler is not UnknownHandler and not issubclass(handler, GateSocket)
        for verb in VERBS
        if verb in handler.__dict__ and answer_of(getattr(handler, verb)) is None
    ]
    assert silent == []


async def test_openapi_is_the_router(mount: Mount) -> None:
    """No route is served that the document does not have, and none is there that is not served."""
    served = {
        pattern.replace("/a%40b/runicorn", "").replace(re.escape("/a%40b/runicorn"), "")
        for pattern, handler in patterns(mount)
        if handler is not UnknownHandler and "/api" in pattern and "/remote/([^/]+)/api" not in pattern
    }
    found = await mount.json_of(beside(mount, "openapi.json"))
    described = {re.sub(r"\{[a-z_]+\}", "*", path) for path in found["paths"]}
    assert {re.sub(r"\([^()]*\)", "*", pattern) for pattern in served} == described


async def test_the_server_of_the_document_is_the_one_that_was_asked(mount: Mount) -> None:
    found = await mount.json_of(beside(mount, "openapi.json"))
    assert found["openapi"] == "3.1.0"
    health = found["servers"][0]["url"].rstrip("/") + "/api/health"
    assert (await mount.fetch(health, whole=True)).code == 200


def test_what_a_verb_reads_is_what_the_document_says() -> None:
    for operation in operations():
        said = document()["paths"][operation.path][operation.verb]
        asked = {one["name"]: one["schema"] for one in said["parameters"] if one["in"] == "query"}
        body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for name, field in fields_of(operation.method):
            schema = asked[name] if field.place == "query" else body["properties"][name]
            assert {key: schema[key] for key in field.schema} == dict(field.schema)


def test_a_body_that_is_a_list_is_described_as_one() -> None:
    said = document()["paths"]["/api/remote/connections/saved"]["post"]["requestBody"]
    schema = said["content"]["application/json"]["schema"]
    assert (said["required"], schema["type"], schema["maxItems"]) == (True, "array", 100)
    assert schema["items"]["required"] == ["host", "username"]
    folders = {folder["name"]: folder["item"] for folder in collection(document(), "http://here")["item"]}
    (request,) = (one["request"] for one in folders["remote"] if one["name"].startswith("Save a list"))
    (entry,) = json.loads(request["body"]["raw"])
    assert entry.items() >= {"host": "", "port": 22}.items()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=-1", "limit must be a whole number from 0 to 1000000, not '-1'."),
        ("limit=1&limit=2", "limit is given 2 times; give it once."),
        ("order_desc=maybe", "order_desc must be one of false, true, 0, 1, not 'maybe'."),
    ],
)
async def test_a_field_is_read_before_the_verb_runs(viewer_mount: Mount, query: str, sentence: str) -> None:
    response = await viewer_mount.fetch(f"/runs?{query}")
    assert (response.code, json.loads(response.body)["detail"]) == (400, sentence)


async def test_the_postman_collection_has_every_request(mount: Mount) -> None:
    found = await mount.json_of(beside(mount, "postman.json"))
    assert found["info"]["schema"].endswith("/v2.1.0/collection.json")
    requests = [request["request"] for folder in found["item"] for request in folder["item"]]
    asked = {(one["method"], re.sub(r":[a-z_]+", "*", "/" + "/".join(one["url"]["path"]))) for one in requests}
    sockets = {operation.path for operation in operations() if issubclass(operation.handler, GateSocket)}
    assert asked == {
        (verb.upper(), re.sub(r"\{[a-z_]+\}", "*", path))
        for path, verbs in document()["paths"].items()
        if path not in sockets
        for verb in verbs
    }
    base = {one["key"]: one["value"] for one in found["variable"]}["base_url"]
    assert base == f"http://127.0.0.1:{mount.port}{mount.prefix.removesuffix('/api')}"


async def test_pages_and_their_programs_need_an_identity(mount: Mount) -> None:
    for name in ("docs", "redoc", "docs/reader.js", "docs/swagger-ui-bundle.js", "openapi.json", "postman.json"):
        assert (await mount.fetch(beside(mount, name), mount.cookie, whole=True)).code == 200, name
        led = {302} if mount.kind == "jupyter" and name in {"docs", "redoc"} else set()  # to the login, as any page
        assert (await mount.fetch(beside(mount, name), mount.stranger, whole=True)).code in led or {401, 403}, name
    page = (await mount.fetch(beside(mount, "docs"), mount.cookie, whole=True)).headers
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_a_handler_reads_nothing_that_it_does_not_declare() -> None:
    readers = re.compile(r"self\._(?:params|body)\b|get_\w*argument|request\.(?:body|query|arguments|\w+_arguments)")
    may = {"gate.py", "fields.py", "body.py", "identity.py", "page.py"}
    """The gate and the fields themselves, and the login."""
    found = {
        f"{path.name}: {line.strip()}"
        for path in (REPOSITORY / "runicorn_jupyter" / "server").glob("*.py")
        if path.name not in may
        for line in path.read_text().splitlines()
        if readers.search(line)
    }
    # A cursor is added to what was asked; an upload is read as it comes.
    assert {line for line in found if not line.startswith(("lists.py: name: values", "upload"))} == set()
