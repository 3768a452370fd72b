"""What a verb reads and answers, declared in its signature: parsing and OpenAPI come from this one truth.

A keyword-only argument of a verb whose default is a field (`server.query`, `server.body`) is read and checked before
the verb runs and handed over by its name; nothing else of a request can be read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from jupyter_server.utils import ensure_async

from runicorn_jupyter.errors import AmbiguousRun, RunicornError, RunNotFound

if TYPE_CHECKING:
    from runicorn_jupyter.server.request.body import Body
    from runicorn_jupyter.server.request.params import Params

RUN_ERRORS = (RunNotFound, AmbiguousRun)
"""What every verb about one run may raise."""

_T = TypeVar("_T")
_Verb = TypeVar("_Verb", bound=Callable[..., Any])
_ANSWER = "_runicorn_answer"


@dataclass(frozen=True)
class Field:
    """One parameter of the query, or one member of a JSON body.

    Parameters
    ----------
    place : {"query", "body"}
        Where it stands.
    schema : mapping
        JSON schema of the value, default included.
    says : str
        What it does, in a phrase.
    read : callable
        Takes the `Params` or `Body` and the name on the wire; returns the value or raises BadRequest.
    required : bool
        Whether the request is refused without it.
    name : str
        Its name on the wire, where that is no good name for an argument.
    """

    place: Literal["query", "body"]
    schema: Mapping[str, Any]
    says: str
    read: Callable[[Any, str], Any]
    required: bool = False
    name: str = ""


@dataclass(frozen=True)
class Group:
    """Fields that belong together, and the function that makes one argument of them."""

    make: Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    """What a verb answers: types become JSON schemas, texts are media types of other bodies."""

    kinds: tuple[Any, ...]
    status: int = 200
    raises: tuple[type[RunicornError], ...] = ()
    upload: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[int, str] = field(default_factory=dict)


def made_by(function: Callable[..., _T]) -> _T:
    """Declare an argument that `function` makes of the fields in its own signature."""
    return cast("_T", Group(function))


def answers(
    *kinds: Any,
    status: int = 200,
    raises: tuple[type[RunicornError], ...] = (),
    upload: str | None = None,
    headers: Mapping[str, str] | None = None,
    also: Mapping[int, str] | None = None,
) -> Callable[[_Verb], _Verb]:
    """Declare what a verb answers.

    Parameters
    ----------
    *kinds : type or str
        A dataclass, TypedDict or other type of the JSON; or a media type, for any other body.
    status : int
        The status of success.
    raises : tuple of exception classes
        What this verb raises beyond what any verb may.
    upload : str, optional
        The verb takes a multipart body; this is the name of the file in it.
    headers : mapping of str to str
        Headers of the answer and what they say.
    also : mapping of int to str
        Other statuses that are no failure, such as 304, and what they mean.
    """

    def mark(verb: _Verb) -> _Verb:
        setattr(verb, _ANSWER, Answer(kinds, status, raises, upload, headers or {}, also or {}))
        return verb

    return mark


def answer_of(verb: Callable[..., Any]) -> Answer | None:
    """Return what a verb was declared to answer, None when it was not."""
    return getattr(verb, _ANSWER, None)


def fields_of(function: Callable[..., Any]) -> Iterator[tuple[str, Field]]:
    """Yield (name on the wire, field) of every field that a verb or the maker of a group declares."""
    for name, one in _declared(function).items():
        if isinstance(one, Group):
            yield from fields_of(one.make)
        else:
            yield one.name or name, one


def reading(verb: _Verb) -> _Verb:
    """Return the verb with its fields read from the request; a verb that declares none is returned as it is."""
    declared = _declared(verb)
    if not declared:
        return verb

    @wraps(verb)
    async def read_and_run(handler: Any, *args: str, **kwargs: Any) -> Any:
        return await ensure_async(verb(handler, *args, **_values(declared, handler), **kwargs))

    return cast("_Verb", read_and_run)


@cache
def _declared(function: Callable[..., Any]) -> dict[str, Field | Group]:
    arguments = inspect.signature(function).parameters
    return {name: one.default for name, one in arguments.items() if isinstance(one.default, Field | Group)}


def _values(declared: Mapping[str, Field | Group], handler: Any) -> dict[str, Any]:
    return {name: _value(name, one, handler) for name, one in declared.items()}


def _value(name: str, one: Field | Group, handler: Any) -> Any:
    if isinstance(one, Group):
        return one.make(**_values(_declared(one.make), handler))
    source: Params | Body = handler._params if one.place == "query" else handler._body  # noqa: SLF001 - ours alone
    return one.read(source, one.name or name)
