"""`Colorizer`: a trained model and an image of any size in, a color image out."""

import collections
import itertools
import pathlib
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict
from PIL import Image

from jaxcolor import model_folder, models, pretrained
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.data import spaces, transforms
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.models.prediction import Predictor
from jaxcolor.training import trained

# Pixels that are converted at once: one compiled program serves images of every size.
_CHUNK = 2**16
# Chunks that are computed while an earlier one is copied: they keep the device busy.
_CHUNKS_AHEAD = 2
_LAB = spaces.SPACES["lab"]


class Colorizer:
    """Colors images of any size with a trained generator.

    The generator's input is the image at the size of the training; its a and b are scaled up and
    combined with the image's own L, so that no detail is lost.
    """

    def __init__(
        self,
        config: ConfigDict,
        variables: Variables,
        *,
        generator: Generator | None = None,
        keep_lightness: bool = True,
        colorfulness: float | None = None,
        temperature: float | None = None,
    ):
        """Wraps a generator.

        Args:
            config: that the generator was trained with.
            variables: of the generator.
            generator: as from `models.build_generator(config)`, known to have such variables; by
                default it is built, and the variables are compared with it.
            keep_lightness: combine the output's a and b with the image's own L; otherwise the
                generator's output is scaled up unchanged.
            colorfulness: in [0, 1], from most faithful to most colorful, replaces
                `config.data.bins.colorfulness`; of models of the color space "lab_bins".
            temperature: replaces `config.data.bins.temperature`; of the same models.

        Raises:
            InputError: the variables do not fit the configuration's generator, or the model has no
                bins.
        """
        config = with_bins(config, colorfulness=colorfulness, temperature=temperature)
        space = models.build_space(config)
        if generator is None:
            generator = models.build_generator(config)
            if problem := models.mismatch(
                variables, models.variable_shapes(generator, config.data.image_size)
            ):
                raise InputError(f"variables: do not fit config.generator: {problem}")
        self.config = config
        self.keep_lightness = keep_lightness
        self._variables, self._frozen = jax.device_put((variables, generator.frozen))

        join = space.join_ab if keep_lightness else space.join

        def predict(variables: Variables, frozen: Any, rgb: jax.Array) -> jax.Array:
            gray = space.to_gray(rgb)
            return join(gray, space.decode(gray, generator.apply(variables, frozen, gray)))

        self._predict = compile_network(predict)
        self._predictor = Predictor(generator, space, config.data.batch_size)

    @classmethod
    def from_checkpoint(
        cls, path: str | pathlib.Path, *, last: bool = False, **options: Any
    ) -> "Colorizer":
        """Loads the model of a folder, or the best checkpoint of a run.

        Args:
            path: a model folder, or the run's workdir.
            last: load the run's last checkpoint instead.
            **options: `keep_lightness`, `colorfulness` and `temperature` of the constructor.

        Raises:
            InputError: as `jaxcolor.training.trained.load_generator`, or as the constructor.
        """
        config, generator, variables = trained.load_generator(pathlib.Path(path), last=last)
        return cls(config, variables, generator=generator, **options)

    @classmethod
    def from_pretrained(cls, **options: Any) -> "Colorizer":
        """Loads the model that the package contains.

        Args:
            **options: as of `from_checkpoint`.

        Raises:
            InputError: a file of the model is missing, damaged, or of another version; or as the
                constructor.
        """
        try:
            config, generator, variables = model_folder.load(pretrained.FOLDER)
        except InputError as error:
            raise InputError(f"{error}; install jaxcolor again") from error
        return cls(config, variables, generator=generator, **options)

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
        small = transforms.fit(rgb, self.config.data.image_size, "stretch")
        predicted = np.asarray(self._predict(self._variables, self._frozen, small[None]))[0]
        scaled = _resize(predicted, *image.shape[:2])
        if self.keep_lightness:
            return _replace_ab(rgb, scaled)
        return np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)

    def predict(self, rgb: np.ndarray) -> np.ndarray:
        """Removes the colors of images of the network's size and predicts them.

        They are padded to batches of `config.data.batch_size`.

        Args:
            rgb: `[N, S, S, 3]` uint8, sRGB, N at least 1, S being `models.output_size(config)`.

        Returns:
            `[N, S, S, 3]` uint8, sRGB; of the same lightness where the generator makes a and b.
        """
        return self._predictor(self._variables, self._frozen, rgb)


def load(
    path: str | pathlib.Path | None = None, *, last: bool = False, **options: Any
) -> Colorizer:
    """Loads the colorizer of a model folder or of a run, or that of the package.

    Args:
        path: the folder, or the run's workdir; None is the model in the package.
        last: as of `Colorizer.from_checkpoint`.
        **options: as of `Colorizer.from_checkpoint`.

    Raises:
        InputError: as `Colorizer.from_checkpoint` or `Colorizer.from_pretrained`.
    """
    if path is None:
        return Colorizer.from_pretrained(**options)
    return Colorizer.from_checkpoint(path, last=last, **options)


def with_bins(config: ConfigDict, **options: float | None) -> ConfigDict:
    """Returns the configuration with some options of its bins replaced.

    Args:
        config: of a model.
        **options: new values of `colorfulness` and `temperature`; None keeps the old one.

    Raises:
        InputError: an option is given, and the model has no bins.
    """
    given = {name: float(value) for name, value in options.items() if value is not None}
    if given and config.data.color_space != "lab_bins":
        name, value = next(iter(given.items()))
        raise InputError(
            f"{name}={value}: needs a model of config.data.color_space='lab_bins'; this one's is "
            f"{config.data.color_space!r}"
        )
    config = config.copy_and_resolve_references()
    config.data.bins.update(given)
    return config


def _resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes `[h, w, C]` float32 to `[height, width, C]` bicubically, each channel by itself."""
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))
        for plane in np.moveaxis(pixels, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def _replace_ab(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Replaces a and b of an image, keeping its lightness.

    Args:
        rgb: `[H, W, 3]` uint8, sRGB.
        ab: `[H, W, 2]` float32 in [-1, 1].

    Returns:
        `[H, W, 3]` uint8, sRGB.
    """
    flat_rgb, flat_ab = rgb.reshape(-1, 3), ab.reshape(-1, 2)
    parts = [slice(i, i + _CHUNK) for i in range(0, len(flat_rgb), _CHUNK)]
    chunks = (_join_pixels(_pad(flat_rgb[part]), _pad(flat_ab[part])) for part in parts)
    ahead = collections.deque(itertools.islice(chunks, _CHUNKS_AHEAD))
    result = np.empty_like(flat_rgb)
    for part in parts:
        ahead.extend(itertools.islice(chunks, 1))
        result[part] = np.asarray(ahead.popleft())[: len(result[part])]
    return result.reshape(rgb.shape)


def _pad(pixels: np.ndarray) -> np.ndarray:
    """Pads `[n, C]` with zeros to the size of a chunk."""
    missing = _CHUNK - len(pixels)
    return np.pad(pixels, ((0, missing), (0, 0))) if missing else pixels


@jax.jit
def _join_pixels(rgb: jax.Array, ab: jax.Array) -> jax.Array:
    return _LAB.from_network(_LAB.to_gray(rgb), ab)
