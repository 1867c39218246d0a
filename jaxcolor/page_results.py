"""What the page makes of a photograph: the file that `jaxcolor colorize` writes, and previews."""

import contextlib
import pathlib
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxcolor import (
    file_batch,
    full_size,
    image_writing,
    images,
    inference,
    listing,
    models,
    photographs,
)
from jaxcolor.config import InputError
from jaxcolor.hints import Hint
from jaxcolor.inference import Colorizer
from jaxcolor.page_folder import UserFiles
from jaxcolor.photographs import Photograph

# Longest side of a preview, in pixels.
_PREVIEW_SIDE = 1280
# Working sizes to choose from, as multiples of the training's.
_SCALES = (0.5, 1, 1.5, 2)
_MAX_HINTS = 100


class Knobs(NamedTuple):
    """What can be set of a model on the page.

    Attributes:
        sizes: working sizes that it takes, in pixels.
        size: that it was trained with.
        most_colorful: largest colorfulness; 0 if it cannot be set.
        colorfulness: its own.
    """

    sizes: list[int]
    size: int
    most_colorful: float
    colorfulness: float


class Result(NamedTuple):
    """What was made of a photograph.

    Attributes:
        before: preview without color.
        after: preview with the new colors, of the same size.
        file: what `jaxcolor colorize` writes.
        notes: what was converted or left out, one line each.
    """

    before: pathlib.Path
    after: pathlib.Path
    file: pathlib.Path
    notes: list[str]


class Results:
    """Colors photographs of several users, who share nothing but the models.

    Attributes:
        knobs: what can be set, by the names of the models.
    """

    def __init__(
        self,
        folders: Mapping[str, pathlib.Path | None],
        files: UserFiles,
    ):
        """Loads the models, and colors a pixel with each, so that its network is compiled.

        Args:
            folders: of the models, by the names that users choose from; None is the model in the
                package.
            files: where photographs and results lie.

        Raises:
            InputError: as `inference.load`.
        """
        self._files = files
        self._folders = folders
        self._lock = threading.Lock()
        self._loaded: dict[tuple[str, int | None], Colorizer] = {}
        self.knobs = {}
        for name in folders:
            colorizer = self._colorizer(name, None)
            colorizer(np.zeros((1, 1), np.uint8))
            self.knobs[name] = _knobs(colorizer)

    def color(self, path: str, model: Any, size: Any, colorfulness: Any, hints: Any) -> Result:
        """Colors a photograph.

        All arguments come from a user, and are checked.

        Args:
            path: of the photograph, among the users' files.
            model: its name.
            size: working size, one of the model's.
            colorfulness: between 0 and the model's largest.
            hints: a text, a line `X,Y,#RRGGBB` each.

        Raises:
            InputError: an argument is none of these, or the photograph cannot be read, or not be
                written in its format, or there is no space for the result.
        """
        if not isinstance(model, str) or model not in self.knobs:
            raise InputError(f"model={model}: must be one of {', '.join(self.knobs)}")
        knobs = self.knobs[model]
        if size not in knobs.sizes:
            raise InputError(f"size={size}: must be one of {', '.join(map(str, knobs.sizes))}")
        if not isinstance(colorfulness, int | float) or not (
            0 <= colorfulness <= knobs.most_colorful
        ):
            raise InputError(f"colorfulness={colorfulness}: must be 0 to {knobs.most_colorful:g}")
        source = self._files.find(path)
        photograph = self._read(source)
        before = _preview(photograph.pixels)
        colorizer = self._colorizer(model, None if size == knobs.size else size)
        if knobs.most_colorful:
            colorizer = colorizer.with_colorfulness(colorfulness)
        file_batch.colorize_photograph(colorizer, photograph, _parse(hints))
        after = _preview(photograph.pixels)
        gray = full_size.replace_ab(before, np.zeros((*before.shape[:2], 2), np.float32))
        photograph.format = image_writing.format_of(source.suffix) or photograph.format
        data = photographs.encode(photograph)
        with self._files.reserved(len(data) + gray.nbytes + after.nbytes):
            target = self._files.new_result(source, file_batch.beside(source).name)
            target.write_bytes(data)
            previews = [target.with_name(f"{name}.preview.jpg") for name in ("before", "after")]
            images.write(previews[0], gray)
            images.write(previews[1], after)
        return Result(previews[0], previews[1], target, photograph.notes)

    def hint(self, path: str, x: float, y: float, color: str) -> Hint:
        """Returns the hint that a click on a preview gives.

        Args:
            path: as of `color`.
            x: in pixels of the preview.
            y: in pixels of the preview.
            color: `#RRGGBB`.

        Raises:
            InputError: the photograph cannot be read.
        """
        height, width = self._read(self._files.find(path)).pixels.shape[:2]
        scale = max(1, max(height, width) / _PREVIEW_SIDE)
        return Hint(min(int(x * scale), width - 1), min(int(y * scale), height - 1), color)

    def _read(self, path: pathlib.Path) -> Photograph:
        if reason := listing.unsupported(path):
            raise InputError(f"{path.name}: {reason}")
        try:
            with path.open("rb") as file:
                return photographs.decode(file)
        except InputError as error:
            raise InputError(f"{path.name}: {error}") from error

    def _colorizer(self, model: str, size: int | None) -> Colorizer:
        with self._lock:
            if (model, size) not in self._loaded:
                self._loaded[model, size] = inference.load(self._folders[model], size=size)
            return self._loaded[model, size]


def _knobs(colorizer: Colorizer) -> Knobs:
    data = colorizer.config.data
    sizes = []
    for scale in _SCALES:
        config = colorizer.config.copy_and_resolve_references()
        config.data.image_size = int(scale * data.image_size)
        with contextlib.suppress(InputError):  # Not a size of this network.
            models.build_generator(config)
            sizes.append(config.data.image_size)
    most, own = {"lab_bins": (1, data.bins.colorfulness), "lab": (2, 1)}.get(
        data.color_space, (0, 0)
    )
    return Knobs(sizes, data.image_size, most, own)


def _parse(hints: Any) -> list[Hint]:
    if not isinstance(hints, str):
        raise InputError(f"hints={hints}: must be a text")
    lines = [line for line in hints.splitlines() if line.strip()]
    if len(lines) > _MAX_HINTS:
        raise InputError(f"{len(lines)} hints: must be {_MAX_HINTS} or fewer")
    return [Hint.parse(line) for line in lines]


def _preview(pixels: np.ndarray) -> np.ndarray:
    """Scales a photograph down, and blends it with white."""
    scale = min(1, _PREVIEW_SIDE / max(pixels.shape[:2]))
    height, width = (max(1, round(scale * side)) for side in pixels.shape[:2])
    return images.shrink(pixels, height, width)
