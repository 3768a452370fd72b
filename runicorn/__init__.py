"""The name under which everybody imports us: ``import runicorn as rn``. Names only, each found when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import runicorn_jupyter as _home
from runicorn_jupyter import __all__ as __all__
from runicorn_jupyter import __version__ as __version__

if TYPE_CHECKING:
    from runicorn_jupyter import (
        NoOpRun as NoOpRun,
    )
    from runicorn_jupyter import (
        Run as Run,
    )
    from runicorn_jupyter import (
        enabled as enabled,
    )
    from runicorn_jupyter import (
        finish as finish,
    )
    from runicorn_jupyter import (
        get_active_run as get_active_run,
    )
    from runicorn_jupyter import (
        init as init,
    )
    from runicorn_jupyter import (
        is_enabled as is_enabled,
    )
    from runicorn_jupyter import (
        log as log,
    )
    from runicorn_jupyter import (
        log_file as log_file,
    )
    from runicorn_jupyter import (
        log_image as log_image,
    )
    from runicorn_jupyter import (
        log_text as log_text,
    )
    from runicorn_jupyter import (
        runs as runs,
    )
    from runicorn_jupyter import (
        set_enabled as set_enabled,
    )
    from runicorn_jupyter import (
        set_primary_metric as set_primary_metric,
    )
    from runicorn_jupyter import (
        show as show,
    )
    from runicorn_jupyter import (
        summary as summary,
    )


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_home, name)


def __dir__() -> list[str]:
    return dir(_home)
