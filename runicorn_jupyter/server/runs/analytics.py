"""Counts and trends over all experiments (X22), with the numbers of the files."""

from __future__ import annotations

import time
from typing import Any, TypedDict

from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import answers

_DAYS = (0, 36_500)


class AnalyticsOverview(TypedDict):
    """Counts over all experiments, and what keeps them."""

    overview: dict[str, Any]
    storage_info: dict[str, Any]
    generated_at: float


class ProjectAnalytics(TypedDict):
    """Counts by project."""

    projects: list[dict[str, Any]]
    analysis_period_days: int
    generated_at: float


class PerformanceTrends(TypedDict):
    """The best value of a metric in each run, in order of creation."""

    metric_name: str
    project: str | None
    trend_data: list[dict[str, Any]]
    statistics: dict[str, Any]
    truncated: bool
    analysis_period_days: int
    generated_at: float


class SystemHealth(TypedDict):
    """Whether index and files can be trusted."""

    health_status: str
    health_score: float
    issues: list[str]
    performance: dict[str, Any]
    storage: dict[str, Any]
    checked_at: float


class OverviewHandler(Gate):
    """X22."""

    limited_as = "v2"

    @answers(AnalyticsOverview)
    async def get(self) -> None:
        """Count all experiments."""
        await self.reply(await self.ask(lambda hall: hall.overview.totals()))


class ProjectAnalyticsHandler(Gate):
    """X22."""

    limited_as = "v2"

    @answers(ProjectAnalytics)
    async def get(self, *, days: int = query.integer(*_DAYS, "How many days count as recent", default=30)) -> None:
        """Count the experiments of each project."""
        found = await self.ask(lambda hall: hall.overview.projects(days))
        await self.reply({"projects": found, "analysis_period_days": days, "generated_at": time.time()})


class TrendsHandler(Gate):
    """X22."""

    limited_as = "v2"

    @answers(PerformanceTrends)
    async def get(
        self,
        *,
        metric_name: str = query.required("The metric to follow"),
        project: str | None = query.text("Only this project"),
        days: int = query.integer(*_DAYS, "Only experiments of the last so many days", default=30),
    ) -> None:
        """Follow a metric from experiment to experiment."""
        found = await self.ask(lambda hall: hall.overview.trends(metric_name, project, days))
        asked = {"metric_name": metric_name, "project": project}
        await self.reply({**asked, **found, "analysis_period_days": days, "generated_at": time.time()})


class SystemHealthHandler(Gate):
    """X22."""

    limited_as = "v2"

    @answers(SystemHealth)
    async def get(self) -> None:
        """Report what is worth knowing about the store."""
        await self.reply(await self.ask(lambda hall: hall.overview.health()))
