"""An artifact in an output: what the document holds of it, its script-free twin and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from runicorn_jupyter.display import html, text
from runicorn_jupyter.models import FileEntry, Manifest, VersionDetail, VersionItem

_FILES, _VERSIONS, _LISTED = 200, 50, 20
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class ArtifactPicture:
    """One version of an artifact as an output shows it, with the other versions and what is in it."""

    detail: VersionDetail
    versions: Sequence[VersionItem]
    manifest: Manifest

    def item(self) -> dict[str, Any]:
        """Return what the document holds: the first 200 files, the last 50 versions, nothing of this machine."""
        told = self.detail.item()
        for private in ("created_by_user", "parent_artifacts", "stage_transitions", "manifest_digest"):
            del told[private]
        return {
            **told,
            "versions": [row.item() for row in self.versions[-_VERSIONS:]],
            "files": [_file(file) for file in self.manifest.files[:_FILES]],
            "references": [
                {"uri": _public(reference.uri), "size": reference.size}
                for reference in self.manifest.references[:_FILES]
            ],
        }


def artifact_html(shown: ArtifactPicture) -> str:
    """Return heading, description and the first files; every name is escaped."""
    detail = shown.detail
    words = " · ".join(html.escaped(word) for word in _facts(shown))
    parts = [f"<p><strong>{html.escaped(_title(detail))}</strong> · {words}</p>"]
    if detail.description:
        parts.append(f"<p>{html.escaped(text.shorten(detail.description, 500))}</p>")
    if detail.metadata:
        parts.append(html.table(("metadata", ""), [(key, text.number(value)) for key, value in _metadata(detail)]))
    files = shown.manifest.files
    if files:
        parts.append(html.table(("file", "size"), [(file.path, size(file.size)) for file in files[:_LISTED]]))
    if len(files) > _LISTED:
        parts.append(f"<p>… and {len(files) - _LISTED} more files</p>")
    return f"<div>{''.join(parts)}</div>"


def artifact_text(shown: ArtifactPicture) -> str:
    """Return the same in plain words."""
    lines = [f"{_title(shown.detail)}  {'  '.join(_facts(shown))}"]
    lines += [text.shorten(shown.detail.description, 500)] if shown.detail.description else []
    lines += [f"  {key} = {text.number(value)}" for key, value in _metadata(shown.detail)]
    files = shown.manifest.files
    lines += [f"  {file.path}  {size(file.size)}" for file in files[:_LISTED]]
    lines += [f"  … and {len(files) - _LISTED} more files"] if len(files) > _LISTED else []
    return "\n".join(lines)


def size(count: int) -> str:
    """Return bytes as ``12 B`` or ``3.2 MB``."""
    short, unit = float(count), 0
    while short >= 1000 and unit < len(_UNITS) - 1:
        short, unit = short / 1000, unit + 1
    return f"{short:.3g} {_UNITS[unit]}" if unit else f"{count} B"


def _title(detail: VersionDetail) -> str:
    return f"{detail.type} / {detail.full_name}"


def _facts(shown: ArtifactPicture) -> list[str]:
    detail, count = shown.detail, shown.detail.num_files
    facts = [", ".join(detail.aliases)] if detail.aliases else []
    facts += [size(detail.size_bytes), "1 file" if count == 1 else f"{count} files", text.moment(detail.created_at)]
    return facts + ([f"by {detail.created_by_run}"] if detail.created_by_run else [])


def _metadata(detail: VersionDetail) -> list[tuple[str, Any]]:
    return list(detail.metadata.items())[:_LISTED]


def _file(file: FileEntry) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "digest": file.digest}


def _public(uri: str) -> str:
    """Return a reference as an output may say it: of a place on this machine only the last name."""
    local = uri.startswith("file:") or any(
        kind(uri).is_absolute() or uri.startswith("~") for kind in (PurePosixPath, PureWindowsPath)
    )
    return PureWindowsPath(uri).name if local else uri
