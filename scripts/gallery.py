"""Shows photographs beside what a model makes of them, on one page and as one PNG.

    python scripts/gallery.py docs/examples --output runs/gallery
    python scripts/gallery.py photos/*.jpg --model runs/pix2pix --output runs/gallery

Every photograph is shown without its colors, as the model colors it, and as it is; a model of the
color space "lab_bins" colors it with the least colorfulness, with its own and with the most. The
folder receives `index.html`, which needs no other file, and `gallery.png`, with the first
photographs alone if there are many. Files that cannot be read are listed at the end and make the
exit status 1.
"""

import html
import itertools
import math
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import web_page
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from jaxcolor import cli, images, inference, listing
from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.inference import Colorizer
from jaxcolor.metrics import padding, pixel
from jaxcolor.training import parallel

# The largest picture on the page, in pixels.
_HEIGHT, _WIDTH = 256, 320
# Keeps a page of 100 photographs in five columns below 15 MB.
_QUALITY = 80
# The PNG, in pixels: pictures of at most this side, lines of this many, and their texts.
_THUMBNAIL = 118
_PER_LINE = 10
_PHOTOS = 12
_GAP = 2
_TEXT_HEIGHT = 16


class Row(NamedTuple):
    """A photograph.

    Attributes:
        name: of its file.
        cells: HTML of its pictures on the page.
        thumbnails: its pictures in the PNG.
    """

    name: str
    cells: list[str]
    thumbnails: list[Image.Image]


def load(checkpoint: pathlib.Path | None) -> dict[str, Colorizer]:
    """Loads a model in each of its settings.

    Args:
        checkpoint: workdir of a run, or model folder; None is the model in the package.

    Returns:
        For each output, its heading and what makes it.

    Raises:
        InputError: as `inference.load`.
    """
    model = inference.load(checkpoint)
    if model.config.data.color_space != "lab_bins":
        return {"output": model}
    own = model.config.data.bins.colorfulness
    return {
        f"colorfulness {value:g}": model
        if value == own
        else inference.load(checkpoint, colorfulness=value)
        for value in sorted({0.0, own, 1.0})
    }


def make_row(path: pathlib.Path, colorizers: Mapping[str, Colorizer]) -> Row:
    """Colors a photograph at its own size, and scores and encodes its pictures as they are shown.

    Args:
        path: of the photograph.
        colorizers: heading of the column and what makes its picture.

    Raises:
        InputError: the photograph cannot be read.
    """
    photo = images.read(path)
    truth = _fit(photo, _HEIGHT, _WIDTH)
    height, width, _ = truth.shape
    gray = np.asarray(transforms.without_color(padding.pad(truth[None])))[0, :height, :width]
    outputs = [_fit(colorizer(photo), _HEIGHT, _WIDTH) for colorizer in colorizers.values()]
    pictures = [gray, *outputs, truth]
    cells = [
        f"{web_page.image(picture, f'{path.name}, {heading}', _QUALITY)}<small>{caption}</small>"
        for heading, picture, caption in zip(
            ("gray", *colorizers, "truth"), pictures, _captions(np.stack(pictures)), strict=True
        )
    ]
    cells[0] += f"<b>{html.escape(path.name)}</b>"
    thumbnails = [Image.fromarray(_fit(picture, _THUMBNAIL, _THUMBNAIL)) for picture in pictures]
    return Row(path.name, cells, thumbnails)


def _fit(pixels: np.ndarray, max_height: int, max_width: int) -> np.ndarray:
    """Reduces `[H, W, 3]` uint8 to a largest size, if it is larger."""
    height, width, _ = pixels.shape
    scale = min(1, max_height / height, max_width / width)
    return images.resize(pixels, max(1, round(scale * height)), max(1, round(scale * width)))


def _captions(pictures: np.ndarray) -> list[str]:
    """Scores pictures `[N, H, W, 3]` uint8, of which the first is gray and the last is true."""
    where = jnp.asarray(padding.pad(np.ones((1, *pictures.shape[1:3], 1), bool)))
    unit = jnp.asarray(padding.pad(pictures) / np.float32(255))
    psnr = np.asarray(pixel.psnr(unit, unit[-1:], where=where))
    captions = [f"colorfulness {value:.1f}" for value in pixel.colorfulness(unit, where=where)]
    if math.isfinite(psnr[0]):  # Otherwise the photograph has no colors to compare with.
        captions[:-1] = [
            f"PSNR {value:.1f} dB, {caption}"
            for value, caption in zip(psnr[:-1], captions[:-1], strict=True)
        ]
    return captions


def write_page(
    path: pathlib.Path, model: str, headings: Sequence[str], rows: Sequence[Row]
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file.
        model: where it lies.
        headings: of the columns.
        rows: the photographs.
    """
    setting = (
        "<br>In the headings colorfulness is the model's setting, from 0 to 1."
        if len(headings) > 3
        else ""
    )
    text = f"""<section><h2 id="pictures">Pictures</h2>
<p>One photograph per row: without its colors, as the model colors it, and as it is. Below each
picture, in the size shown: PSNR against the photograph, unless that has no colors itself; and the
colorfulness of Hasler and Süsstrunk (2003), which is 0 for gray and 109 for extremely colorful.
{setting}</p>
"""
    web_page.write(
        path,
        "Gallery",
        {"model": model, "photographs": f"{len(rows):,}"},
        f"{text}{web_page.sheet(headings, (row.cells for row in rows))}</section>",
        css=f"""
.sheet tr > * {{ padding: 0 8px 14px 0; vertical-align: top; text-align: left; }}
.sheet thead th {{ padding: 6px 0; text-align: left; }}
.sheet img {{ max-width: max(8rem, calc(92vw / {len(headings)} - 8px)); }}
.sheet :is(small, b) {{ display: block; font-size: 11px; font-weight: 400; line-height: 15px; }}
.sheet small {{ color: var(--soft); }}
.sheet b {{ overflow-wrap: anywhere; }}
""",
    )


def draw(headings: Sequence[str], rows: Sequence[Row]) -> np.ndarray:
    """Tiles the thumbnails of photographs, several to a line, below headings and above names.

    Args:
        headings: of the columns.
        rows: the photographs.

    Returns:
        `[H, W, 3]` uint8, sRGB.
    """
    step = _THUMBNAIL + _GAP
    block = len(headings) * step + 4 * _GAP
    per_line = min(len(rows), _PER_LINE // len(headings))
    lines = [rows[i : i + per_line] for i in range(0, len(rows), per_line)]
    heights = [max(_height(row) for row in line) + _TEXT_HEIGHT + _GAP for line in lines]
    sheet = Image.new("RGB", (per_line * block, _TEXT_HEIGHT + sum(heights)), "white")
    for i, j in itertools.product(range(per_line), range(len(headings))):
        sheet.paste(_label(headings[j], _THUMBNAIL), (i * block + j * step, 0))
    tops = itertools.accumulate(heights, initial=_TEXT_HEIGHT)
    for top, line in zip(tops, lines, strict=False):
        for i, row in enumerate(line):
            for j, image in enumerate(row.thumbnails):
                sheet.paste(image, (i * block + j * step, top))
            name = _label(row.name, block - 4 * _GAP)
            sheet.paste(name, (i * block, top + _height(row)))
    return np.asarray(sheet)


def _height(row: Row) -> int:
    return max(image.height for image in row.thumbnails)


def _label(text: str, width: int) -> Image.Image:
    label = Image.new("RGB", (width, _TEXT_HEIGHT), "white")
    ImageDraw.Draw(label).text((0, 1), text, "black", ImageFont.load_default(11))
    return label


def main() -> None:
    """Colors all photographs and writes the page and the PNG."""
    parser = cli.Parser(__doc__)
    parser.add_argument("photos", nargs="+", type=pathlib.Path, help="image files and folders")
    cli.add_model_option(parser, "--checkpoint")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/gallery"))
    args = parser.parse_args()
    parallel.set_up()
    rows, problems = [], []
    try:
        colorizers = load(args.model)
        given = (listing.find(path) if path.is_dir() else [path] for path in args.photos)
        paths = list(itertools.chain.from_iterable(given))
        for path in tqdm(paths, desc="gallery", unit="img", disable=None):
            try:
                rows.append(make_row(path, colorizers))
            except InputError as error:
                problems.append(str(error))
        if rows:
            headings = ["gray", *colorizers, "truth"]
            page, picture = args.output / "index.html", args.output / "gallery.png"
            write_page(page, str(args.model or "in the package"), headings, rows)
            images.write(picture, draw(headings, rows[:_PHOTOS]))
            shown = f"the first {_PHOTOS}" if len(rows) > _PHOTOS else "all"
            print(f"{len(rows)} photographs: {page}, and {shown} of them: {picture}")
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    if problems:
        sys.exit("\n".join(f"error: {problem}" for problem in problems))


if __name__ == "__main__":
    main()
