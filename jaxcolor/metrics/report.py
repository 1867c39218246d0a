"""The table of scores, and the files that hold them."""

import json
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from jaxcolor import files
from jaxcolor.backbones import weights
from jaxcolor.config import InputError
from jaxcolor.metrics.metric_registry import METRICS
from jaxcolor.metrics.set_scores import HALVES

# Columns of a terminal.
_SCREEN = 100
# What rows are called in the table, unless it is their own name.
_LABELS = {HALVES: "truth, half against half"}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Formats summaries as a Markdown table.

    Args:
        rows: name to a summary of `Scores.summary`, or of `FeatureScores.summary`, or of both with
            `fps_generator` and `fps_files`, images per second.
    """
    return _render(_cells(rows, spread=True))


def on_screen(rows: dict[str, dict[str, Any]], *, spread: bool = False) -> str:
    """Formats summaries as tables that a terminal of 100 columns shows without breaking lines.

    Args:
        rows: as of `table`.
        spread: lines for maxima and minima as well.
    """
    labels, *columns = map(list, zip(*_cells(rows, spread=spread), strict=True))
    tables = [[labels]]
    for column in columns:
        wider = _render(list(zip(*tables[-1], column, strict=True)))
        if len(wider.partition("\n")[0]) > _SCREEN:
            tables.append([labels])
        tables[-1].append(column)
    return "\n\n".join(_render(list(zip(*part, strict=True))) for part in tables)


def _cells(rows: dict[str, dict[str, Any]], *, spread: bool) -> list[Sequence[str]]:
    """Returns the headings and the lines of a table."""
    names = [name for name in METRICS if any(name in summary for summary in rows.values())]
    lines: list[Sequence[str]] = [["", *(METRICS[name].heading for name in names)]]
    for row, summary in rows.items():
        title = _LABELS.get(row, row)
        labels = {"mean": title}
        if spread and any(isinstance(summary.get(name), dict) for name in names):
            labels |= {"max": f"{title}, max", "min": f"{title}, min"}
        for statistic, label in labels.items():
            lines.append([label, *(_cell(summary, name, statistic) for name in names)])
    return lines


def _render(lines: list[Sequence[str]]) -> str:
    """Aligns the headings and the lines of a table."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def render(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(map(render, [lines[0], rule, *lines[1:]]))


def _cell(summary: dict[str, Any], name: str, statistic: str) -> str:
    """Formats a score of images by its statistic, and one of the whole set beside their means."""
    if name not in summary:
        return ""
    value, digits = summary[name], METRICS[name].digits
    if isinstance(value, dict):
        equal = value.get("num_infinite") if statistic == "mean" else 0
        return f"{value[statistic]:.{digits}f}" + (f" ({equal} equal)" if equal else "")
    if statistic != "mean":
        return ""
    spread = f" ± {summary[f'{name}_std']:.{digits}f}" if f"{name}_std" in summary else ""
    return f"{value:.{digits}f}{spread}"


def notes(facts: Mapping[str, Any], missing: Mapping[str, InputError]) -> list[str]:
    """Formats what belongs below a table: its conditions, and what is missing in it.

    Args:
        facts: the conditions of the scores, such as the data and the device.
        missing: scores and why they could not be computed, as of `Evaluation.missing`.

    Returns:
        A line for each fact, and for each reason one that says what helps.
    """
    scores: dict[str, list[str]] = {}
    for score, error in missing.items():
        hint = error.hint if isinstance(error, weights.WeightsError) else str(error)
        scores.setdefault(hint, []).append(score)
    found = [f"{name}: {value}" for name, value in facts.items()]
    found += [f"no {', '.join(names)}: {hint}" for hint, names in scores.items()]
    if any(isinstance(error, weights.WeightsError) for error in missing.values()):
        found.append(f"weights are looked for in {weights.places()}")
    return found


def reasons(missing: Mapping[str, InputError]) -> dict[str, str]:
    """Returns why scores are missing, in full, by "no " and their names."""
    return {f"no {score}": str(error) for score, error in missing.items()}


def write(
    path: pathlib.Path,
    title: str,
    rows: dict[str, dict[str, Any]],
    missing: Mapping[str, InputError] | None = None,
    *,
    below: str = "",
    **facts: Any,
) -> None:
    """Writes the scores as JSON to `path`, and as Markdown beside it.

    Args:
        path: ends in .json.
        title: of the Markdown.
        rows: as of `table`.
        missing: as of `notes`; JSON has the reasons in full.
        below: Markdown below the table.
        **facts: as of `notes`.
    """
    missing = missing or {}
    found = {**facts, **reasons(missing), "scores": _without_infinities(rows)}
    text = json.dumps(found, indent=2, allow_nan=False)
    listing = "\n".join(f"- {line}" for line in notes(facts, missing))
    for target, content in (
        (path, text),
        (path.with_suffix(".md"), f"# {title}\n\n{listing}\n\n{table(rows)}{below}"),
    ):
        with files.written_whole(target) as partial:
            partial.write_text(content + "\n", errors="backslashreplace")


def _without_infinities(value: Any) -> Any:
    """Replaces infinity by a string, since JSON has no number for it."""
    if isinstance(value, dict):
        return {key: _without_infinities(inner) for key, inner in value.items()}
    return "inf" if value == math.inf else value
