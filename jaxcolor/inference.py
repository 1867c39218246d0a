"""`Colorizer`: a checkpoint and an image of any size in, a color image out."""

import functools
import pathlib
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict
from PIL import Image
from tqdm import tqdm

from jaxcolor import images, models
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, spaces, transforms
from jaxcolor.data.sources import Source
from jaxcolor.metrics.evaluation import Evaluation
from jaxcolor.models.convolution import compile_network
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.training import checkpoint

# Pixels that are converted at once: one compiled program serves images of every size.
_CHUNK = 2**16
_LAB = spaces.SPACES["lab"]
# Images and repetitions that speed is measured on.
_SPEED_IMAGES = 16
_SPEED_RUNS = 5


class Colorizer:
    """Colors images of any size with a trained generator.

    The generator sees the image at the size that it was trained with; its a and b are scaled up
    onto the image's own L, so that no detail is lost.
    """

    def __init__(
        self,
        config: ConfigDict,
        variables: Variables,
        *,
        generator: Generator | None = None,
        keep_lightness: bool = True,
    ):
        """Wraps a generator.

        Args:
            config: that the generator was trained with.
            variables: of the generator.
            generator: as of `models.build_generator(config)`, which makes it if it is not given.
            keep_lightness: lay the colors over the image's own lightness; otherwise the
                generator's output is scaled up as it is.

        Raises:
            InputError: the variables are not of the configuration's generator.
        """
        space = spaces.build(config.data)
        generator = generator or models.build_generator(config)
        shapes = models.variable_shapes(generator, config.data.image_size)
        if problem := checkpoint.mismatch(variables, shapes):
            raise InputError(f"variables: are not of config.generator: {problem}")
        self.config = config
        self.keep_lightness = keep_lightness
        self._arguments = jax.device_put((variables, generator.frozen))

        join = space.join_ab if keep_lightness else space.join

        def paint(variables: Variables, frozen: Any, rgb: jax.Array) -> jax.Array:
            gray = space.to_gray(rgb)
            return join(gray, generator.apply(variables, frozen, gray))

        self._to_gray = jax.jit(lambda rgb: space.to_network(rgb)["gray"])
        self._generate = compile_network(generator.apply)
        self._paint = compile_network(paint)
        self._recolor = compile_network(functools.partial(models.recolor, generator, space))

    @classmethod
    def from_checkpoint(
        cls, path: str | pathlib.Path, *, last: bool = False, keep_lightness: bool = True
    ) -> "Colorizer":
        """Loads the best checkpoint of a run.

        Args:
            path: the run's workdir.
            last: load the last checkpoint instead.
            keep_lightness: as of the constructor.

        Raises:
            InputError: there is no checkpoint, it is damaged, or of another model.
        """
        config, generator, variables = checkpoint.load_generator(pathlib.Path(path), last=last)
        return cls(config, variables, generator=generator, keep_lightness=keep_lightness)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Colors one image; of a color image, only the lightness is used.

        Args:
            image: `[H, W]` or `[H, W, 3]` uint8, sRGB.

        Returns:
            `[H, W, 3]` uint8, sRGB, of the image's lightness wherever sRGB can show it.

        Raises:
            InputError: another shape or dtype, or no pixel.
        """
        shapes = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
        if image.dtype != np.uint8 or not shapes or not image.size:
            raise InputError(
                f"image: must be [H, W] or [H, W, 3] uint8, is {list(image.shape)} {image.dtype}"
            )
        rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)
        seen = transforms.fit(rgb, self.config.data.image_size, "stretch")
        painted = np.asarray(self._paint(*self._arguments, seen[None]))[0]
        scaled = _resize(painted, *image.shape[:2])
        if self.keep_lightness:
            return _put_colors(rgb, scaled)
        return np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)

    def predict(self, rgb: np.ndarray) -> np.ndarray:
        """Takes the colors of images of the network's size away and guesses them.

        Args:
            rgb: `[N, S, S, 3]` uint8, S being `config.data.image_size` · `target_scale`.

        Returns:
            `[N, S, S, 3]` uint8, sRGB; of the same lightness where the generator makes a and b.
        """
        return np.asarray(self._recolor(*self._arguments, rgb))

    def measure_speed(self, batch: np.ndarray) -> dict[str, float]:
        """Measures images per second.

        Args:
            batch: `[N, S, S, 3]` uint8.

        Returns:
            `fps_generator`, of the generator alone on the batch, and `fps_files`, of the whole
            way from file to file, one at a time; medians of several runs.
        """
        gray = self._to_gray(batch)

        def generate() -> None:
            jax.block_until_ready(self._generate(*self._arguments, gray))

        with tempfile.TemporaryDirectory() as folder:
            inputs = []
            for i, rgb in enumerate(batch):
                inputs.append(pathlib.Path(folder, f"{i}.png"))
                images.write(inputs[-1], rgb)

            def colorize() -> None:
                for path in inputs:
                    images.write(path.with_suffix(".out.png"), self(images.read(path)))

            return {
                "fps_generator": len(batch) / _median_seconds(generate),
                "fps_files": len(inputs) / _median_seconds(colorize),
            }


def _median_seconds(run: Callable[[], None]) -> float:
    run()
    seconds = []
    for _ in range(_SPEED_RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes `[h, w, C]` float32 to `[height, width, C]` bicubically, each channel by itself."""
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def _put_colors(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Gives an image other colors, keeping its own lightness.

    Args:
        rgb: `[H, W, 3]` uint8.
        ab: `[H, W, 2]` float32 in [-1, 1].

    Returns:
        `[H, W, 3]` uint8.
    """
    flat_ab = ab.reshape(-1, 2)
    flat_rgb = rgb.reshape(-1, 3)
    result = np.empty_like(flat_rgb)
    for start in range(0, len(flat_rgb), _CHUNK):
        part = slice(start, start + _CHUNK)
        count = len(flat_rgb[part])
        padding = ((0, _CHUNK - count), (0, 0))
        chunk = _recolor_pixels(np.pad(flat_rgb[part], padding), np.pad(flat_ab[part], padding))
        result[part] = np.asarray(chunk)[:count]
    return result.reshape(rgb.shape)


@jax.jit
def _recolor_pixels(rgb: jax.Array, ab: jax.Array) -> jax.Array:
    return _LAB.from_network(_LAB.to_gray(rgb), ab)


def evaluate(
    colorizer: Colorizer, source: Source, evaluation: Evaluation
) -> dict[str, dict[str, Any]]:
    """Scores a colorizer, and gray beside it, at the network's size.

    Args:
        colorizer: to be scored.
        source: the true images.
        evaluation: scores the images.

    Returns:
        Rows as of `Evaluation.summary`, for "model", with its speed, "gray" and "truth".
    """
    data = colorizer.config.data
    few: list[np.ndarray] = []
    with tqdm(total=len(source), desc="evaluate", unit="img", disable=None) as bar:
        for rgb in pipeline.eval_batches(source, data, data.batch_size):
            evaluation.add("model", colorizer.predict(rgb), rgb)
            few.extend(rgb[: _SPEED_IMAGES - len(few)])
            bar.update(len(rgb))
    rows = evaluation.summary()
    rows["model"] |= colorizer.measure_speed(np.stack(few))
    return rows


def colorize_files(
    colorizer: Colorizer, inputs: Sequence[pathlib.Path], output: pathlib.Path
) -> list[str]:
    """Colors files, and folders with all that is below them, into an output folder.

    Files keep their names, formats, sizes and orientations; a folder keeps its tree, and what lies
    in the output folder already is no input. Transparency is laid over white.

    Args:
        colorizer: does the work.
        inputs: image files and folders.
        output: folder, made if need be.

    Returns:
        What could not be read or written, a line for each; everything else is done.

    Raises:
        InputError: nothing is done at all, because an output would replace an input or another
            output, or an input does not exist.
    """
    jobs: dict[pathlib.Path, pathlib.Path] = {}
    for given in inputs:
        if not given.exists():
            raise InputError(f"{given}: no such file or folder")
        found = images.find(given) if given.is_dir() else [given]
        if given.resolve() in output.resolve().parents:  # It holds what was done before.
            found = [p for p in found if not p.resolve().is_relative_to(output.resolve())]
        for path in found:
            target = output / (path.relative_to(given) if given.is_dir() else path.name)
            if target in jobs:
                raise InputError(f"{target}: both {jobs[target]} and {path} would be written there")
            jobs[target] = path
    originals = {path.resolve() for path in jobs.values()}
    for target in jobs:
        if target.resolve() in originals:
            raise InputError(f"--output {output}: would overwrite {target}; take another folder")

    problems = []
    for target, path in tqdm(jobs.items(), desc="colorize", unit="img", disable=None):
        try:
            images.write(target, colorizer(images.read(path)))
        except InputError as error:
            problems.append(str(error))
        except (OSError, ValueError) as error:
            problems.append(f"{target}: cannot be written: {error}")
    return problems
