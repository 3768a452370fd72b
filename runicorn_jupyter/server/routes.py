"""The whole API on one page, without its prefix: `/api` in the viewer, `<base>/runicorn/api` inside Jupyter (D1)."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler

from runicorn_jupyter.server.config import ConfigHandler, RootHandler
from runicorn_jupyter.server.events import EventsHandler
from runicorn_jupyter.server.health import CacheStatsHandler, HealthHandler
from runicorn_jupyter.server.later import NotYetHandler, UnknownHandler
from runicorn_jupyter.server.logs import LogPageHandler, LogSearchHandler, LogsHandler, RawLogHandler
from runicorn_jupyter.server.media import ImagesHandler, MediaHandler, MediaListHandler
from runicorn_jupyter.server.metrics import CurvesHandler, StepRowsHandler, TimeRowsHandler
from runicorn_jupyter.server.preferences import (
    AlertChangeHandler,
    AlertsHandler,
    ColumnWidthsHandler,
    ResetWidthsHandler,
)
from runicorn_jupyter.server.projects import NamedRunsHandler, NamesHandler, ProjectsHandler
from runicorn_jupyter.server.recycle import (
    EmptyHandler,
    PermanentHandler,
    PermanentRunHandler,
    RecycleBinHandler,
    RestoreHandler,
    SoftDeleteHandler,
)
from runicorn_jupyter.server.runs import FacetsHandler, RunHandler, RunsHandler
from runicorn_jupyter.server.status import StatusCheckHandler

Route = tuple[str, type[RequestHandler], dict[str, Any]]

ROUTES: tuple[tuple[str, type[RequestHandler]], ...] = (
    (r"/health", HealthHandler),
    (r"/config", ConfigHandler),
    (r"/config/user_root_dir", RootHandler),
    (r"/config/column-widths", ColumnWidthsHandler),
    (r"/config/column-widths/reset", ResetWidthsHandler),
    (r"/config/dismissed-alerts", AlertsHandler),
    (r"/config/dismissed-alerts/(dismiss|undismiss|clear)", AlertChangeHandler),
    (r"/runs", RunsHandler),
    (r"/facets", FacetsHandler),
    (r"/runs/soft-delete", SoftDeleteHandler),
    (r"/runs/permanent-delete", PermanentHandler),
    (r"/runs/([^/]+)/permanent", PermanentRunHandler),
    (r"/recycle-bin", RecycleBinHandler),
    (r"/recycle-bin/restore", RestoreHandler),
    (r"/recycle-bin/empty", EmptyHandler),
    (r"/runs/([^/]+)/metrics", TimeRowsHandler),
    (r"/runs/([^/]+)/metrics_step", StepRowsHandler),
    (r"/runs/([^/]+)/images", ImagesHandler),
    (r"/runs/([^/]+)/media", MediaListHandler),
    (r"/runs/([^/]+)/media/(.+)", MediaHandler),
    (r"/runs/([^/]+)/logs", LogPageHandler),
    (r"/runs/([^/]+)/logs/search", LogSearchHandler),
    (r"/runs/([^/]+)/logs/raw", RawLogHandler),
    (r"/runs/([^/]+)/logs/ws", LogsHandler),
    (r"/curves", CurvesHandler),
    (r"/events/ws", EventsHandler),
    (r"/status/check", StatusCheckHandler),
    (r"/metrics/cache/stats", CacheStatsHandler),
    (r"/projects", ProjectsHandler),
    (r"/projects/([^/]+)/names", NamesHandler),
    (r"/projects/([^/]+)/names/([^/]+)/runs", NamedRunsHandler),
)

# After `LATER`, since `/runs/soft-delete` and its like are no run ids.
LAST: tuple[tuple[str, type[RequestHandler]], ...] = (
    (r"/runs/([^/]+)", RunHandler),
    (r"(?:/.*)?", UnknownHandler),
)

LATER: tuple[tuple[str, str], ...] = (
    ("POST", r"/runs/(?:move|export)"),
    ("GET", r"/runs/[^/]+/(?:progress|artifacts|assets|assets/refs|assets/download)"),
    ("GET", r"/artifacts"),
    ("GET", r"/artifacts/stats"),
    ("GET", r"/artifacts/[^/]+/(?:versions|training-metrics|performance-history|evaluations|lineage)"),
    ("GET DELETE", r"/artifacts/[^/]+/v[^/]+"),
    ("GET", r"/artifacts/[^/]+/v[^/]+/(?:files|lineage)"),
    ("POST", r"/artifacts/[^/]+/v[^/]+/(?:promote|evaluate)"),
    ("GET", r"/artifacts/[^/]+:[^/]+"),
    ("GET", r"/v2/experiments(?:/[^/]+)?"),
    ("GET", r"/v2/experiments/[^/]+/metrics/fast"),
    ("POST", r"/v2/experiments/batch-delete"),
    ("GET", r"/v2/analytics/(?:overview|projects|performance-trends|health)"),
    ("GET POST", r"/config/ssh_connections"),
    ("DELETE", r"/config/ssh_connections/[^/]+"),
    ("GET", r"/config/ssh_connections/[^/]+/details"),
    ("GET", r"/config/storage-candidates"),
    ("POST", r"/remote/(?:connect|disconnect)"),
    ("GET", r"/remote/(?:connections|environments|config|health|ping|sessions|conda-envs|status)"),
    ("GET", r"/remote/(?:fs/list|fs/exists|env-configs|storage-candidates)"),
    ("GET POST", r"/remote/connections/saved"),
    ("DELETE", r"/remote/connections/[^/]+"),
    ("POST", r"/remote/environments/detect"),
    ("POST", r"/remote/viewer/(?:start|stop)"),
    ("GET", r"/remote/viewer/(?:status|status/[^/]+|logs|sessions)"),
    ("GET", r"/remote/known-hosts/list"),
    ("POST", r"/remote/known-hosts/(?:accept|remove)"),
    ("GET", r"/(?:gpu|gpu/telemetry|gpu/telemetry/history|system/monitor|system/temperatures)"),
    ("GET POST", r"/gpu/telemetry/config"),
    ("GET", r"/export/[^/]+/(?:csv|report)"),
    ("POST", r"/export"),
    ("GET", r"/environment/[^/]+"),
    ("GET", r"/experiments"),
    ("POST", r"/experiments/tag"),
    ("GET", r"/experiments/search"),
    ("DELETE", r"/experiments/delete"),
    ("GET", r"/experiments/[^/]+/artifacts"),
    ("GET", r"/metrics/[^/]+"),
    ("POST", r"/import/(?:archive|preview)"),
    ("GET", r"/paths(?:/tree|/runs|/export)?"),
    ("POST", r"/paths/(?:soft-delete|create)"),
    ("GET", r"/storage/stats"),
    ("GET", r"/diagnostics/(?:sources|logs|logs/ws)"),
)


def mount(prefix: str) -> list[Route]:
    """Return tornado rules for every route below `prefix`, in the order in which they are tried."""
    later: list[Route] = [
        (url_path_join(prefix, pattern), NotYetHandler, {"allowed": methods}) for methods, pattern in LATER
    ]
    built: list[Route] = [(url_path_join(prefix, pattern), handler, {}) for pattern, handler in ROUTES]
    last: list[Route] = [(prefix + pattern, handler, {}) for pattern, handler in LAST]
    return [*built, *later, *last]
