"""The page of a reproduction: scores, curves and pictures in one file that needs no network."""

import math
import pathlib
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import web_page

from jaxcolor.metrics.metric_registry import METRICS
from reproduction import curves, points
from reproduction.published import Table
from reproduction.rows import Row

_ARROWS = {
    True: '&nbsp;<span role="img" aria-label="higher is better">↑</span>',
    False: '&nbsp;<span role="img" aria-label="lower is better">↓</span>',
    None: "",
}
_UP = '<span class="up" role="img" aria-label="better than gray">▲</span>'


def write(
    path: pathlib.Path,
    *,
    title: str,
    facts: dict[str, str],
    gray: dict[str, Any],
    true: dict[str, Any],
    truth: np.ndarray,
    grayed: np.ndarray,
    rows: Sequence[Row],
    tables: Sequence[Table],
    package: dict[str, Any] | None,
) -> None:
    """Writes the page.

    Args:
        path: of the HTML file; its parent folder is made if it does not exist.
        title: of the page.
        facts: name to value of what all experiments share: data, size, budget, device, date.
        gray: scores of the gray photos themselves, as of `Row.scores`.
        true: scores of the true photos themselves, of which only some metrics make sense.
        truth: `[P, H, W, 3]` uint8, sRGB: the photos to show.
        grayed: `[P, H, W, 3]` uint8, sRGB: the same photos without their colors.
        rows: the experiments, in the order to show.
        tables: that the reports publish.
        package: scores on other photos, "other" of the model in the package and "other gray"; None
            without such photos.
    """
    web_page.write(
        path,
        title,
        facts,
        f"""
<section><h2 id="scores">Scores</h2>{_table("scores", gray, rows, truth=true)}
{_points(rows)}</section>{_other(package, rows) if package else ""}
<section><h2 id="published">Published</h2>{"".join(map(_published, tables))}</section>
<section><h2 id="curves">Curves</h2>{curves.panels(rows)}</section>
<section><h2 id="pictures">Pictures</h2>{_sheet(truth, grayed, rows)}</section>
""",
        css=_read("css"),
        script=_read("js"),
    )


def _read(suffix: str) -> str:
    return pathlib.Path(__file__).with_suffix(f".{suffix}").read_text(encoding="utf-8")


def _mean(summary: dict[str, Any], key: str) -> float:
    value = summary.get(key, math.nan)
    return float(value["mean"] if isinstance(value, dict) else value)


def _points(rows: Sequence[Row]) -> str:
    """Lists what the rows chose, and what differs from their reports."""

    def items(row: Row) -> str:
        return "".join(
            f"<li>{kind}, {escape(name)}: {escape(text)}</li>"
            for kind, name, text in points.left_open(row.points)
        )

    lists = "".join(
        f"<dt><b>{escape(row.id)}</b> {escape(row.summary)}</dt><dd><ul>{items(row)}</ul></dd>"
        for row in rows
    )
    return f"""
<details open><summary>What each experiment chose where its report is silent, and where it differs
from its report</summary><p>{points.NOTE}</p><dl class="points">{lists}</dl></details>"""


def _published(table: Table) -> str:
    """Shows a table of a report as printed."""
    heading = f"{table.source}; {table.part}" if table.part else table.source
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    lines = "".join(
        f'<tr><th scope="row">{escape(row)}</th>'
        + "".join(f"<td>{escape(figures.get(name, '–'))}</td>" for name in table.columns)
        + "</tr>"
        for row in table.rows
        for figures in [table.figures(row)]
    )
    return f"""
<table class="published"><caption>{escape(heading)}</caption>
<thead><tr><td></td>{columns}</tr></thead><tbody>{lines}</tbody></table>"""


def _other(package: dict[str, Any], rows: Sequence[Row]) -> str:
    rows = [
        row._replace(scores=row.other_scores, train_scores=None, published={})
        for row in rows
        if row.other_scores
    ]
    table = _table("other", package["other gray"], rows, package=package["other"])
    return f"""
<section><h2 id="other">Scores on other photographs</h2>
<p>The model in the package was trained for longer, on other images.</p>{table}</section>"""


def _table(
    label: str,
    gray: dict[str, Any],
    rows: Sequence[Row],
    *,
    truth: dict[str, Any] | None = None,
    package: dict[str, Any] | None = None,
) -> str:
    """Shows the scores of the rows, and of what they are compared with.

    `label` is the id of the heading.
    """
    compared = [
        ("truth", "the photo itself", truth),
        ("package", "the model in the package", package),
    ]
    scored = [gray, *(row.scores for row in rows if row.scores is not None)]
    columns = [name for name in METRICS if any(name in scores for scores in [*scored, truth or {}])]
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
        attributes = f'data-value="{value}"'
        if isinstance(spread := scores[key], dict):
            attributes += f' title="{spread["min"]:{spec}} to {spread["max"]:{spec}}"'
        if METRICS[key].is_better(value, baseline) and text != f"{baseline:{spec}}":
            return f'<td class="better" {attributes}>{number}{_UP}</td>'
        return f"<td {attributes}>{number}</td>"

    def plain(heading: str, text: str, scores: dict[str, Any]) -> str:
        """Shows scores that take no part in the comparison."""
        shown = (
            f"{_mean(scores, key):.{METRICS[key].digits}f}" if key in scores else ""
            for key in columns
        )
        cells = "".join(f"<td>{number}</td>" for number in shown)
        empty = '<td class="pub"></td>' * len(published)
        return (
            f'<tr><th scope="row">{escape(heading)}</th><td>{escape(text)}</td>{cells}{empty}</tr>'
        )

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

    trained = "".join(
        plain(row.id, "on training images", row.train_scores) for row in rows if row.train_scores
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
<p>Means over the test photos; pointing at one shows the least and the greatest value of a photo.
<b>Bold</b>: best of its column.
<span class="better">{_UP}</span> better than the gray photo itself.
<span hidden>Select a heading to sort.</span></p>
<div class="scroll" role="region" aria-labelledby="{label}" tabindex="0"><table class="scores">
<thead><tr><td colspan="2"></td>
<th scope="colgroup" colspan="{len(columns)}">one protocol for all</th>{group if published else ""}
</tr><tr><th scope="col" data-sort="ascending">id</th><th scope="col">experiment</th>{ours}{theirs}
</tr></thead>
<tbody><tr><th scope="row">gray</th><td>the photo without its colors</td>
{"".join(cell(key, gray) for key in columns)}{'<td class="pub"></td>' * len(published)}
</tr>
{"".join(plain(name, text, scores) for name, text, scores in compared if scores)}</tbody>
<tbody>{"".join(map(line, range(len(rows)), rows))}</tbody>
<tbody>{trained}</tbody>
</table></div>"""


def _heading(text: str) -> str:
    """Lets a long word of a heading be broken, and keeps a range together."""
    return escape(text).replace("fulness", "&shy;fulness").replace("–", "–&NoBreak;")


def _sheet(truth: np.ndarray, grayed: np.ndarray, rows: Sequence[Row]) -> str:
    columns = {"gray": grayed}
    columns |= {row.id: row.pictures for row in rows if row.pictures is not None}
    columns["truth"] = truth
    cells = (
        [
            web_page.image(pictures[i], f"photo {i + 1}, {name}", shown=truth.shape[1:3])
            for name, pictures in columns.items()
        ]
        for i in range(len(truth))
    )
    return f"""
<p>One photo per row: its gray version, what each experiment made of that, and the truth.</p>
{web_page.sheet(columns, cells)}"""
