"""Draws the picture of docs/hints.md.

    python scripts/draw_hints.py docs/hints.jpg

A photograph as the model in the package colors it, with hints, and with a reference.
"""

import pathlib

import numpy as np

from jaxcolor import cli, images
from jaxcolor.hints import Hint
from jaxcolor.inference import Colorizer

_EXAMPLES = pathlib.Path(__file__).parent.parent / "docs" / "examples"
_HINTS = [Hint(75, 190, "#2040c0"), Hint(150, 20, "#806040")]


def main() -> None:
    """Writes the picture."""
    parser = cli.Parser(__doc__)
    parser.add_argument("output", type=pathlib.Path, help="image file")
    args = parser.parse_args()
    colorizer = Colorizer.from_pretrained()
    photo = images.read(_EXAMPLES / "astronaut.jpg")
    pictures = [
        colorizer(photo),
        colorizer(photo, hints=_HINTS),
        colorizer(photo, reference=_EXAMPLES / "admiral.jpg"),
    ]
    images.write(args.output, images.sheet([np.stack(pictures)]))


if __name__ == "__main__":
    main()
