"""Every error a door may show, drawn as one tree.

RunicornError                        500 internal_error
├── BadRequest                       400 invalid_parameters
│   ├── QueryError                   400 query_error
│   ├── QueryTooSlow                 400 query_too_slow
│   ├── UnsafeName                   400 unsafe_name
│   ├── BadArchive                   400 bad_archive
│   ├── RootUnusable                 400 root_unusable
│   │   └── RootMissing              400 root_missing
│   └── UnsupportedMediaType         415 unsupported_media_type
├── IdentityRequired                 401 token_required
├── Forbidden                        403 forbidden
│   └── SettingsUnwritable           403 settings_unwritable
├── NotFound                         404 not_found
│   ├── RunNotFound                  404 run_not_found
│   ├── ProjectNotFound              404 project_not_found
│   ├── MediaNotFound                404 media_not_found
│   ├── ArtifactNotFound             404 artifact_not_found
│   │   └── VersionNotFound          404 version_not_found
├── MethodNotAllowed                 405 method_not_allowed
├── Conflict                         409 conflict
│   ├── AmbiguousRun                 409 ambiguous_run
│   └── AmbiguousArtifact            409 ambiguous_artifact
├── TooLarge                         413 too_large
├── RateLimited                      429 rate_limited
├── HeadersTooLarge                  431 headers_too_large
├── NotInstalled                     501 not_installed
├── AnswerRefused                    502 remote_answer_refused
├── LinkLost                         503 viewer_unavailable
├── Stopping                         503 stopping
└── DiskFull                         507 disk_full

An error is raised low, where the cause is known, with one sentence that says what a person can do. A door translates
it once: over HTTP by ``status`` and ``code``, in a notebook and on the command line by its text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar


class RunicornError(Exception):
    """Base of all our errors; its text is a sentence for a person, without paths of the machine or secrets."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def extra(self) -> Mapping[str, Any]:
        """Return the members of its answer besides those that every error has (D3)."""
        return {}


class BadRequest(RunicornError, ValueError):
    """A parameter is missing, ill-typed or out of range; the text names it and what is allowed."""

    status = 400
    code = "invalid_parameters"


class QueryError(BadRequest):
    """A query cannot be understood; ``position`` and ``length`` say which characters of its text are meant.

    Parameters
    ----------
    message : str
        The sentence to show.
    position : int
        Where it goes wrong, in characters from 0; the length of the text when its end came too early.
    length : int
        How many characters are meant; 0 at the end of the text.
    """

    code = "query_error"

    def __init__(self, message: str, position: int, length: int) -> None:
        super().__init__(message)
        self.position = position
        self.length = length

    def extra(self) -> Mapping[str, Any]:
        """Return where the query is wrong, in characters."""
        return {"position": self.position, "length": self.length}

    def pointer(self, text: str) -> str:
        """Return the query `text` with carets under the characters that are meant, in two lines."""
        line = "".join(mark if mark.isprintable() else " " for mark in text)
        begin, end = self.position, self.position + self.length
        return f"{line}\n{' ' * _cells(line[:begin])}{'^' * max(1, _cells(line[begin:end]))}"


def _cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    widths = (
        2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text if not unicodedata.combining(mark)
    )
    return sum(widths)


class QueryTooSlow(BadRequest):
    """A query was stopped because it took too long; the text says what would make it quicker."""

    code = "query_too_slow"


class UnsafeName(BadRequest):
    """A project, run or file name could leave its place on disk or cannot be stored on every system."""

    code = "unsafe_name"


class BadArchive(BadRequest):
    """An archive is damaged, encrypted, holds what is no plain file inside, or holds no run."""

    code = "bad_archive"


class RootUnusable(BadRequest):
    """A storage root is missing, a file, or not readable."""

    code = "root_unusable"


class RootMissing(RootUnusable):
    """The storage root does not exist (yet)."""

    code = "root_missing"


class UnsupportedMediaType(BadRequest):
    """A request body is not of the content type that the route reads."""

    status = 415
    code = "unsupported_media_type"


class IdentityRequired(RunicornError):
    """Nobody vouches for this request: no token, no cookie, and the caller is not known to be the owner."""

    status = 401
    code = "token_required"


class Forbidden(RunicornError):
    """The caller is known, or might be, but this request must not be answered (origin, host, cross-site)."""

    status = 403
    code = "forbidden"


class SettingsUnwritable(Forbidden):
    """The user's config folder cannot be written; the text says why."""

    code = "settings_unwritable"


class NotFound(RunicornError, LookupError):
    """There is nothing of that name."""

    status = 404
    code = "not_found"


class RunNotFound(NotFound):
    """No run has this id in the opened root."""

    code = "run_not_found"


class ProjectNotFound(NotFound):
    """No project has this name in the opened root."""

    code = "project_not_found"


class MediaNotFound(NotFound):
    """The run has no such file, or it is not a regular file inside the run."""

    code = "media_not_found"


class ArtifactNotFound(NotFound):
    """No artifact has this name (and type) in the opened root."""

    code = "artifact_not_found"


class VersionNotFound(ArtifactNotFound):
    """The artifact has no such version or alias, or that version has no such file."""

    code = "version_not_found"


class MethodNotAllowed(RunicornError):
    """The route exists, but not for this HTTP method."""

    status = 405
    code = "method_not_allowed"


class Conflict(RunicornError):
    """The request fits the documents but not what is there now."""

    status = 409
    code = "conflict"


class AmbiguousRun(Conflict):
    """Two runs of the root have the same id; the text lists their paths."""

    code = "ambiguous_run"


class AmbiguousArtifact(Conflict):
    """Artifacts of several types have this name; the text lists the types."""

    code = "ambiguous_artifact"


class PortTaken(Conflict):
    """The local port that was asked for cannot be had."""

    code = "port_in_use"


class TooLarge(RunicornError):
    """A body or file is over the limit that the text names."""

    status = 413
    code = "too_large"


class HeadersTooLarge(RunicornError):
    """The headers of a request are over the limit that the text names."""

    status = 431
    code = "headers_too_large"


class RateLimited(RunicornError):
    """Too many requests; ``retry_after`` says when the next one is welcome.

    Parameters
    ----------
    message : str
        The sentence to show.
    retry_after : int
        Seconds until the window frees.
    """

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotInstalled(RunicornError):
    """An optional package is missing; the text names the extra that brings it."""

    status = 501
    code = "not_installed"


class AnswerRefused(RunicornError):
    """A viewer on another host answered with what never passes from there: a page, a redirect, JSON of another form."""

    status = 502
    code = "remote_answer_refused"


class LinkLost(RunicornError):
    """The viewer on another host cannot be reached right now; ask again soon."""

    status = 503
    code = "viewer_unavailable"
    retry_after = 2


class Stopping(RunicornError):
    """The server is being stopped; ask again when it is back."""

    status = 503
    code = "stopping"


class DiskFull(RunicornError):
    """The disk that holds the root has no room left."""

    status = 507
    code = "disk_full"
