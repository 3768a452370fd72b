"""Door B inside Jupyter: our routes under Jupyter's own address, login and authorizer."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Dict, Integer, TraitError, Unicode, validate

from runicorn_jupyter import paths
from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.server.limits import DEFAULT, RateLimits, checked
from runicorn_jupyter.server.routes import mount
from runicorn_jupyter.server.service import SETTING, Service
from runicorn_jupyter.workspace import Workspace

API = "runicorn/api"


class RunicornExtension(ExtensionApp):
    """Serves the runs of one storage root at ``<base_url>/runicorn/api``; opens it at the first request."""

    name = "runicorn_jupyter"

    root_dir = Unicode(
        "",
        help="""The folder that holds the runs. Without it: RUNICORN_DIR, the user config, then ~/runicorn_data.
        Kernels started by this server log to it, unless RUNICORN_DIR is set for the server already.""",
    ).tag(config=True)

    rate_limits = Dict(
        per_key_traits={kind: Integer() for kind in DEFAULT},
        help="""Requests a minute by kind: standard, v2, delete, connect; 0 is no limit. What is left out keeps its
        default.""",
    ).tag(config=True)

    _service: Service | None = None
    _handed: str | None = None

    @validate("root_dir")
    def _validate_root_dir(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        try:
            return str(paths.expand(value)) if value else ""
        except RunicornError as error:
            raise TraitError(str(error)) from error

    @validate("rate_limits")
    def _validate_rate_limits(self, proposal: dict[str, Any]) -> dict[str, int]:
        try:
            return checked(proposal["value"])
        except RunicornError as error:
            raise TraitError(str(error)) from error

    def initialize_settings(self) -> None:
        """Choose the root, hand it to the kernels, and tell the page where the API is. Nothing is opened yet."""
        self._service = Service(self._find_root, self._open_workspace, limits=RateLimits(self.rate_limits))
        self.settings[SETTING] = self._service
        web_settings = self.serverapp.web_app.settings  # type: ignore[union-attr]
        page_config = web_settings.setdefault("page_config_data", {})
        page_config["runicornApi"] = url_path_join(web_settings["base_url"], API)
        try:
            root = self._find_root()
        except RunicornError as error:
            # A wrong root must not cost anybody their Lab; every answer of ours says what is wrong.
            self.log.warning("runicorn: %s", error)
        else:
            self.log.info("Runs are read from %s (%s)", root.path, root.reason)

    def initialize_handlers(self) -> None:
        """Add the routes; the base class puts the base URL before them."""
        self.handlers.extend(mount(f"/{API}"))

    async def stop_extension(self) -> None:
        """Close the streams and the workspace."""
        if self._service is not None:
            await self._service.close()

    def _find_root(self) -> paths.Root:
        """Return the root, and hand it to the kernels that start from now on, unless RUNICORN_DIR is the user's own."""
        ours = os.environ.get(paths.ROOT_VARIABLE) in {None, self._handed}
        root = paths.find_root(setting=self.root_dir or None, variable=not ours)
        if ours:
            self._handed = os.environ[paths.ROOT_VARIABLE] = str(root.path)
        return root

    def _open_workspace(self, root: paths.Root) -> Workspace:
        return Workspace(root.path, reason=root.reason, holder="server").start()
