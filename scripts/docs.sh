#!/usr/bin/env bash
# Builds the site of the documentation from docs/. Every warning is an error: links to pages, files
# and headings that do not exist among them.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[docs]"

site=${1:-runs/site}
python -m sphinx --fail-on-warning --keep-going --fresh-env --quiet docs "$site"
if grep --recursive --include='*.html' --extended-regexp --line-number \
    '<(script|link|img|iframe)[^>]*(src|href)="(https?:)?//' "$site"; then
    echo "error: these pages load files from other servers" >&2
    exit 1
fi
echo "$site/index.html"
