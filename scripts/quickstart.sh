#!/usr/bin/env bash
# Sets up an environment, trains a small colorizer on drawn scenes, scores it and prints the next steps.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh ""

run=runs/quickstart
python -m jaxcolor.train --config configs/quickstart.py --workdir "$run"
python -m jaxcolor.evaluate --workdir "$run"
cat <<EOF

Sample sheet (gray, output, truth): $(ls "$run"/samples/*.png | tail -n 1)
Scores, beside those of gray:       $run/scores.md
To color a photograph of your own:
    $(command -v python) -m jaxcolor.colorize PHOTO.jpg --checkpoint $run --output colorized
This model was trained on drawings only; for photographs, train on photographs (README.md).
EOF
