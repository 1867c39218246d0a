"""Scores of a set of images, and the table that shows them."""

import json
import math
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxcolor import files
from jaxcolor.metrics import pixel
from jaxcolor.metrics.lpips import LpipsScore

# Per image, where they were computed: the metric's name, its heading in the table and the decimals
# to show.
_METRICS = {
    "PSNR": ("PSNR, dB", 2),
    "SSIM": ("SSIM", 4),
    "MAE": ("MAE, 0–1", 4),
    "MAE_255": ("MAE, 0–255", 2),
    "epsilon_accuracy": ("ε-acc. 5 %", 4),
    "colorfulness": ("colorfulness", 2),
    "colorfulness_ddcolor": ("colorfulness, DDColor", 2),
    "LPIPS": ("LPIPS", 4),
}
# Per set of images, where they were computed: the heading, and the decimals to show.
_EXTRAS = {
    "FID": ("FID", 4),
    **{f"FID_{d}": (f"FID, {d} dimensions", 4) for d in (64, 192, 768, 2048)},
    "KID": ("KID", 5),
    "IS": ("IS", 3),
    "fps_generator": ("FPS, generator", 1),
    "fps_files": ("FPS, file to file", 1),
}


def score_images(prediction: ArrayLike, truth: ArrayLike) -> dict[str, jax.Array]:
    """Computes every pixel score of every pair.

    Args:
        prediction: `[N, H, W, 3]` uint8, sRGB.
        truth: `[N, H, W, 3]` uint8, sRGB.

    Returns:
        `[N]` float32 per metric; the colorfulness of the truth too, as "true_colorfulness".
    """
    # Apart from the rest, or XLA fuses the division with the differences, which leaves rounding
    # where equal images should leave nothing.
    return _score_unit_images(_to_unit(prediction), _to_unit(truth))


@jax.jit
def _to_unit(image: ArrayLike) -> jax.Array:
    return jnp.asarray(image, jnp.float32) / 255


@jax.jit
def _score_unit_images(prediction: jax.Array, truth: jax.Array) -> dict[str, jax.Array]:
    mae = pixel.mae(prediction, truth)
    return {
        "PSNR": pixel.psnr(prediction, truth),
        "SSIM": pixel.ssim(prediction, truth),
        "MAE": mae,
        "MAE_255": 255 * mae,
        "epsilon_accuracy": pixel.epsilon_accuracy(prediction, truth),
        "colorfulness": pixel.colorfulness(prediction),
        "colorfulness_ddcolor": pixel.colorfulness(prediction, absolute=True),
        "true_colorfulness": pixel.colorfulness(truth),
    }


class Scores:
    """Scores of a growing set of images."""

    def __init__(self, lpips: LpipsScore | None = None) -> None:
        """Starts without images.

        Args:
            lpips: computes LPIPS, if that shall be a score.
        """
        self._batches: list[dict[str, np.ndarray]] = []
        self._lpips = lpips

    def add(self, prediction: np.ndarray, truth: np.ndarray) -> None:
        """Scores a batch, arguments as of `score_images`."""
        scores = jax.device_get(score_images(prediction, truth))
        if self._lpips:
            scores["LPIPS"] = self._lpips(prediction, truth)
        self._batches.append(scores)

    @property
    def num_images(self) -> int:
        """Images that were scored."""
        return sum(len(batch["PSNR"]) for batch in self._batches)

    def means(self) -> dict[str, float]:
        """Returns each metric's average; see `summary`."""
        summary = self.summary()
        means = {name: summary[name]["mean"] for name in _METRICS if name in summary}
        return {**means, "delta_colorfulness": summary["delta_colorfulness"]}

    def summary(self) -> dict[str, Any]:
        """Returns count, average, maximum and minimum.

        The average of PSNR leaves out images that equal the truth, of infinite PSNR, and their
        count stands beside it. `delta_colorfulness` is |mean of predictions - mean of truths|.
        """
        columns = {
            name: np.concatenate([batch[name] for batch in self._batches]).astype(np.float64)
            for name in self._batches[0]
        }
        summary: dict[str, Any] = {"num_images": self.num_images}
        for name in filter(columns.__contains__, _METRICS):
            values = columns[name]
            finite = values[np.isfinite(values)]
            summary[name] = {
                "mean": float(finite.mean()) if len(finite) else math.inf,
                "max": float(values.max()),
                "min": float(values.min()),
            }
        summary["PSNR"]["num_infinite"] = int(np.isinf(columns["PSNR"]).sum())
        summary["delta_colorfulness"] = abs(
            summary["colorfulness"]["mean"] - float(columns["true_colorfulness"].mean())
        )
        return summary


def merge(rows: dict[str, dict[str, Any]], more: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Adds scores to summaries of the same names, and summaries of new names."""
    return {name: {**rows.get(name, {}), **more.get(name, {})} for name in {**rows, **more}}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Lays summaries out as a Markdown table.

    Args:
        rows: name to a summary of `Scores.summary`, or of `FeatureScores.summary`, or of both with
            `fps_generator` and `fps_files`, images per second.
    """
    metrics = {
        name: shown
        for name, shown in _METRICS.items()
        if any(name in summary for summary in rows.values())
    }
    headings = ["", *(heading for heading, _ in metrics.values()), "Δ colorfulness"]
    extras = {
        key: heading
        for key, (heading, _) in _EXTRAS.items()
        if any(key in summary for summary in rows.values())
    }
    headings += extras.values()
    lines = []
    for row, summary in rows.items():
        if "PSNR" not in summary:
            blank = [""] * (len(metrics) + 1)
            lines.append([row, *blank, *(_cell(summary, key) for key in extras)])
            continue
        for statistic, label in (("mean", row), ("max", f"{row}, max"), ("min", f"{row}, min")):
            cells = [label]
            for name, (_, digits) in metrics.items():
                value = f"{summary[name][statistic]:.{digits}f}" if name in summary else ""
                cells.append(value)
            first = statistic == "mean"
            if first and summary["PSNR"]["num_infinite"]:
                cells[1] += f" ({summary['PSNR']['num_infinite']} equal)"
            cells.append(f"{summary['delta_colorfulness']:.2f}" if first else "")
            cells += [_cell(summary, key) if first else "" for key in extras]
            lines.append(cells)
    widths = [max(len(line[i]) for line in [headings, *lines]) for i in range(len(headings))]

    def render(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(map(render, [headings, rule, *lines]))


def _cell(summary: dict[str, Any], key: str) -> str:
    if key not in summary:
        return ""
    _, digits = _EXTRAS[key]
    spread = f" ± {summary[f'{key}_std']:.{digits}f}" if f"{key}_std" in summary else ""
    return f"{summary[key]:.{digits}f}{spread}"


def write(path: pathlib.Path, title: str, rows: dict[str, dict[str, Any]], **facts: Any) -> None:
    """Writes the scores as JSON to `path`, and as Markdown beside it.

    Args:
        path: ends in .json.
        title: of the Markdown.
        rows: as of `table`.
        **facts: what the scores belong to, such as the data and the device.
    """
    text = json.dumps({**facts, "scores": _without_infinities(rows)}, indent=2, allow_nan=False)
    listing = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    for target, content in (
        (path, text),
        (path.with_suffix(".md"), f"# {title}\n\n{listing}\n\n{table(rows)}"),
    ):
        with files.written_whole(target) as partial:
            partial.write_text(content + "\n")


def _without_infinities(value: Any) -> Any:
    """Spells infinity as a string, since JSON has no number for it."""
    if isinstance(value, dict):
        return {key: _without_infinities(inner) for key, inner in value.items()}
    return "inf" if value == math.inf else value
