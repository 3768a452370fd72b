"""I10: requests made at random from our OpenAPI, right ones and wrong ones, against both mounts as a user starts them.

A short profile in `make test`; `make harden` makes 20,000 of them (RUNICORN_EXAMPLES).
"""

from __future__ import annotations

import asyncio
import copy
import os
import re
import shutil
import sys
import tarfile
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
import requests
import schemathesis
from fakeremotes import BARE, CONNECTION, KEY, SESSION, SYSTEM, FakeRemotes
from hypothesis import HealthCheck, assume, settings
from places import DATA
from viewers import running_server, running_viewer

from runicorn_jupyter.server.spec.openapi import document, operations
from runicorn_jupyter.viewer import Viewer

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Remotes

UNLIMITED = ("standard", "v2", "delete")
FAR = r"^/api/remote/|/ssh_connections"
"""What is about other hosts: asked of a viewer that has a stand-in for them, and no keyring."""

NOT_TO_TRY = rf"/ws$|/user_root_dir$|{FAR}"
"""Sockets, and what would reach beyond the test's own folder: each has tests of its own."""

LONGEST = 60_000
"""Characters of an address beyond which tornado hangs up before any of us is asked."""

REFUSED = ["400", "401", "403", "404", "405", "409", "413", "415", "416", "429", "501"]

CONFIG = {
    "checks": {
        # What the schema cannot say, a verb may refuse with 400; 501, 503 and 507 are in the document where they occur.
        "positive_data_acceptance": {"enabled": False},
        "negative_data_rejection": {"expected-statuses": REFUSED},
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "501", "503", "507"]},
    },
    # Unknown parameters are passed over, as they always were (R1).
    "generation": {"allow-extra-parameters": False},
    "phases": {"stateful": {"enabled": False}},
}


class Server(NamedTuple):
    base: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def places(sample_roots: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a root that the requests may change, and the environment of a home of its own."""
    home = tmp_path_factory.mktemp("schemathesis")
    for folder in (".cache", ".config", "run", "work"):
        (home / folder).mkdir(mode=0o700)
    env = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "XDG_CONFIG_HOME": str(home / ".config"),
           "XDG_RUNTIME_DIR": str(home / "run")}  # fmt: skip
    return Path(shutil.copytree(sample_roots / "upstream-0.5.3", home / "root", symlinks=True)), env


@pytest.fixture(scope="module")
def viewer(places: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    root, env = places
    with running_viewer(root, *(f"--rate-limit={kind}=0" for kind in UNLIMITED), env=env) as process:
        yield Server(f"http://127.0.0.1:{process.port}", {})


@pytest.fixture(scope="module")
def jupyter(places: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    root, env = places
    limits = [f"--RunicornExtension.rate_limits={kind}=0" for kind in UNLIMITED]
    with running_server(root, root.parent / "work", *limits, env=env) as (api, token):
        yield Server(api.removesuffix("/api"), {"Authorization": f"token {token}"})


@pytest.fixture(scope="module")
def beside_hosts(places: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    """Serve from a thread of this process, where other hosts can be a stand-in that answers like the real ones."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    async def started() -> Viewer:
        viewer = await Viewer(places[0], port=0, rate_limits=[f"{kind}=0" for kind in (*UNLIMITED, "connect")]).start()
        await viewer.service.ask(lambda hall: hall.adopt_remotes(cast("Remotes", FakeRemotes())))
        viewer.service.ports = None
        return viewer

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "keyring", None)
        for variable, value in places[1].items():
            patch.setenv(variable, value)
        viewer = run(started())
        yield Server(f"http://127.0.0.1:{viewer.port}", {})
        run(viewer.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _ids() -> list[str]:
    with tarfile.open(DATA / "upstream-0.5.3.tar.gz") as archive:
        return sorted(Path(name).parent.name for name in archive.getnames() if name.endswith("/events.jsonl"))[:3]


KNOWN = {"run_id": _ids(), "project": ["nlp"], "name": ["resnet50-model", "bert-finetune"], "version": ["1", "latest"]}
"""What there is, so that some of the requests come to something."""


KNOWN_THERE = {
    "connection_id": [KEY, CONNECTION.conn_id, "me@nowhere:22"], "session_id": [SESSION.id, "ffffffff"],
    "env_name": [SYSTEM.name, BARE.name, "none"], "conda_env": [SYSTEM.name, BARE.name, "none"],
}  # fmt: skip
"""The same of other hosts; a text made at random would never be one of them."""


def _api(*, coverage: bool, far: bool = False) -> schemathesis.BaseSchema:
    found = copy.deepcopy(document())
    for operation in (one for verbs in found["paths"].values() for one in verbs.values()):
        for one in operation["parameters"]:
            if one["name"] in KNOWN and one["in"] == "path":
                one["schema"]["examples"] = KNOWN[one["name"]]
            elif one["name"] in KNOWN_THERE:
                one["schema"]["examples"] = KNOWN_THERE[one["name"]]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for name, schema in body.get("properties", {}).items():
            if name in KNOWN_THERE:
                schema["examples"] = KNOWN_THERE[name]
    phases = {"coverage": {"enabled": coverage, "generate-duplicate-query-parameters": True}}
    config = schemathesis.Config.from_dict({**CONFIG, "phases": {**CONFIG["phases"], **phases}})
    schema = schemathesis.openapi.from_dict(found, config=config)
    return schema.include(path_regex=FAR) if far else schema.exclude(path_regex=NOT_TO_TRY)


EXAMPLES = max(3, int(os.environ.get("RUNICORN_EXAMPLES", "0")) // (2 * len(list(operations()))))
# The same handlers answer in Jupyter: there the short profile only looks whether anything comes between.
whole, quick = _api(coverage=True), _api(coverage=EXAMPLES > 3)
about_hosts = _api(coverage=EXAMPLES > 3, far=True)
profile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 3,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@whole.parametrize()
@profile
def test_i10_the_viewer_answers_what_the_document_says(case: schemathesis.Case, viewer: Server) -> None:
    ask(case, viewer)


@quick.parametrize()
@profile
def test_i10_jupyter_answers_what_the_document_says(case: schemathesis.Case, jupyter: Server) -> None:
    ask(case, jupyter)


@about_hosts.parametrize()
@profile
def test_i10_what_is_about_other_hosts(case: schemathesis.Case, beside_hosts: Server) -> None:
    ask(case, beside_hosts)


def ask(case: schemathesis.Case, server: Server) -> None:
    address = requests.Request(**case.as_transport_kwargs(base_url=server.base)).prepare().url or ""
    # An empty parameter is an absent one, whatever its kind; a document has no word for that.
    assume(len(address) < LONGEST and not re.search(r"[?&][^=&]*=?(?:&|$)", address))
    case.call_and_validate(base_url=server.base, headers=server.headers, timeout=30)
