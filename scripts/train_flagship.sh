#!/usr/bin/env bash
# Trains the model in the package, from folders of photographs to its files:
#     scripts/train_flagship.sh PHOTOS RUNS OUTPUT [OPTIONS OF select_images.py, FOLDERS FIRST]
# The one in the package came from the same stages, the first one with a change on the way, as its
# card says. The images were chosen by the following, which validates on whole sources held out:
#     scripts/train_flagship.sh photos runs jaxcolor/pretrained train_256 train_100 \
#         --min_colorfulness 10 --keep train_256/flowers=0.4 --validation_fraction 0 \
#         --validate 'varied/coco_*' --validate 'varied/voc2012_*' --validate 'varied/photoj_*'
# It needs the weights of mobilenet_v2_imagenet1001. Each stage resumes where it was stopped.
set -euo pipefail
photos=$(realpath -m "$1") runs=$(realpath -m "$2") output=$(realpath -m "$3")
shift 3
cd "$(dirname "$0")/.."

python scripts/select_images.py "$@" --root "$photos" --output "$runs/flagship_split.tsv"
python scripts/count_colors.py "$photos" --split_file "$runs/flagship_split.tsv" \
    --output configs/flagship_bins.json

train() {
    local name=$1
    shift
    python -m jaxcolor.train --config "configs/$name.py" --workdir "$runs/$name" \
        --config.data.path="$photos" --config.data.split_file="$runs/flagship_split.tsv" "$@"
}
train flagship
train flagship_256 --config.init_from="$runs/flagship"
python scripts/export_pretrained.py --model "$runs/flagship_256" --output "$output" \
    --colorfulness 0.5 --temperature 0.7
