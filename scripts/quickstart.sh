#!/usr/bin/env bash
# Sets up an environment, trains a small colorizer on drawn scenes and scores it, colors photographs
# with the model in the package, and prints the next steps.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh ""

run=runs/quickstart
gallery=runs/quickstart_gallery
python -m jaxcolor.train --config configs/quickstart.py --workdir "$run"
python -m jaxcolor.evaluate --model "$run"
python scripts/gallery.py docs/examples --output "$gallery"
cat <<EOF

Photographs, colored by the model in the package: $gallery/index.html
To color one of your own:
    $(command -v jaxcolor) colorize PHOTO.jpg
The model that was trained here knows drawings only and demonstrates the training:
    Sample sheet (gray, output, truth): $(ls "$run"/samples/*.png | tail -n 1)
    Scores, beside those of gray:       $run/scores.md
To train on photographs: docs/train.md
EOF
