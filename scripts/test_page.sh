#!/usr/bin/env bash
# Tests the page of `jaxcolor serve` over HTTP and in a headless Chromium (Debian and Ubuntu:
# apt-get install chromium). In an environment of its own: gradio holds Pillow back.
set -euo pipefail
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV
[ -d .venv-page ] || "${PYTHON:-python3}" -m venv .venv-page
. .venv-page/bin/activate
. scripts/environment.sh "[page]"

python -m pytest tests/test_page*.py "$@"
