"""The whole API on one page, without its prefix: `/api` in the viewer, `<base>/runicorn/api` inside Jupyter (D1)."""

from __future__ import annotations

import re
from typing import Any

from tornado.web import RequestHandler

from runicorn_jupyter.server.artifacts import artifacts, lineage, verifying
from runicorn_jupyter.server.machine.config import ConfigHandler, RootHandler
from runicorn_jupyter.server.machine.diagnostics import ServerLogHandler, ServerLogSocket, SourcesHandler
from runicorn_jupyter.server.machine.health import CacheStatsHandler, HealthHandler
from runicorn_jupyter.server.machine.machine import MonitorHandler, TemperaturesHandler
from runicorn_jupyter.server.machine.preferences import (
    AlertChangeHandler,
    AlertsHandler,
    ColumnWidthsHandler,
    ResetWidthsHandler,
)
from runicorn_jupyter.server.machine.storage import StorageCandidatesHandler, StorageStatsHandler
from runicorn_jupyter.server.machine.telemetry import GpuHandler, GpuHistoryHandler, GpuSamplingHandler
from runicorn_jupyter.server.remote.connections import (
    ConnectHandler,
    DisconnectHandler,
    OpenConnectionHandler,
    OpenConnectionsHandler,
    RemoteStatusHandler,
    SessionsHandler,
    SshHostsHandler,
)
from runicorn_jupyter.server.remote.farhosts import (
    CondaEnvironmentsHandler,
    DetectHandler,
    EnvironmentConfigsHandler,
    EnvironmentsHandler,
    ExistsHandler,
    FolderHandler,
    PingHandler,
    RemoteConfigHandler,
    RemoteRootsHandler,
)
from runicorn_jupyter.server.remote.installing import InstallHandler
from runicorn_jupyter.server.remote.knownhosts import AcceptHandler, ForgetHandler, KnownHostsHandler
from runicorn_jupyter.server.remote.savedlogins import (
    SavedHostDetailsHandler,
    SavedHostHandler,
    SavedHostsHandler,
    SavedListHandler,
)
from runicorn_jupyter.server.remote.viewers import (
    StartHandler,
    StopHandler,
    ViewerHandler,
    ViewersHandler,
    ViewerStatusHandler,
)
from runicorn_jupyter.server.remote.watching import ConnectionHealthHandler, ViewerLogHandler
from runicorn_jupyter.server.runs.analytics import (
    OverviewHandler,
    ProjectAnalyticsHandler,
    SystemHealthHandler,
    TrendsHandler,
)
from runicorn_jupyter.server.runs.assets import AssetDownloadHandler, AssetReferencesHandler, AssetsHandler
from runicorn_jupyter.server.runs.events import EventsHandler
from runicorn_jupyter.server.runs.experiments import (
    DeleteHandler,
    ExperimentRowsHandler,
    PointsHandler,
    SearchHandler,
    TagHandler,
)
from runicorn_jupyter.server.runs.logs import LogPageHandler, LogSearchHandler, LogsHandler, RawLogHandler
from runicorn_jupyter.server.runs.media import ImagesHandler, MediaHandler, MediaListHandler
from runicorn_jupyter.server.runs.metrics import CurvesHandler, StepRowsHandler, TimeRowsHandler
from runicorn_jupyter.server.runs.progress import EnvironmentHandler, ProgressHandler
from runicorn_jupyter.server.runs.projects import NamedRunsHandler, NamesHandler, ProjectsHandler
from runicorn_jupyter.server.runs.recycle import (
    EmptyHandler,
    PermanentHandler,
    PermanentRunHandler,
    RecycleBinHandler,
    RestoreHandler,
    SoftDeleteHandler,
)
from runicorn_jupyter.server.runs.runs import FacetsHandler, RunHandler, RunsHandler
from runicorn_jupyter.server.runs.status import StatusCheckHandler
from runicorn_jupyter.server.runs.transfer import (
    ExportHandler,
    FormHandler,
    PathExportHandler,
    ReportHandler,
    RunsExportHandler,
    TransfersHandler,
)
from runicorn_jupyter.server.runs.tree import (
    MoveHandler,
    PathCreateHandler,
    PathDeleteHandler,
    PathRunsHandler,
    PathsHandler,
    PathTreeHandler,
)
from runicorn_jupyter.server.runs.uploads import ImportHandler, PreviewHandler
from runicorn_jupyter.server.runs.v2 import (
    BatchDeleteHandler,
    ExperimentHandler,
    ExperimentsHandler,
    FastMetricsHandler,
)
from runicorn_jupyter.server.unknown import UnknownHandler

_PLACE = re.compile(r"\{[a-z_]+(?::([^}]*))?\}")
_GROUPS = {"": "([^/]+)", "*": "(.+)"}

Handler = type[RequestHandler]
Route = tuple[str, Handler, dict[str, Any]]

ROUTES: tuple[tuple[str, Handler], ...] = (
    ("/health", HealthHandler),
    ("/config", ConfigHandler),
    ("/config/user_root_dir", RootHandler),
    ("/config/column-widths", ColumnWidthsHandler),
    ("/config/column-widths/reset", ResetWidthsHandler),
    ("/config/dismissed-alerts", AlertsHandler),
    ("/config/dismissed-alerts/{change:dismiss|undismiss|clear}", AlertChangeHandler),
    ("/runs", RunsHandler),
    ("/facets", FacetsHandler),
    ("/runs/soft-delete", SoftDeleteHandler),
    ("/runs/permanent-delete", PermanentHandler),
    ("/runs/{run_id}/permanent", PermanentRunHandler),
    ("/recycle-bin", RecycleBinHandler),
    ("/recycle-bin/restore", RestoreHandler),
    ("/recycle-bin/empty", EmptyHandler),
    ("/runs/{run_id}/metrics", TimeRowsHandler),
    ("/runs/{run_id}/metrics_step", StepRowsHandler),
    ("/runs/{run_id}/images", ImagesHandler),
    ("/runs/{run_id}/media", MediaListHandler),
    ("/runs/{run_id}/media/{path:*}", MediaHandler),
    ("/runs/{run_id}/logs", LogPageHandler),
    ("/runs/{run_id}/logs/search", LogSearchHandler),
    ("/runs/{run_id}/logs/raw", RawLogHandler),
    ("/runs/{run_id}/logs/ws", LogsHandler),
    ("/curves", CurvesHandler),
    ("/events/ws", EventsHandler),
    ("/status/check", StatusCheckHandler),
    ("/metrics/cache/stats", CacheStatsHandler),
    ("/artifacts", artifacts.ArtifactsHandler),
    ("/artifacts/stats", artifacts.ArtifactStatsHandler),
    ("/artifacts/gc", artifacts.CollectHandler),
    ("/artifacts/{name}:{version}", artifacts.NamedVersionHandler),
    ("/artifacts/{name}:{version}/lineage", lineage.NamedLineageHandler),
    ("/artifacts/{name}/versions", artifacts.VersionsHandler),
    ("/artifacts/{name}/lineage", lineage.ArtifactLineageHandler),
    ("/artifacts/{name}/training-metrics", lineage.TrainingMetricsHandler),
    ("/artifacts/{name}/performance-history", lineage.PerformanceHandler),
    ("/artifacts/{name}/evaluations", lineage.EvaluationsHandler),
    ("/artifacts/{name}/aliases/{alias}", artifacts.AliasHandler),
    ("/artifacts/{name}/v{version}", artifacts.VersionHandler),
    ("/artifacts/{name}/v{version}/files", artifacts.VersionFilesHandler),
    ("/artifacts/{name}/v{version}/files/{path:*}", artifacts.VersionFileHandler),
    ("/artifacts/{name}/v{version}/archive", artifacts.ArchiveHandler),
    ("/artifacts/{name}/v{version}/lineage", lineage.LineageHandler),
    ("/artifacts/{name}/v{version}/restore", artifacts.RestoreVersionHandler),
    ("/artifacts/{name}/v{version}/verify", verifying.VerifyHandler),
    ("/artifacts/{name}/v{version}/promote", lineage.PromoteHandler),
    ("/artifacts/{name}/v{version}/evaluate", lineage.EvaluateHandler),
    ("/runs/{run_id}/artifacts", lineage.RunArtifactsHandler),
    ("/runs/{run_id}/lineage", lineage.RunLineageHandler),
    ("/experiments/{run_id}/artifacts", lineage.RelatedArtifactsHandler),
    ("/metrics/{run_id}", PointsHandler),
    ("/experiments", ExperimentRowsHandler),
    ("/experiments/tag", TagHandler),
    ("/experiments/search", SearchHandler),
    ("/experiments/delete", DeleteHandler),
    ("/v2/experiments", ExperimentsHandler),
    ("/v2/experiments/batch-delete", BatchDeleteHandler),
    ("/v2/experiments/{run_id}", ExperimentHandler),
    ("/v2/experiments/{run_id}/metrics/fast", FastMetricsHandler),
    ("/v2/analytics/overview", OverviewHandler),
    ("/v2/analytics/projects", ProjectAnalyticsHandler),
    ("/v2/analytics/performance-trends", TrendsHandler),
    ("/v2/analytics/health", SystemHealthHandler),
    ("/runs/move", MoveHandler),
    ("/runs/{run_id}/progress", ProgressHandler),
    ("/runs/{run_id}/assets", AssetsHandler),
    ("/runs/{run_id}/assets/refs", AssetReferencesHandler),
    ("/runs/{run_id}/assets/download", AssetDownloadHandler),
    ("/environment/{run_id}", EnvironmentHandler),
    ("/paths", PathsHandler),
    ("/paths/tree", PathTreeHandler),
    ("/paths/runs", PathRunsHandler),
    ("/paths/create", PathCreateHandler),
    ("/paths/soft-delete", PathDeleteHandler),
    ("/storage/stats", StorageStatsHandler),
    ("/config/storage-candidates", StorageCandidatesHandler),
    ("/config/ssh_connections", SavedHostsHandler),
    ("/config/ssh_connections/{key}", SavedHostHandler),
    ("/config/ssh_connections/{key}/details", SavedHostDetailsHandler),
    ("/gpu", GpuHandler),
    ("/gpu/telemetry", GpuHandler),
    ("/gpu/telemetry/history", GpuHistoryHandler),
    ("/gpu/telemetry/config", GpuSamplingHandler),
    ("/system/monitor", MonitorHandler),
    ("/system/temperatures", TemperaturesHandler),
    ("/diagnostics/sources", SourcesHandler),
    ("/diagnostics/logs", ServerLogHandler),
    ("/diagnostics/logs/ws", ServerLogSocket),
    ("/runs/export", RunsExportHandler),
    ("/export", ExportHandler),
    ("/export/{run_id}/report", ReportHandler),
    ("/export/{run_id}/{form:csv|json|excel|parquet|tensorboard}", FormHandler),
    ("/paths/export", PathExportHandler),
    ("/import/preview", PreviewHandler),
    ("/transfers", TransfersHandler),
    ("/import/archive", ImportHandler),
    ("/projects", ProjectsHandler),
    ("/projects/{project}/names", NamesHandler),
    ("/projects/{project}/names/{name}/runs", NamedRunsHandler),
    ("/remote/connect", ConnectHandler),
    ("/remote/ssh-hosts", SshHostsHandler),
    ("/remote/connections", OpenConnectionsHandler),
    ("/remote/connections/saved", SavedListHandler),
    ("/remote/sessions", SessionsHandler),
    ("/remote/disconnect", DisconnectHandler),
    ("/remote/status", RemoteStatusHandler),
    ("/remote/conda-envs", CondaEnvironmentsHandler),
    ("/remote/environments", EnvironmentsHandler),
    ("/remote/environments/detect", DetectHandler),
    ("/remote/config", RemoteConfigHandler),
    ("/remote/env-configs", EnvironmentConfigsHandler),
    ("/remote/storage-candidates", RemoteRootsHandler),
    ("/remote/fs/list", FolderHandler),
    ("/remote/fs/exists", ExistsHandler),
    ("/remote/ping", PingHandler),
    ("/remote/health", ConnectionHealthHandler),
    ("/remote/viewer/start", StartHandler),
    ("/remote/viewer/stop", StopHandler),
    ("/remote/viewer/status", ViewerStatusHandler),
    ("/remote/viewer/status/{session_id}", ViewerHandler),
    ("/remote/viewer/logs", ViewerLogHandler),
    ("/remote/viewer/sessions", ViewersHandler),
    ("/remote/viewer/install", InstallHandler),
    ("/remote/known-hosts/list", KnownHostsHandler),
    ("/remote/known-hosts/accept", AcceptHandler),
    ("/remote/known-hosts/remove", ForgetHandler),
    # Last, since `/runs/soft-delete` and its like are no ids.
    ("/remote/connections/{connection_id}", OpenConnectionHandler),
    ("/runs/{run_id}", RunHandler),
    (r"(?:/.*)?", UnknownHandler),
)


def mount(prefix: str) -> list[Route]:
    """Return tornado rules for every route below `prefix`, in the order in which they are tried."""
    return [(prefix + pattern_of(address), handler, {}) for address, handler in ROUTES]


def pattern_of(address: str) -> str:
    """Return the regular expression of an address: ``{name}``, ``{name:*}`` with slashes, ``{name:one|other}``."""
    return _PLACE.sub(lambda place: _GROUPS.get(place[1] or "", f"({place[1]})"), address)
