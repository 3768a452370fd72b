"""Door B inside Jupyter: our routes under Jupyter's own address, login and authorizer."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import TraitError, Unicode, validate

from runicorn_jupyter import paths
from runicorn_jupyter.errors import RunicornError
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

    _service: Service | None = None
    _root: paths.Root | None = None

    @validate("root_dir")
    def _validate_root_dir(self, proposal: dict[str, Any]) -> str:
        value: str = proposal["value"]
        try:
            return str(paths.expand(value)) if value else ""
        except RunicornError as error:
            raise TraitError(str(error)) from error

    def initialize_settings(self) -> None:
        """Choose the root, hand it to the kernels, and tell the page where the API is. Nothing is opened yet."""
        self._service = Service(self._open_workspace)
        self.settings[SETTING] = self._service
        web_settings = self.serverapp.web_app.settings  # type: ignore[union-attr]
        page_config = web_settings.setdefault("page_config_data", {})
        page_config["runicornApi"] = url_path_join(web_settings["base_url"], API)
        try:
            root = paths.find_root(setting=self.root_dir or None)
        except RunicornError as error:
            # A wrong root must not cost anybody their Lab; every answer of ours says what is wrong.
            self.log.warning("runicorn: %s", error)
        else:
            os.environ.setdefault(paths.ROOT_VARIABLE, str(root.path))
            self._root = root
            self.log.info("Runs are read from %s (%s)", root.path, root.reason)

    def initialize_handlers(self) -> None:
        """Add the routes; the base class puts the base URL before them."""
        self.handlers.extend(mount(f"/{API}"))

    async def stop_extension(self) -> None:
        """Close the streams and the workspace."""
        if self._service is not None:
            await self._service.close()

    def _open_workspace(self) -> Workspace:
        root = self._root or paths.find_root(setting=self.root_dir or None)
        return Workspace(root.path, reason=root.reason, holder="server").start()
