#!/usr/bin/env bash
# Looks for known vulnerabilities of the locked dependencies, and for licenses among the installed
# ones that pyproject.toml does not allow.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[ci]"

pip-audit --strict --disable-pip --requirement requirements-ci.txt
pip-licenses
