"""One HTTP session to one viewer: finds its API and its token, retries what may be sent twice, and names errors."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from runicorn_jupyter._version import __version__
from runicorn_jupyter.client.address import parse
from runicorn_jupyter.client.answers import check, value_of
from runicorn_jupyter.client.errors import (
    AuthenticationError,
    ConnectionError,  # noqa: A004
    RunicornAPIError,
)
from runicorn_jupyter.client.tokens import find_token, is_local, running

log = logging.getLogger(__name__)

DEFAULT_URL = "http://127.0.0.1:23300"
_FIRST = 5.0
_BACKOFF = 0.5
_RETRIED = (500, 502, 503, 504)
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")
_PIECE = 256 * 1024


class Connection:
    """The wire under `RunicornClient`; `get`, `post`, `put` and `delete` take an address of the API such as ``/runs``.

    Parameters
    ----------
    base_url : str
        A viewer, ``http://host:port``, or a Jupyter server with its base URL, or what its browser shows.
    timeout : float
        Seconds to wait for an answer to begin, and between two pieces of it.
    max_retries : int
        How often a GET, PUT or DELETE is sent again when the server fails or the line breaks. A POST never is.
    token : str, optional
        The server's token; that of a viewer or Jupyter server of one's own on this machine is found by itself.

    Raises
    ------
    ConnectionError
        Nothing answers there, or something that is no viewer.
    AuthenticationError
        The token is missing or wrong.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        timeout: float = 30,
        max_retries: int = 3,
        *,
        token: str | None = None,
    ) -> None:
        address = parse(base_url)
        self.base_url = address.base_url
        self.timeout = timeout
        self.session = requests.Session()
        self.health: dict[str, Any] = {}
        self._retries = max_retries
        self._prepare(token or address.token or find_token(address.base_url), max_retries)
        try:
            self.api_url = self._find_api(address.apis)
        except BaseException:
            self.session.close()
            raise

    def get(self, endpoint: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a GET answers."""
        return self._value("GET", endpoint, params=params)

    def page(self, endpoint: str, params: Mapping[str, Any] | None = None) -> tuple[Any, Mapping[str, str]]:
        """Return the JSON that a GET answers, and its headers: a list tells there where it goes on."""
        with self._talking():
            answer = self._send("GET", endpoint, params=params)
            return value_of(answer, self.base_url), answer.headers

    def post(self, endpoint: str, json: Any = None, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Return the JSON that a POST answers; it is sent once. `options` are those of ``requests``."""
        return self._value("POST", endpoint, json=json, params=params, **options)

    def put(self, endpoint: str, json: Any = None) -> Any:
        """Return the JSON that a PUT answers."""
        return self._value("PUT", endpoint, json=json)

    def patch(self, endpoint: str, json: Any = None) -> Any:
        """Return the JSON that a PATCH answers; it is sent once."""
        return self._value("PATCH", endpoint, json=json)

    def delete(self, endpoint: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON that a DELETE answers."""
        return self._value("DELETE", endpoint, params=params)

    def read(self, method: str, endpoint: str, **options: Any) -> bytes:
        """Return the whole body that a request answers, which need not be JSON."""
        with self._talking():
            answer = self._send(method, endpoint, **options)
            check(answer, self.base_url)
            return answer.content

    @contextmanager
    def stream(self, method: str, endpoint: str, **options: Any) -> Iterator[Iterator[bytes]]:
        """Give the body of an answer piece by piece, for what is too large to be held."""
        with self._talking(), self._send(method, endpoint, stream=True, **options) as answer:
            check(answer, self.base_url)
            yield answer.iter_content(_PIECE)

    def close(self) -> None:
        """Close the session; a second call does nothing."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self, token: str | None, max_retries: int) -> None:
        session = self.session
        session.headers["User-Agent"] = f"runicorn-jupyter/{__version__}"
        if is_local(self.base_url):
            # Neither a proxy of the environment nor a .netrc has a part in talking to this machine.
            session.trust_env = False
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        # A cookie would make us look like a browser, which is asked for more.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if token:
            session.auth = _Token(token, self.base_url)
        retry = Retry(
            total=max_retries,
            backoff_factor=_BACKOFF,
            status_forcelist=_RETRIED,
            allowed_methods=_IDEMPOTENT,
            raise_on_status=False,
            redirect=False,
        )
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))

    def _find_api(self, candidates: tuple[str, ...]) -> str:
        """Return the first of `candidates` that is our API, asked once and shortly."""
        for api in candidates:
            self.session.mount(f"{api}/health", HTTPAdapter(max_retries=0))
        refused: RunicornAPIError | None = None
        for api in candidates:
            with self._talking():
                answer = self.session.get(f"{api}/health", timeout=min(_FIRST, self.timeout), allow_redirects=False)
            try:
                health = value_of(answer, self.base_url)
            except RunicornAPIError as error:
                if error.error is not None:  # our own word for it: this is the API, and something is wrong there
                    raise
                refused = error if isinstance(error, AuthenticationError) else refused
                log.debug("%s is not the API: %s", api, error)
            else:
                if _is_viewer(health):
                    self._check_known(health)
                    self.health = health
                    return api
        raise refused or ConnectionError(
            f"Something answers at {self.base_url}, but it is no Runicorn viewer, nor a Jupyter server with "
            "runicorn-jupyter: check the address, or start `runicorn viewer`."
        )

    def _check_known(self, health: dict[str, Any]) -> None:
        if "storage" not in health:  # what a stranger is told
            given = "does not know this token" if self.session.auth else "wants a token"
            raise AuthenticationError(
                f"The server at {self.base_url} {given}: connect(url, token=…). A viewer of your own on this machine "
                "needs none; Jupyter prints its token when it starts.",
                status_code=401,
                error="token_required",
            )

    def _value(self, method: str, endpoint: str, **options: Any) -> Any:
        with self._talking():
            return value_of(self._send(method, endpoint, **options), self.base_url)

    def _send(self, method: str, endpoint: str, **options: Any) -> requests.Response:
        path = f"/{endpoint.lstrip('/')}"
        # The documents write /api/runs; where the API lies is ours to know.
        path = path.removeprefix("/api") if path.startswith("/api/") else path
        options = {"timeout": self.timeout, "allow_redirects": False, **options}
        for attempt in range(self._retries if method in _IDEMPOTENT else 0):
            try:
                return self.session.request(method, f"{self.api_url}{path}", **options)
            except requests.exceptions.ChunkedEncodingError:  # cut short after it began: urllib3 retries before that
                time.sleep(_BACKOFF * attempt)
        return self.session.request(method, f"{self.api_url}{path}", **options)

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Say what is wrong with the line in one sentence."""
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise ConnectionError(
                f"The certificate of {self.base_url} is not trusted: name it in REQUESTS_CA_BUNDLE ({_cause(error)})."
            ) from error
        except requests.exceptions.ConnectTimeout as error:
            raise ConnectionError(self._nobody()) from error
        except requests.exceptions.Timeout as error:
            raise ConnectionError(
                f"{self.base_url} did not answer within {self.timeout:g} s: ask for less, or connect with a larger "
                "timeout."
            ) from error
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise ConnectionError(
                f"The answer of {self.base_url} was cut short: the viewer ended, or the line broke. Ask again."
            ) from error
        except requests.exceptions.ConnectionError as error:
            raise ConnectionError(self._broken(error)) from error
        except requests.exceptions.RequestException as error:
            raise ConnectionError(f"{self.base_url} cannot be asked: {_cause(error)}.") from error

    def _broken(self, error: Exception) -> str:
        text = str(error)
        if "RemoteDisconnected" in text or "Connection aborted" in text or "reset" in text.lower():
            return f"The line to {self.base_url} broke before the answer came: the viewer may have ended."
        if "Read timed out" in text:
            return f"{self.base_url} did not answer within {self.timeout:g} s, asked several times."
        return self._nobody()

    def _nobody(self) -> str:
        others = [server.url for server in running()] if is_local(self.base_url) else []
        known = f" Yours run at {', '.join(others)}." if others else ""
        return f"No viewer answers at {self.base_url}: start one with `runicorn viewer`, or check the address.{known}"


class _Token(AuthBase):
    """Adds the token to requests to the server it belongs to, and to no other."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token
        self._server = base_url.split("/", 3)[:3]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if (request.url or "").split("/", 3)[:3] == self._server:
            request.headers["Authorization"] = f"token {self._token}"
        return request


def _is_viewer(health: Any) -> bool:
    return isinstance(health, dict) and health.get("status") in {"ok", "healthy"} and "version" in health


def _cause(error: BaseException) -> str:
    """Return the innermost reason, in few words."""
    found: BaseException = error
    while found.__context__ is not None and isinstance(found.__context__, (OSError, HTTPError)):
        found = found.__context__
    return str(getattr(found, "strerror", None) or getattr(found, "reason", None) or found).rstrip(".")[:200]
