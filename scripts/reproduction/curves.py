"""Plots of the page: training losses and validation scores as SVG, a panel per experiment."""

import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from reproduction.rows import Curve, Row

_NUM_COLORS = 6  # Of losses, in the style sheet; further losses are dashed, then dash-dotted.
_LEFT, _RIGHT = 44, 316  # Of a plot, in the 320 units of a panel's width.


def panels(rows: Sequence[Row]) -> str:
    """Returns the HTML of all panels."""
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
