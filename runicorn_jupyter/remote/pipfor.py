"""Runs our pip as if it were on another machine: ``python -m runicorn_jupyter.remote.pipfor download …``.

``pip download --platform --python-version`` chooses files for another machine, but reads the markers of requirements
(``python_version < "3.12"``) on this one (pypa/pip issue 11664), and would leave out what only the other one needs.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Read the environment of markers from standard input, and run pip with the arguments given."""
    from pip._internal.cli.main import main as pip
    from pip._vendor.packaging import markers

    environment = json.load(sys.stdin)
    markers.default_environment = lambda: environment
    return pip(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
