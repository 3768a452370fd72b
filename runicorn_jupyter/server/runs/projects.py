"""The tree of projects, experiment names and their runs (R44–R46)."""

from __future__ import annotations

from typing import TypedDict

from runicorn_jupyter.models import RunFilter, RunItem
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import answers, made_by
from runicorn_jupyter.server.runs.lists import LIST_HEADERS, ListGate, Wanted, wanted_page


class _Projects(TypedDict):
    projects: list[str]


class _Names(TypedDict):
    names: list[str]


class ProjectsHandler(Gate):
    """R44."""

    @answers(_Projects)
    async def get(self) -> None:
        """List projects."""
        await self.reply({"projects": await self.ask(lambda hall: hall.projects())})


class NamesHandler(Gate):
    """R45; an unknown project has no names."""

    @answers(_Names)
    async def get(self, project: str) -> None:
        """List the experiment names of a project."""
        await self.reply({"names": await self.ask(lambda hall: hall.names(project))})


class NamedRunsHandler(ListGate):
    """R46; an unknown name has no runs."""

    @answers(list[RunItem], headers=LIST_HEADERS)
    async def get(self, project: str, name: str, *, page: Wanted = made_by(wanted_page)) -> None:
        """List the runs of one experiment."""
        await self.send_items(RunFilter(project=project, name=name), page)
