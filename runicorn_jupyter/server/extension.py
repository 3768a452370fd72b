"""Door B inside Jupyter: our routes under Jupyter's own address, login and authorizer."""

from __future__ import annotations

import os
from importlib import metadata
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join

from runicorn_jupyter import paths
from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.server.access.limits import RateLimits
from runicorn_jupyter.server.happenings import FOLDER, Happenings
from runicorn_jupyter.server.options import SharedOptions
from runicorn_jupyter.server.rules import rules
from runicorn_jupyter.server.service import SETTING, Service
from runicorn_jupyter.workspace import Workspace

NAME = "runicorn"
API = f"{NAME}/api"


class RunicornExtension(SharedOptions, ExtensionApp):
    """Serves the runs of one storage root at ``<base_url>/runicorn/api``; opens it at the first request."""

    name = "runicorn_jupyter"

    _service: Service | None = None
    _handed: str | None = None
    _happenings: Happenings | None = None

    def initialize_settings(self) -> None:
        """Choose the root, hand it to the kernels, and tell the page where the API is. Nothing is opened yet."""
        self._service = Service(
            self._find_root,
            self._open_workspace,
            allow_origins=frozenset(self.allow_origins),
            limits=RateLimits(self.rate_limits),
        )
        self.settings[SETTING] = self._service
        for schema in FOLDER.glob("*.yaml"):
            self.serverapp.event_logger.register_event_schema(schema)  # type: ignore[union-attr]
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

        if upstream := _upstream():
            self.log.warning(
                "runicorn %s is installed beside runicorn-jupyter, and one of them has overwritten the other: "
                "`runicorn doctor` says what to do.",
                upstream,
            )

    def initialize_handlers(self) -> None:
        """Add the routes; the base class puts the base URL before them."""
        self.handlers.extend(rules(f"/{NAME}"))

    async def stop_extension(self) -> None:
        """Close the streams and the workspace."""
        self._stop_watching()
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
        hall = Workspace(root.path, reason=root.reason, holder="server").start()
        self._stop_watching()
        self._happenings = Happenings(hall, self._emit)
        return hall

    def _stop_watching(self) -> None:
        happenings, self._happenings = self._happenings, None
        if happenings is not None:
            happenings.close()

    def _emit(self, schema: str, data: dict[str, Any]) -> None:
        """Tell Jupyter's event log, on its loop: listeners are tasks there."""
        app = self.serverapp
        logger = None if app is None else app.event_logger
        if app is not None and logger is not None:
            app.io_loop.add_callback(lambda: logger.emit(schema_id=schema, data=data))


def _upstream() -> str | None:
    """Return the version of the other distribution that owns the name `runicorn`, None when it is not installed."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return None
