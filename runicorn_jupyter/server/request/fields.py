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

from runicorn_jupyter.errors import AmbiguousRun, BadRequest, RunicornError, RunNotFound

if TYPE_CHECKING:
    from runicorn_jupyter.server.request.body import Body

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
class Entries:
    """A body that is a list: the function that makes one value of the fields in each entry, and how many there may be.

    A verb that declares it has no other fields of a body.
    """

    make: Callable[..., Any]
    most: int
    says: str


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
        elif isinstance(one, Field):
            yield one.name or name, one


def entries_of(function: Callable[..., Any]) -> Entries | None:
    """Return what a verb declares its body to be a list of, None when it is no list."""
    return next((one for one in _declared(function).values() if isinstance(one, Entries)), None)


def reading(verb: _Verb) -> _Verb:
    """Return the verb with its fields read from the request; a verb that declares none is returned as it is."""
    if not _declared(verb):
        return verb

    @wraps(verb)
    async def read_and_run(handler: Any, *args: str, **kwargs: Any) -> Any:
        return await ensure_async(verb(handler, *args, **_values(verb, handler), **kwargs))

    return cast("_Verb", read_and_run)


@cache
def _declared(function: Callable[..., Any]) -> dict[str, Field | Group | Entries]:
    arguments = inspect.signature(function).parameters
    return {name: one.default for name, one in arguments.items() if isinstance(one.default, Field | Group | Entries)}


def _values(function: Callable[..., Any], handler: Any, body: Body | None = None) -> dict[str, Any]:
    return {name: _value(name, one, handler, body) for name, one in _declared(function).items()}


def _value(name: str, one: Field | Group | Entries, handler: Any, entry: Body | None) -> Any:
    """Read one argument; `entry` stands for the body while the entries of a list are read."""
    if isinstance(one, Group):
        return one.make(**_values(one.make, handler, entry))
    if isinstance(one, Entries):
        return [_made(one.make, handler, *part) for part in enumerate(handler._body.entries(one.most), 1)]  # noqa: SLF001 - ours alone
    if one.place == "query":
        return one.read(handler._params, one.name or name)  # noqa: SLF001
    return one.read(handler._body if entry is None else entry, one.name or name)  # noqa: SLF001


def _made(make: Callable[..., Any], handler: Any, number: int, entry: Body) -> Any:
    try:
        return make(**_values(make, handler, entry))
    except BadRequest as error:
        raise BadRequest(f"Entry {number}: {error}") from None
