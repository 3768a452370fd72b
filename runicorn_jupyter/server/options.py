"""What an operator can set: one list of traits for `jupyter_server_config.py` and `runicorn viewer`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from traitlets import Bool, HasTraits, Integer, TraitError, TraitType, Unicode, validate
from traitlets import Dict as DictOf
from traitlets import List as ListOf

from runicorn_jupyter import paths
from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.server.access.limits import DEFAULT, checked

_HIGHEST_PORT = 65_535


class SharedOptions(HasTraits):
    """What both doors have: `c.RunicornExtension.<name>` in Jupyter, `--<name>` of the viewer."""

    root_dir = Unicode(
        "",
        help="""The folder that holds the runs. Without it: RUNICORN_DIR, the user config, then ~/runicorn_data.
        Kernels started by a Jupyter server log to it, unless RUNICORN_DIR is set for the server already.""",
    ).tag(config=True, documented="storage")

    allow_origins = ListOf(
        Unicode(),
        help="""Origins whose pages may call the API, each written exactly like http://localhost:3000. In Jupyter they
        come on top of ServerApp.allow_origin.""",
    ).tag(config=True, documented="allow-origin")

    rate_limits = DictOf(
        per_key_traits={kind: Integer() for kind in DEFAULT},
        help="""Requests a minute by kind: standard, v2, delete, connect; 0 is no limit. What is left out keeps its
        default. On the command line: standard=600, or `documented` for the table of the reference.""",
    ).tag(config=True, documented="rate-limit")

    @validate("root_dir")
    def _validate_root_dir(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        try:
            return str(paths.expand(value)) if value else ""
        except RunicornError as error:
            raise TraitError(str(error)) from error

    @validate("allow_origins")
    def _validate_allow_origins(self, proposal: dict[str, Any]) -> list[str]:
        for text in proposal["value"]:
            parts = urlsplit(text)
            exact = bool(parts.netloc) and "*" not in text and text == f"{parts.scheme}://{parts.netloc}".lower()
            if parts.scheme not in {"http", "https"} or not exact:
                raise TraitError(f"an origin is written like http://localhost:3000 (no path, no *), not {text!r}")
        return list(proposal["value"])

    @validate("rate_limits")
    def _validate_rate_limits(self, proposal: dict[str, Any]) -> dict[str, int]:
        try:
            return checked(proposal["value"])
        except RunicornError as error:
            raise TraitError(str(error)) from error


class ViewerOptions(SharedOptions):
    """What the viewer has besides: in Jupyter these are Jupyter's own matter."""

    host = Unicode("127.0.0.1", help="The address to bind; without it this machine only.").tag(config=True)

    port = Integer(23300, min=0, max=_HIGHEST_PORT, help="The port; 0 takes a free one.").tag(config=True)

    host_names = ListOf(Unicode(), help="Names to answer to in the Host header, besides this machine's own.").tag(
        config=True, documented="host-name"
    )

    require_token = Bool(False, help="Ask the token even of your own programs on this machine.").tag(config=True)

    certfile = Unicode("", help="Serve HTTPS with this certificate.").tag(config=True)

    keyfile = Unicode("", help="Its private key, when it is in another file.").tag(config=True)

    allow_plain_http = Bool(False, help="Bind another address than loopback without HTTPS.").tag(config=True)


def described(options: type[HasTraits] = ViewerOptions) -> dict[str, TraitType[Any, Any]]:
    """Return the traits of `options` that an operator sets, by name, the shared ones first."""
    traits = options.class_traits(config=True)
    shared = [name for name in SharedOptions.class_traits(config=True) if name in traits]
    return {name: traits[name] for name in [*shared, *(name for name in traits if name not in shared)]}
