#!/usr/bin/env bash
# Build sdist and wheel of the committed state into the folder given: a dirty tree would leave stale files in them.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --no-hardlinks . "$work/clone"
python -m build --installer uv --outdir "$out" "$work/clone"
