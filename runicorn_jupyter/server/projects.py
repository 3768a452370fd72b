"""The tree of projects, experiment names and their runs (R44–R46)."""

from __future__ import annotations

from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.server.gate import Gate


class ProjectsHandler(Gate):
    """R44."""

    async def get(self) -> None:
        """List projects."""
        await self.reply({"projects": await self.ask(lambda hall: hall.projects())})


class NamesHandler(Gate):
    """R45; an unknown project has no names."""

    async def get(self, project: str) -> None:
        """List the experiment names of a project."""
        await self.reply({"names": await self.ask(lambda hall: hall.names(project))})


class NamedRunsHandler(Gate):
    """R46; an unknown name has no runs."""

    async def get(self, project: str, name: str) -> None:
        """List the runs of one experiment."""
        page = await self.ask(lambda hall: hall.runs(RunFilter(project=project, name=name)))
        await self.reply([run.item() for run in page.runs])
