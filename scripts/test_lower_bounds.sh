#!/usr/bin/env bash
# Installs the lowest versions that pyproject.toml allows of what it names, into .venv-lowest, and
# runs the fast part of the tests on them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[ci]"

lowest=.venv-lowest/bin/python
uv venv --quiet --clear --python 3.11 .venv-lowest
uv pip install --quiet --python "$lowest" --resolution lowest-direct --editable ".[test]"
"$lowest" -m pytest -n auto @tests/fast.txt
