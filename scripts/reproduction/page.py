"""The page of a reproduction: scores, curves and pictures in one file that needs no network."""

import base64
import io
import math
import pathlib
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from jaxcolor import files
from jaxcolor.metrics.metric_registry import METRICS

Curve = list[tuple[int, float]]


class Row(NamedTuple):
    """One experiment.

    Attributes:
        id: short and unique, such as "A5".
        title: what it is, such as "residual U-Net, BCE + 100·L1".
        published: score to number as printed, from other data.
        scores: summary as of `jaxcolor.metrics.scores.Scores`; None if it failed or has not run.
        error: why it failed; empty if it did not.
        losses: name to (step, value) of each training loss.
        validation: name to (step, value) of each validation score.
        pictures: `[P, H, W, 3]` uint8, sRGB: the test photos as it colorizes them; None without.
    """

    id: str
    title: str
    published: dict[str, str]
    scores: dict[str, Any] | None
    error: str
    losses: dict[str, Curve]
    validation: dict[str, Curve]
    pictures: np.ndarray | None


_ARROWS = {
    True: '&nbsp;<span role="img" aria-label="higher is better">↑</span>',
    False: '&nbsp;<span role="img" aria-label="lower is better">↓</span>',
    None: "",
}
_UP = '<span class="up" role="img" aria-label="better than gray">▲</span>'
_NUM_COLORS = 6  # Of losses, in the style sheet; further losses are dashed, then dash-dotted.
_LEFT, _RIGHT = 44, 316  # Of a plot, in the 320 units of a panel's width.


def write(
    path: pathlib.Path,
    *,
    title: str,
    facts: dict[str, str],
    gray: dict[str, Any],
    truth: np.ndarray,
    grayed: np.ndarray,
    rows: Sequence[Row],
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file; its parent folder is made if it does not exist.
        title: of the page.
        facts: name to value of what all experiments share: data, size, budget, device, date.
        gray: scores of the gray photos themselves, as of `Row.scores`.
        truth: `[P, H, W, 3]` uint8, sRGB: the test photos.
        grayed: `[P, H, W, 3]` uint8, sRGB: the same photos without their colors.
        rows: the experiments, in the order to show.
    """
    listing = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_read("css")}</style>
</head>
<body>
<header><h1>{escape(title)}</h1><dl>{listing}</dl></header>
<main>
<section><h2 id="scores">Scores</h2>{_table(gray, rows)}</section>
<section><h2 id="curves">Curves</h2>{_panels(rows)}</section>
<section><h2 id="pictures">Pictures</h2>{_sheet(truth, grayed, rows)}</section>
</main>
<script>{_read("js")}</script>
</body>
</html>
"""
    with files.written_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _read(suffix: str) -> str:
    return pathlib.Path(__file__).with_suffix(f".{suffix}").read_text(encoding="utf-8")


def _mean(summary: dict[str, Any], key: str) -> float:
    value = summary.get(key, math.nan)
    return float(value["mean"] if isinstance(value, dict) else value)


def _table(gray: dict[str, Any], rows: Sequence[Row]) -> str:
    scored = [gray, *(row.scores for row in rows if row.scores is not None)]
    columns = [name for name in METRICS if any(name in scores for scores in scored)]
    published = list(dict.fromkeys(key for row in rows for key in row.published))
    best = {}
    for key in columns:
        means = [mean for scores in scored if not math.isnan(mean := _mean(scores, key))]
        if METRICS[key].higher_is_better is not None and means:
            choose = max if METRICS[key].higher_is_better else min
            best[key] = f"{choose(means):.{METRICS[key].digits}f}"

    def cell(key: str, scores: dict[str, Any]) -> str:
        if key not in scores:
            return "<td>–</td>"
        spec = f".{METRICS[key].digits}f"
        value, baseline = _mean(scores, key), _mean(gray, key)
        text = f"{value:{spec}}"
        number = f'<b class="best">{text}</b>' if text == best.get(key) else text
        if f"{key}_std" in scores:
            number += f" <small>± {scores[f'{key}_std']:{spec}}</small>"
        if key == "PSNR" and (equal := scores[key].get("num_infinite")):
            number += f" <small>({equal} equal)</small>"
        if METRICS[key].is_better(value, baseline) and text != f"{baseline:{spec}}":
            return f'<td class="better" data-value="{value}">{number}{_UP}</td>'
        return f'<td data-value="{value}">{number}</td>'

    def line(index: int, row: Row) -> str:
        name = escape(row.id)
        if row.scores is None:
            error = f"<div>{escape(row.error)}</div>" if row.error else "<small>has not run</small>"
            cells = f'<td class="error" colspan="{len(columns)}">{error}</td>'
        else:
            cells = "".join(cell(key, row.scores) for key in columns)
        theirs = (f'<td class="pub">{escape(row.published.get(key, ""))}</td>' for key in published)
        return (
            f'<tr><th scope="row" data-value="{index}"><a href="#{name}">{name}</a></th>'
            f"<td>{escape(row.title)}</td>{cells}{''.join(theirs)}</tr>"
        )

    ours = "".join(
        f'<th scope="col" data-sort="{"ascending" if up is False else "descending"}">'
        f"{_heading(METRICS[key].heading)}{_ARROWS[up]}</th>"
        for key in columns
        for up in [METRICS[key].higher_is_better]
    )
    theirs = "".join(f'<th scope="col" class="pub">{escape(key)}</th>' for key in published)
    group = (
        f'<th scope="colgroup" class="pub" colspan="{len(published)}">'
        "published, on other data: not comparable</th>"
    )
    return f"""
<p>Means over the test photos. <b>Bold</b>: best of its column.
<span class="better">{_UP}</span> better than the gray photo itself.
<span hidden>Select a heading to sort.</span></p>
<div class="scroll" role="region" aria-labelledby="scores" tabindex="0"><table class="scores">
<thead><tr><td colspan="2"></td>
<th scope="colgroup" colspan="{len(columns)}">one protocol for all</th>{group if published else ""}
</tr><tr><th scope="col" data-sort="ascending">id</th><th scope="col">experiment</th>{ours}{theirs}
</tr></thead>
<tbody><tr><th scope="row">gray</th><td>the photo without its colors</td>
{"".join(cell(key, gray) for key in columns)}{'<td class="pub"></td>' * len(published)}
</tr></tbody>
<tbody>{"".join(map(line, range(len(rows)), rows))}</tbody>
</table></div>"""


def _heading(text: str) -> str:
    """Lets a long word of a heading be broken, and keeps a range together."""
    return escape(text).replace("fulness", "&shy;fulness").replace("–", "–&NoBreak;")


def _panels(rows: Sequence[Row]) -> str:
    rows = [
        row._replace(losses=_finite(row.losses), validation=_finite(row.validation)) for row in rows
    ]
    losses = dict.fromkeys(name for row in rows for name in row.losses)
    styles = {name: f"s{i % _NUM_COLORS} d{i // _NUM_COLORS}" for i, name in enumerate(losses)}
    ranges: dict[str, list[float]] = {}
    for row in rows:
        for name, points in row.validation.items():
            ranges.setdefault(name, []).extend(value for _, value in points)
    return f"""
<p>Training losses above, each panel on its own scale; validation scores below, each on one scale
for all panels. Beside a name stands its last value; ticks are the least and the greatest.</p>
<div class="panels">{"".join(_panel(row, styles, ranges) for row in rows)}</div>"""


def _finite(curves: dict[str, Curve]) -> dict[str, Curve]:
    kept = {
        name: [(step, value) for step, value in points if math.isfinite(value)]
        for name, points in curves.items()
    }
    return {name: points for name, points in kept.items() if points}


def _panel(row: Row, styles: dict[str, str], ranges: dict[str, list[float]]) -> str:
    name = escape(row.id)
    heading = f'<figure id="{name}"><h3><b>{name}</b> {escape(row.title)}</h3>'
    curves = row.losses | row.validation
    if not curves:
        return f"{heading}<p>No curves.</p></figure>"
    last = max(step for points in curves.values() for step, _ in points)
    plots, bottom = [], 0
    if row.losses:
        drawn = [(styles[name], points) for name, points in row.losses.items()]
        values = [value for points in row.losses.values() for _, value in points]
        scale, kind = _scale(row.losses)
        plots.append(_plot(f"loss{kind}", drawn, values, scale, last, 16, bottom := 116))
    for name, points in row.validation.items():
        label = f"{escape(name)} {_short(points[-1][1])}"
        top, bottom = bottom + 26, bottom + 60
        plots.append(_plot(label, [("score", points)], ranges[name], float, last, top, bottom))
    legend = "".join(
        f'<li><svg class="{styles[name]}" viewBox="0 0 18 8" aria-hidden="true"><path d="M0 4H18"/>'
        f"</svg>{escape(name)} <b>{_short(points[-1][1])}</b></li>"
        for name, points in row.losses.items()
    )
    ends = "; ".join(
        f"{name} from {_short(points[0][1])} to {_short(points[-1][1])}"
        for name, points in curves.items()
    )
    return (
        f'{heading}<svg class="plot" viewBox="0 0 320 {bottom + 16}" role="img" '
        f'aria-label="{escape(f"{row.id} up to step {last}: {ends}")}">{"".join(plots)}'
        f'<text x="{_LEFT}" y="{bottom + 12}">0</text>'
        f'<text class="middle" x="{(_LEFT + _RIGHT) / 2}" y="{bottom + 12}">step</text>'
        f'<text class="end" x="{_RIGHT}" y="{bottom + 12}">{last}</text></svg>'
        f"<ul>{legend}</ul></figure>"
    )


def _scale(curves: dict[str, Curve]) -> tuple[Callable[[float], float], str]:
    """Picks by what to draw values that span orders of size, and what the label says of it."""
    sizes = [np.abs([value for _, value in points]) for points in curves.values()]
    greatest = max(size.max() for size in sizes)
    least = min(value for points in curves.values() for _, value in points)
    if least > 0:
        return (math.log10, ", log scale") if greatest > 30 * least else (float, "")
    unit = min((float(np.median(size)) for size in sizes if np.median(size) > 0), default=greatest)
    if greatest > 100 * unit:
        return lambda value: math.asinh(value / unit), ", asinh scale"
    return float, ""


def _plot(
    label: str,
    curves: list[tuple[str, Curve]],
    values: list[float],
    scale: Callable[[float], float],
    last: int,
    top: float,
    bottom: float,
) -> str:
    """Draws curves, each after its class, over steps 0 to `last` and the range of `values`."""
    low, high = min(values), max(values)

    def x(step: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (step / last if last else 0.5)

    def y(value: float) -> float:
        length = scale(high) - scale(low)
        return bottom - (bottom - top) * ((scale(value) - scale(low)) / length if length else 0.5)

    parts = [
        f'<text x="{_LEFT}" y="{top - 5}">{label}</text>',
        f'<path class="axis" d="M{_LEFT} {top}V{bottom}H{_RIGHT}"/>',
    ]
    ticks = {low, high}
    if low < 0 < high:
        parts.append(f'<path class="zero" d="M{_LEFT} {y(0):.1f}H{_RIGHT}"/>')
        ticks |= {0.0} if top + 10 < y(0) < bottom - 10 else set()
    for tick in sorted(ticks):
        parts.append(
            f'<text class="end" x="{_LEFT - 4}" y="{y(tick) + 3:.1f}">{_short(tick)}</text>'
        )
    for style, points in curves:
        places = [f"{x(step):.1f} {y(value):.1f}" for step, value in points]
        # A stroke without length shows as a dot, by its round and, for this, wide cap.
        lone = ' stroke-width="5"' if len(points) == 1 else ""
        parts.append(f'<path class="{style}"{lone} d="M{"L".join(places)}h0"/>')
    return "".join(parts)


def _short(value: float) -> str:
    mantissa, e, exponent = f"{value:.3g}".partition("e")
    return (f"{mantissa}e{int(exponent)}" if e else mantissa).replace("-", "−")


def _sheet(truth: np.ndarray, grayed: np.ndarray, rows: Sequence[Row]) -> str:
    columns = {"gray": grayed}
    columns |= {row.id: row.pictures for row in rows if row.pictures is not None}
    columns["truth"] = truth
    headings = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    lines = []
    for i in range(len(truth)):
        first, *others = (
            _image(pictures[i], f"photo {i + 1}, {name}") for name, pictures in columns.items()
        )
        cells = "".join(f"<td>{image}</td>" for image in others)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return f"""
<p>One photo per row: its gray version, what each experiment made of that, and the truth.</p>
<div class="scroll" role="region" aria-labelledby="pictures" tabindex="0"><table class="sheet">
<thead><tr>{headings}</tr></thead>
<tbody>{"".join(lines)}</tbody>
</table></div>"""


def _image(pixels: np.ndarray, text: str) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90, subsampling=0)
    data = base64.b64encode(file.getvalue()).decode()
    height, width, _ = pixels.shape
    return (
        f'<img src="data:image/jpeg;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(text)}">'
    )
