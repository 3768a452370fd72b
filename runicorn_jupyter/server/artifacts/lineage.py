"""Where artifacts and runs come from, what became of them, and how versions rise (R15, X3–X8, K7, K9)."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import STAGES, Lineage
from runicorn_jupyter.server.artifacts import words
from runicorn_jupyter.server.artifacts.words import ERRORS, kind_field, number
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

_LARGEST = 2**31 - 1
_DRAWN = {"dot": "text/vnd.graphviz", "mermaid": "text/vnd.mermaid"}
_FORMATS = ("json", *_DRAWN)
_GRAPH = (words.LineageGraph, *_DRAWN.values())


def _depth() -> int:
    return query.integer(0, _LARGEST, "How many artifacts far to look, 10 at most", default=3, name="max_depth")


def _format() -> str:
    return query.choice(_FORMATS, "JSON, or text that Graphviz or Mermaid draws", default="json", name="format")


class LineageGate(Gate):
    """Base of handlers whose answer is a graph."""

    async def send_graph(self, graph: Lineage, form: str) -> None:
        """Send it as JSON or as text."""
        if form == "json":
            await self.reply(graph.item())
            return
        drawn = await self.ask(lambda hall: hall.artifacts.draw(graph, form))
        self.set_header("Content-Type", f"{_DRAWN[form]}; charset=utf-8")
        self.finish(drawn)


class LineageHandler(LineageGate):
    """R15: up and down from one version."""

    @answers(*_GRAPH, raises=ERRORS)
    async def get(
        self, name: str, version: str, *, kind: str | None = kind_field(), depth: int = _depth(), form: str = _format()
    ) -> None:
        """Say where a version comes from and what came of it."""
        at = number(version)
        await self.send_graph(await self.ask(lambda hall: hall.artifacts.lineage(name, at, kind, depth)), form)


class NamedLineageHandler(LineageGate):
    """K7: the same by number, ``v3`` or alias."""

    @answers(*_GRAPH, raises=ERRORS)
    async def get(
        self, name: str, version: str, *, kind: str | None = kind_field(), depth: int = _depth(), form: str = _format()
    ) -> None:
        """Say where a version comes from and what came of it."""
        await self.send_graph(await self.ask(lambda hall: hall.artifacts.lineage(name, version, kind, depth)), form)


class ArtifactLineageHandler(LineageGate):
    """The same for the latest version, or the one that `version` means."""

    @answers(*_GRAPH, raises=ERRORS)
    async def get(
        self,
        name: str,
        *,
        version: str = query.text("A number, v3 or an alias", default="latest"),
        kind: str | None = kind_field(),
        depth: int = _depth(),
        form: str = _format(),
    ) -> None:
        """Say where a version comes from and what came of it."""
        await self.send_graph(await self.ask(lambda hall: hall.artifacts.lineage(name, version, kind, depth)), form)


class RunLineageHandler(LineageGate):
    """Up and down from a run; its data sets, code, pretrained models and outputs are in the same graph."""

    @answers(*_GRAPH, raises=RUN_ERRORS)
    async def get(self, run_id: str, *, depth: int = _depth(), form: str = _format()) -> None:
        """Say what a run took and made, and what lies before and behind that."""
        await self.send_graph(await self.ask(lambda hall: hall.artifacts.run_lineage(run_id, depth)), form)


class RunArtifactsHandler(Gate):
    """X3."""

    @answers(words.RunArtifacts, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """List the artifacts that a run made and took."""
        await self.reply(await self.ask(lambda hall: hall.artifacts.of_run(run_id)))


class RelatedArtifactsHandler(Gate):
    """K9: both in one list."""

    @answers(words.RelatedArtifacts, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        relation: str = query.choice(("all", "created", "used"), "Only what the run made, or took", default="all"),
    ) -> None:
        """List the artifacts that a run made and took."""
        found = await self.ask(lambda hall: hall.artifacts.of_run(run_id))
        rows = [{**row, "relation": kind} for kind in ("created", "used") for row in found[kind]]
        await self.reply({"artifacts": [row for row in rows if relation in {"all", row["relation"]}]})


class TrainingMetricsHandler(Gate):
    """X4; null when the run is gone."""

    @answers(words.TrainingMetrics | None, raises=ERRORS)
    async def get(
        self,
        name: str,
        *,
        version: str = query.text("A number, v3 or an alias", default="latest"),
        kind: str | None = kind_field(),
    ) -> None:
        """Say how well the run did that made a version."""
        await self.reply(await self.ask(lambda hall: hall.artifacts.training_metrics(name, version, kind)))


class PerformanceHandler(Gate):
    """X5."""

    @answers(list[words.Performance], raises=ERRORS)
    async def get(
        self,
        name: str,
        *,
        kind: str | None = kind_field(),
        metric: str | None = query.text("Only this number", name="metric_name"),
    ) -> None:
        """Say for each version how well the run did that made it."""
        await self.reply(await self.ask(lambda hall: hall.artifacts.performance_history(name, kind, metric)))


class PromoteHandler(Gate):
    """X6."""

    @answers(words.Promoted, raises=ERRORS)
    async def post(
        self,
        name: str,
        version: str,
        *,
        stage: str = body.choice(STAGES, "The stage to move to", name="to_stage"),
        notes: str | None = body.text("Why", default=None),
        run: str | None = body.text("The run that evaluated it", default=None, name="evaluator_run_id"),
        kind: str | None = kind_field(),
    ) -> None:
        """Move a version to another stage."""
        at = number(version)
        before, now = await self.ask(
            lambda hall: hall.artifacts.promote(name, at, stage, notes=notes, evaluator_run_id=run, type=kind)
        )
        told = {"ok": True, "artifact": now.full_name, "from_stage": before, "to_stage": stage}
        await self.reply({**told, "message": f"Successfully promoted to {stage}"})


class EvaluateHandler(Gate):
    """X7."""

    @answers(words.Evaluated, raises=ERRORS)
    async def post(
        self,
        name: str,
        version: str,
        *,
        metrics: dict[str, Any] = body.mapping("Numbers by name"),
        status: str = body.text("passed, failed or pending"),
        model_name: str = body.text("As in the address"),
        model_version: int = body.integer(1, _LARGEST, "As in the address"),
        evaluation_date: float = body.number("When, in seconds"),
        run: str | None = body.text("The run that evaluated it", default=None, name="evaluator_run_id"),
        dataset: str | None = body.text("What it was tested on", default=None, name="test_dataset"),
        notes: str | None = body.text("Anything else", default=None),
        kind: str | None = kind_field(),
    ) -> None:
        """Keep an evaluation of a version."""
        at = number(version)
        if (model_name, model_version) != (name, at):
            raise BadRequest("model_name and model_version must be those of the address.")
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in metrics.values()):
            raise BadRequest("metrics must hold numbers.")
        told: dict[str, Any] = {"metrics": metrics, "status": status, "evaluation_date": evaluation_date}
        told |= {"evaluator_run_id": run, "test_dataset": dataset, "notes": notes}
        known = await self.ask(lambda hall: hall.artifacts.evaluate(name, at, told, kind))
        await self.reply({"ok": True, "eval_id": known, "message": "Evaluation recorded successfully"})


class EvaluationsHandler(Gate):
    """X8."""

    @answers(list[dict[str, Any]])
    async def get(
        self, name: str, *, version: int | None = query.integer(1, _LARGEST, "Only those of this version")
    ) -> None:
        """List the evaluations of an artifact, the newest first."""
        await self.reply(await self.ask(lambda hall: hall.artifacts.evaluations(name, version)))
