"""The tree of projects, experiment names and their runs (R44–R46)."""

from __future__ import annotations

from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.lists import ListGate


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


class NamedRunsHandler(ListGate):
    """R46; an unknown name has no runs."""

    async def get(self, project: str, name: str) -> None:
        """List the runs of one experiment."""
        await self.send_items(RunFilter(project=project, name=name))
