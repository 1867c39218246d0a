#!/usr/bin/env bash
# Tests the static page of docs/web in a headless Chromium (Debian and Ubuntu: apt-get install
# chromium npm). In an environment of its own: jax2onnx holds other packages back.
set -euo pipefail
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV
[ -d .venv-web ] || "${PYTHON:-python3}" -m venv .venv-web
. .venv-web/bin/activate
. scripts/environment.sh "[web]"

python -m pytest -rP tests/test_web_page.py "$@"
