"""``python -m runicorn`` is the `runicorn` command."""

from __future__ import annotations

import sys

from runicorn_jupyter.cli import main

sys.exit(main())
