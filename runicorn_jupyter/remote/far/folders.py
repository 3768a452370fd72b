"""Looks into folders of a host."""

import os
import stat
from typing import Any, Dict, List

MOST = 5000


def listing(path: str) -> Dict[str, Any]:
    """Return what is in a folder, folders first; else the cause why not."""
    path = os.path.abspath(os.path.expanduser(path))
    try:
        items = _items(path)
    except FileNotFoundError:
        return {"path": path, "cause": "missing"}
    except NotADirectoryError:
        return {"path": path, "cause": "file"}
    except PermissionError:
        return {"path": path, "cause": "forbidden"}
    items.sort(key=lambda item: (not item["is_dir"], item["name"].lower()))
    return {"path": path, "items": items[:MOST], "total": len(items)}


def _items(path: str) -> List[Dict[str, Any]]:
    items: List[Dict[str, Any]] = []
    with os.scandir(path) as entries:
        for entry in entries:
            try:
                found = entry.stat()
                folder = entry.is_dir()
            except OSError:
                continue
            items.append({"name": entry.name, "is_dir": folder, "size": found.st_size, "mtime": found.st_mtime})
    return items


def exists(path: str) -> Dict[str, Any]:
    """Return whether something is there, and whether it is a folder."""
    path = os.path.abspath(os.path.expanduser(path))
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return {"path": path, "exists": False, "is_dir": False}
    return {"path": path, "exists": True, "is_dir": stat.S_ISDIR(mode)}
