#!/usr/bin/env bash
# Builds the sdist, and the wheel from it, compares what they hold with the files under version
# control, installs each into an empty environment, and uses it there, away from the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh "[test]"
unset PYTHONPATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python -m build --outdir "$work/dist" >"$work/build.log" || { cat "$work/build.log"; exit 1; }

git ls-files --error-unmatch LICENSE SECURITY.md configs tests jaxcolor/py.typed \
    jaxcolor/pretrained/model.safetensors >/dev/null
{
    git ls-files . ':!.ci' ':!.github' ':!.pre-commit-config.yaml'
    echo PKG-INFO
} | sort >"$work/for_sdist"
{
    git ls-files jaxcolor
    git ls-files configs | sed 's#^#jaxcolor/#'
    printf 'jaxcolor/examples/%s.jpg\n' admiral astronaut cat dandelions
    printf 'dist-info/%s\n' METADATA RECORD WHEEL entry_points.txt licenses/LICENSE
} | sort >"$work/for_wheel"
echo "Files that are in version control only (<) or in the package only (>):"
tar --list --file "$work"/dist/*.tar.gz | cut -d / -f 2- | sort | diff "$work/for_sdist" -
python -m zipfile --list "$work"/dist/*.whl | awk 'NR > 1 { print $1 }' |
    sed 's/^jaxcolor-.*\.dist-info/dist-info/' | sort | diff "$work/for_wheel" -
echo none

mkdir "$work/home" "$work/away"
cp docs/examples/cat.jpg "$work/away"
cd "$work/away"
for package in "$work"/dist/*.whl "$work"/dist/*.tar.gz; do
    python -m venv --clear "$work/env"
    installed=$work/env/bin/python
    "$installed" -m pip install --quiet --disable-pip-version-check "$package"
    "$installed" -m pip check
    mypy --python-executable "$installed" --command "import jaxcolor"
    (
        export HOME=$work/home # No weights or features of this machine.
        "$work/env/bin/jaxcolor" colorize cat.jpg
        "$work/env/bin/jaxcolor" train --config quickstart --workdir run \
            --config.train.num_steps=2 --config.data.image_size=32 --config.data.num_scenes=80
        "$work/env/bin/jaxcolor" evaluate --model run
    )
    "$installed" - <<'END'
import pathlib
import sys

import jaxcolor
import numpy as np
from PIL import Image

assert pathlib.Path(jaxcolor.__file__).is_relative_to(sys.prefix), jaxcolor.__file__
photo, colored = (np.asarray(Image.open(name)) for name in ("cat.jpg", "cat.color.jpg"))
assert photo.shape == colored.shape, colored.shape
assert np.ptp(colored, axis=-1).mean() > 5, "the photograph stayed gray"
END
    test -s run/scores.json
    rm -r run cat.color.jpg
    echo "$(basename "$package") works; $SECONDS s since the start"
done
