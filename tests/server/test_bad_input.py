"""Every parameter of every verb, wrong in every way: refused with a sentence that names it, and nothing half done."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from mounts import Mount
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.request.fields import Field, answer_of, fields_of
from runicorn_jupyter.server.spec.openapi import Operation, operations

OPERATIONS = [one for one in operations() if not issubclass(one.handler, GateSocket)]
LARGE = b'{"x": "' + b"x" * (5 * 1024 * 1024) + b'"}'
MIXED = [1, "two", None]


@pytest.fixture
def root(scratch_053: Path) -> Path:
    return scratch_053


class Case(NamedTuple):
    """One wrong request: which field it is about, and the status that must come."""

    operation: Operation
    field: str
    query: str = ""
    body: bytes | None = None
    kind: str = "application/json"
    code: int = 400


def address(operation: Operation, run_id: str) -> str:
    """Return the address with a run that is there and other names that are not."""
    filled = operation.address.replace("{run_id}", run_id)
    return re.sub(
        r"\{[a-z_]+(?::([^}]*))?\}", lambda place: (place[1] or "nope").split("|")[0].replace("*", "x"), filled
    )


def wrong_texts(field: Field) -> Iterator[str]:
    """Yield texts of a query that are none of what the field allows."""
    schema = field.schema
    if schema.get("type") == "integer":
        yield from ("abc", "1.5", "0x1", str(schema["minimum"] - 1), str(schema["maximum"] + 1), "9" * 400)
    elif schema.get("type") == "number":
        yield from ("abc", "nan", "inf", "1e999")
    elif "enum" in schema or "enum" in schema.get("items", {}):
        yield "no-such-word"
    yield "x" * 4097


def query_cases(operation: Operation) -> Iterator[Case]:
    declared = [(name, field) for name, field in fields_of(operation.method) if field.place == "query"]
    body = {name: fitting(field) for name, field in fields_of(operation.method) if field.place == "body"}
    data, kind = json.dumps(body).encode() if body else None, "application/json"
    if (said := answer_of(operation.method)) is not None and said.upload:
        data, kind = b"PK", "application/zip"
    for name, field in declared:
        others = "".join(f"&{other}=x" for other, one in declared if one.required and other != name)
        wrong = [f"{name}={quote(text)}" for text in wrong_texts(field)]
        wrong += [f"{name}=%ff"] + [""] * field.required
        if field.schema.get("type") != "array":
            wrong.append(f"{name}=1&{name}=2")
        yield from (Case(operation, name, text + others, data, kind) for text in wrong)


def wrong_values(field: Field) -> Iterator[Any]:
    kinds = field.schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind != "string":
        yield "text"
    else:
        yield 5
    yield {"string": {}, "boolean": 1, "integer": 1.5, "number": True, "array": {"a": 1}, "object": []}[str(kind)]
    if kind == "integer":
        yield from (field.schema["minimum"] - 1, field.schema["maximum"] + 1)
    if kind == "array":
        yield MIXED
    if "enum" in field.schema:
        yield "no-such-word"


def body_cases(operation: Operation) -> Iterator[Case]:
    declared = [(name, field) for name, field in fields_of(operation.method) if field.place == "body"]
    if not declared or (said := answer_of(operation.method)) is None or said.upload:
        return
    for name, field in declared:
        for value in wrong_values(field):
            fine = {other: fitting(one) for other, one in declared if other != name}
            yield Case(operation, name, body=json.dumps({**fine, name: value}).encode())
        if field.required:
            fine = {other: fitting(one) for other, one in declared if other != name}
            yield Case(operation, name, body=json.dumps(fine).encode())
    whole = json.dumps({name: fitting(field) for name, field in declared}).encode()
    for junk in (b"{", b"[]", b"5", b'"x"', b"\xff", b"{'a': 1}"):
        yield Case(operation, "body", body=junk)
    form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    yield Case(operation, "application/json", body=form, kind="multipart/form-data; boundary=x", code=415)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/json", ""):
        yield Case(operation, "application/json", body=whole, kind=kind, code=415)
    yield Case(operation, "MiB", body=LARGE, code=413)


def fitting(field: Field) -> Any:
    """Return a value of the right type that names nothing there is."""
    kinds = field.schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if "enum" in field.schema:
        return field.schema["enum"][0]
    usual = {"string": "nope", "boolean": False, "array": ["nope"], "object": {}, "number": 1.0}
    return field.schema.get("minimum", 1) if kind == "integer" else usual[str(kind)]


def state_of(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))


async def sent(client: AsyncHTTPClient, mount: Mount, case: Case, run_id: str) -> HTTPResponse:
    headers = {**mount.token, **({"Content-Type": case.kind} if case.body is not None else {})}
    request = HTTPRequest(
        f"{mount.url(mount.prefix)}{quote(address(case.operation, run_id), safe='/:@')}?{case.query}",
        method=case.operation.verb.upper(), headers=headers, body=case.body, allow_nonstandard_methods=True,
        request_timeout=60,
    )  # fmt: skip
    return await client.fetch(request, raise_error=False)


def complaint(case: Case, response: HTTPResponse) -> str | None:
    """Return what is wrong with an answer, None when it is as it should be."""
    told = f"{case.operation.verb} {case.operation.address} {case.field} {case.query[:60]} {(case.body or b'')[:80]!r}"
    limited = response.code == 429  # what is dear is counted before it is read
    if limited:
        return None
    if response.code != case.code:
        return f"{told}: {response.code} {response.body[:200]!r}"
    found = json.loads(response.body)
    wanted = {"detail", "message", "error", "ok", "success"}
    named = case.field.removesuffix("s") in found["detail"] or (
        case.operation.address.endswith("batch-delete") and "exp_ids" in told
    )
    if not named or not found.keys() >= wanted or found["ok"] is not False:
        return f"{told}: {found}"
    return None


async def refused(mount: Mount, cases: list[Case]) -> list[str]:
    run_id = (await mount.json("/runs?limit=1"))[0]["id"]
    client = SimpleAsyncHTTPClient(force_instance=True, max_clients=4)
    try:
        answers = await asyncio.gather(*(sent(client, mount, case, run_id) for case in cases))
    finally:
        client.close()
    return [told for case, answer in zip(cases, answers, strict=True) if (told := complaint(case, answer))]


async def test_every_wrong_query_is_refused_by_name(mount: Mount, root: Path) -> None:
    before = state_of(root)
    cases = [case for operation in OPERATIONS for case in query_cases(operation)]
    assert len(cases) > 300
    assert "\n".join(await refused(mount, cases)) == ""
    assert state_of(root) == before


async def test_every_wrong_body_is_refused_by_name_and_nothing_is_half_done(mount: Mount, root: Path) -> None:
    before = state_of(root)
    cases = [case for operation in OPERATIONS for case in body_cases(operation)]
    assert len(cases) > 200
    assert "\n".join(await refused(mount, cases)) == ""
    assert state_of(root) == before


async def test_a_run_that_is_not_there_is_404_in_every_verb_about_one_run(mount: Mount) -> None:
    wrong = []
    for operation in OPERATIONS:
        if "{run_id}" not in operation.address:
            continue
        for run_id in ("nope", "..", "%2e%2e", "a%2Fb", "%00", "x" * 300, "20260101_120000_abcdef%0a"):
            path = operation.address.replace("{run_id}", run_id).replace("{path:*}", "x").replace("{path}", "x")
            needed = "&".join(f"{name}=x" for name, field in fields_of(operation.method) if field.required)
            body = {name: fitting(field) for name, field in fields_of(operation.method) if field.place == "body"}
            headers = {**mount.token, "Content-Type": "application/json"}
            data = json.dumps(body).encode() if body else None
            got = await mount.fetch(f"{path}?{needed}", headers, method=operation.verb.upper(), body=data)
            told = json.loads(got.body) if got.body else {}
            per_run = got.code == 200 and told.get("deleted_count") == 0  # X27 tells of each run by itself
            if got.code not in {400, 404, 405, 429} and not per_run:
                wrong.append((operation.verb, path[:80], got.code, got.body[:200]))
    assert wrong == []
