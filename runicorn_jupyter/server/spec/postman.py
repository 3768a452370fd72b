"""OpenAPI as a Postman collection (v2.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(document: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """Return the collection of an OpenAPI document: a folder for each tag, a request for each operation."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if "101" not in operation["responses"]:  # Postman has another form for websockets
                folders.setdefault(operation["tags"][0], []).append(_request(path, verb, operation))
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": _SCHEMA,
        },
        "item": [{"name": tag, "item": requests} for tag, requests in folders.items()],
        "auth": {
            "type": "apikey",
            "apikey": [{"key": "key", "value": "Authorization"}, {"key": "value", "value": "token {{token}}"}],
        },
        "variable": [{"key": "base_url", "value": base_url}, {"key": "token", "value": ""}],
    }


def _request(path: str, verb: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    places = [one for one in operation["parameters"] if one["in"] == "path"]
    asked = [one for one in operation["parameters"] if one["in"] == "query"]
    parts = re.sub(r"\{([a-z_]+)\}", r":\1", path).strip("/").split("/")
    request = {
        "method": verb.upper(),
        "description": operation["description"],
        "url": {
            "raw": "{{base_url}}/" + "/".join(parts),
            "host": ["{{base_url}}"],
            "path": parts,
            "variable": [
                {"key": one["name"], "value": _example(one["schema"]), "description": one["description"]}
                for one in places
            ],
            "query": [
                {
                    "key": one["name"],
                    "value": _example(one["schema"]),
                    "description": one["description"],
                    "disabled": not one["required"],
                }
                for one in asked
            ],
        },
    }
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = _json_body(body["application/json"]["schema"])
    elif "multipart/form-data" in body:
        members = body["multipart/form-data"]["schema"]["properties"]
        request["body"] = {"mode": "formdata", "formdata": [_form_part(name, one) for name, one in members.items()]}
    return {"name": operation["summary"], "request": request}


def _json_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    one_entry = schema.get("items", schema)
    members = {name: one.get("default", _EMPTY.get(_kind(one))) for name, one in one_entry["properties"].items()}
    example = [members] if "items" in schema else members
    return {"mode": "raw", "raw": json.dumps(example, indent=2), "options": {"raw": {"language": "json"}}}


def _form_part(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if "contentMediaType" in schema:
        return {"key": name, "type": "file", "src": []}
    return {"key": name, "type": "text", "value": _example(schema)}


_EMPTY: Mapping[str, Any] = {"string": "", "boolean": False, "integer": 0, "number": 0, "array": [], "object": {}}


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "string")
    return kind if isinstance(kind, str) else next(one for one in kind if one != "null")


def _example(schema: Mapping[str, Any]) -> str:
    words = schema.get("enum", [""])
    return str(schema.get("default", words[0]))
