#!/usr/bin/env bash
# Sets up an environment and runs the linters, the type checker and the whole test suite.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[test]"

ruff check
ruff format --check
mypy
# A file's tests stay in one process: they share fixtures and traced programs.
python -m pytest -n auto --dist loadfile "$@"
