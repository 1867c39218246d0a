"""Draws the photographs of a folder, without color, beside what they became, as one picture.

    jaxcolor colorize docs/examples --output runs/colored
    python scripts/draw_pairs.py docs/examples runs/colored --output docs/colored.jpg

Every photograph is shown as a square cut from its middle.
"""

import pathlib
import sys

import numpy as np

from jaxcolor import cli, images, listing
from jaxcolor.config import InputError
from jaxcolor.data import transforms

_SIDE, _GAP, _PAIRS_PER_LINE = 148, 2, 4  # Pixels, pixels, and pairs in a line.


def draw(photos: list[np.ndarray], colored: list[np.ndarray]) -> np.ndarray:
    """Tiles pairs of pictures, several to a line.

    Args:
        photos: `[H, W, 3]` uint8 each, sRGB.
        colored: what they became, as many.

    Returns:
        `[H, W, 3]` uint8, sRGB, on white.
    """
    step, width = _SIDE + _GAP, 2 * _SIDE + 3 * _GAP
    num_lines = -(-len(photos) // _PAIRS_PER_LINE)
    shape = (num_lines * step - _GAP, _PAIRS_PER_LINE * width - 2 * _GAP, 3)
    sheet = np.full(shape, 255, np.uint8)
    for i, (photo, color) in enumerate(zip(photos, colored, strict=True)):
        line, place = divmod(i, _PAIRS_PER_LINE)
        gray = np.asarray(transforms.without_color(_square(photo)[None]))[0]
        for j, picture in enumerate((gray, _square(color))):
            top, left = line * step, place * width + j * _SIDE
            sheet[top : top + _SIDE, left : left + _SIDE] = picture
    return sheet


def _square(pixels: np.ndarray) -> np.ndarray:
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return images.resize(pixels[top : top + side, left : left + side], _SIDE, _SIDE)


def main() -> None:
    """Draws two folders."""
    parser = cli.Parser(__doc__)
    parser.add_argument("photos", type=pathlib.Path, help="folder of photographs")
    parser.add_argument("colored", type=pathlib.Path, help="folder of equally named ones, colored")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="picture to write")
    args = parser.parse_args()
    try:
        paths = [path.relative_to(args.photos) for path in listing.find(args.photos)]
        photos, colored = (
            [images.read(folder / path) for path in paths] for folder in (args.photos, args.colored)
        )
        images.write(args.output, draw(photos, colored))
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{len(paths)} photographs: {args.output}")


if __name__ == "__main__":
    main()
