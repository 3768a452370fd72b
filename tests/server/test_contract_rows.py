"""Every address that a user of Runicorn relies on (contract §1) is served."""

from __future__ import annotations

import re

from places import REPOSITORY

from runicorn_jupyter.server.spec.openapi import document

ROWS = """
GET /runs /runs/{x} /recycle-bin /runs/{x}/metrics /runs/{x}/metrics_step /metrics/cache/stats /runs/{x}/logs/ws
POST /runs/soft-delete /recycle-bin/restore /recycle-bin/empty
GET /artifacts /artifacts/{x}/versions /artifacts/{x}/v{x} /artifacts/{x}/v{x}/files /artifacts/{x}/v{x}/lineage
GET /artifacts/stats
DELETE /artifacts/{x}/v{x}
GET /v2/experiments /v2/experiments/{x} /v2/experiments/{x}/metrics/fast
POST /v2/experiments/batch-delete
GET /config /config/ssh_connections /config/ssh_connections/{x}/details
POST /config/user_root_dir /config/ssh_connections
DELETE /config/ssh_connections/{x}
POST /remote/connect /remote/environments/detect /remote/viewer/start /remote/viewer/stop /remote/disconnect
GET /remote/connections /remote/environments /remote/config /remote/viewer/status /remote/viewer/logs /remote/health
GET /remote/ping /remote/sessions /remote/conda-envs /remote/viewer/status/{x}
DELETE /remote/connections/{x}
GET /projects /projects/{x}/names /projects/{x}/names/{x}/runs /health /gpu/telemetry
GET /experiments /metrics/{x} /gpu /artifacts/{x}:{x} /artifacts/{x}:{x}/lineage /experiments/{x}/artifacts
POST /export
PUT /config
POST /status/check
GET /runs/{x}/progress /runs/{x}/artifacts /artifacts/{x}/training-metrics /artifacts/{x}/performance-history
POST /artifacts/{x}/v{x}/promote /artifacts/{x}/v{x}/evaluate
GET /artifacts/{x}/evaluations /export/{x}/csv /export/{x}/report /environment/{x} /experiments/search
POST /experiments/tag /import/archive
DELETE /experiments/delete
GET /system/monitor /system/temperatures /config/column-widths
POST /config/column-widths /config/column-widths/reset
DELETE /config/column-widths
GET /config/dismissed-alerts
POST /config/dismissed-alerts/dismiss /config/dismissed-alerts/undismiss /config/dismissed-alerts/clear
GET /remote/status /remote/viewer/sessions /remote/fs/list /remote/fs/exists /remote/connections/saved
POST /remote/connections/saved
GET /v2/analytics/overview /v2/analytics/projects /v2/analytics/performance-trends /v2/analytics/health
PATCH /runs/{x}
GET /paths /paths/tree /paths/runs /paths/export
POST /paths/soft-delete /paths/create
GET /runs/{x}/assets /runs/{x}/assets/refs /runs/{x}/assets/download
DELETE /runs/{x}/permanent
POST /runs/permanent-delete /remote/known-hosts/accept /remote/known-hosts/remove
GET /storage/stats /remote/known-hosts/list /config/storage-candidates /diagnostics/sources /diagnostics/logs
GET /diagnostics/logs/ws /gpu/telemetry/history /gpu/telemetry/config /remote/env-configs /remote/storage-candidates
POST /gpu/telemetry/config
GET /runs/{x}/images
POST /runs/move /runs/export /import/preview
"""


def rows() -> set[tuple[str, str]]:
    lines = [line.split() for line in ROWS.split("\n") if line]
    return {(verb, address) for verb, *addresses in lines for address in addresses}


def served(verb: str, address: str) -> bool:
    """Tell whether the document has the row; a place of it may stand for a word of ours."""
    example = "/api" + address.replace("{x}", "x1")
    for path, verbs in document()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if verb.lower() in verbs and re.fullmatch(pattern, example):
            return True
    return False


def test_every_row_of_the_contract_is_served() -> None:
    assert {row for row in rows() if not served(*row)} == set()


def test_the_document_for_people_has_every_address() -> None:
    """docs/http.md names every operation, and none that is not there: `make docs-api` writes its table."""
    text = (REPOSITORY / "docs" / "http.md").read_text()
    told = set(re.findall(r"^\| `([A-Z]+) (/api/\S+)`", text, re.MULTILINE))
    assert told == {(verb.upper(), path) for path, verbs in document()["paths"].items() for verb in verbs}
