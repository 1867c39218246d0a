"""Pages of pictures in one file that needs no network."""

import base64
import io
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from jaxcolor import files


def write(
    path: pathlib.Path,
    title: str,
    facts: Mapping[str, str],
    main: str,
    *,
    css: str = "",
    script: str = "",
) -> None:
    """Writes a page.

    Args:
        path: of the HTML file; its parent folder is made if it does not exist.
        title: of the page.
        facts: name to value of what holds for the whole page, shown below its title.
        main: HTML of the content.
        css: rules besides those of all pages.
        script: JavaScript that runs at the end.
    """
    listing = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    common = pathlib.Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{common}{css}</style>
</head>
<body>
<header><h1>{escape(title)}</h1><dl>{listing}</dl></header>
<main>
{main}
</main>
<script>{script}</script>
</body>
</html>
"""
    with files.written_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def sheet(headings: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns the HTML of a table of pictures, for a section whose heading is `#pictures`.

    Args:
        headings: of the columns, plain text.
        rows: HTML of each row's cells.
    """
    columns = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = (
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return f"""
<div class="scroll" role="region" aria-labelledby="pictures" tabindex="0"><table class="sheet">
<thead><tr>{columns}</tr></thead>
<tbody>{"".join(lines)}</tbody>
</table></div>"""


def image(
    pixels: np.ndarray, text: str, quality: int = 90, shown: tuple[int, int] | None = None
) -> str:
    """Returns the HTML of a picture.

    Args:
        pixels: `[H, W, 3]` uint8, sRGB.
        text: what it shows, in words.
        quality: of the JPEG, as Pillow counts.
        shown: height and width on the page (default: those of the pixels).
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    data = base64.b64encode(file.getvalue()).decode()
    height, width = shown or pixels.shape[:2]
    return (
        f'<img src="data:image/jpeg;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(text)}">'
    )
