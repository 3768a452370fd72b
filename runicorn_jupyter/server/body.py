"""The JSON body of a request, read one way everywhere: every complaint names the field and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from runicorn_jupyter.errors import BadRequest

_TEXT_LIMIT = 65_536


class Body:
    """One JSON object.

    Parameters
    ----------
    data : bytes
        As it came; nothing at all is an empty object.

    Raises
    ------
    BadRequest
        It is no JSON, or no object.
    """

    def __init__(self, data: bytes) -> None:
        try:
            found = orjson.loads(data) if data.strip() else {}
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is not valid JSON: {error.msg} at character {error.pos}.") from None
        if not isinstance(found, dict):
            raise BadRequest("The body must be a JSON object, in braces.")
        self.fields: Mapping[str, Any] = found

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; it must be there unless there is a `default`.

        Raises
        ------
        BadRequest
            It is absent, no text, or longer than 65,536 characters.
        """
        value = self.fields.get(name, default)
        if value is None:
            raise BadRequest(f"{name} is required.")
        if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
            raise BadRequest(f"{name} must be a text of at most {_TEXT_LIMIT} characters.")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false; a text or a number is neither.

        Raises
        ------
        BadRequest
            Another value.
        """
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false.")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object.

        Raises
        ------
        BadRequest
            It is absent or another value.
        """
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise BadRequest(f"{name} is required and must be an object.")
        return value
