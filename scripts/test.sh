#!/usr/bin/env bash
# Sets up an environment and runs the linters, the type checker and the whole test suite.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[test]"

ruff check
ruff format --check
mypy
python -m pytest -n auto "$@"
