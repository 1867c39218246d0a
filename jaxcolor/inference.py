"""`Colorizer`: a trained model and an image of any size in, a color image out."""

import copy
import hashlib
import pathlib
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import (
    full_size,
    images,
    model_folder,
    models,
    photographs,
    pretrained,
)
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.hints import Hint, spread
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.models.prediction import Predictor, in_batches
from jaxcolor.reference import Palette, check, transfer
from jaxcolor.training import trained


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
        size: int | None = None,
    ):
        """Wraps a generator.

        Args:
            config: that the generator was trained with.
            variables: of the generator.
            generator: as from `models.build_generator(config)`, known to have such variables; by
                default it is built, and the variables are compared with it.
            keep_lightness: combine the output's a and b with the image's own L; otherwise the
                generator's output is scaled up unchanged.
            colorfulness: of models of the color space "lab_bins" in [0, 1], from most faithful to
                most colorful, replaces `config.data.bins.colorfulness`; of those of "lab" a factor
                on a and b, 0 or more.
            temperature: replaces `config.data.bins.temperature`; of models of "lab_bins".
            size: height and width of the network's input, in pixels, replaces
                `config.data.image_size`.

        Raises:
            InputError: the variables do not fit the configuration's generator, or an option does
                not fit the model or is out of range.
        """
        config = with_bins(config, temperature=temperature)
        config, self._colorfulness = _with_colorfulness(config, colorfulness)
        if size is not None:
            if size < 1:
                raise InputError(f"size={size}: must be above 0")
            generator, config.data.image_size = None, size
        self._space = models.build_space(config)
        if generator is None:
            generator = models.build_generator(config)
            if problem := models.mismatch(
                variables, models.variable_shapes(generator, config.data.image_size)
            ):
                raise InputError(f"variables: do not fit config.generator: {problem}")
        self.keep_lightness = keep_lightness
        self._generator = generator
        self._variables, self._frozen = jax.device_put((variables, generator.frozen))
        self.config = config
        self._predictor = self._build_predictor()
        plain = self._space

        # With the colorfulness as an argument, one compiled program serves all of its values.
        def predict(
            variables: Variables, frozen: Any, colorfulness: float | None, rgb: jax.Array
        ) -> jax.Array:
            space = plain.toned(colorfulness)
            gray = space.to_gray(rgb)
            colors = space.decode(gray, generator.apply(variables, frozen, gray))
            return (space.join_ab if keep_lightness else space.join)(gray, colors)

        self._predict = compile_network(predict)

    def _build_predictor(self) -> Predictor:
        space = self._space.toned(self._colorfulness)
        return Predictor(self._generator, space, self.config.data.batch_size)

    def with_colorfulness(self, colorfulness: float) -> "Colorizer":
        """Returns a colorizer that differs in its colorfulness and compiles no network again.

        Args:
            colorfulness: as of the constructor.

        Raises:
            InputError: it does not fit the model or is out of range.
        """
        other = copy.copy(self)
        other.config, other._colorfulness = _with_colorfulness(self.config, colorfulness)
        other._predictor = other._build_predictor()
        return other

    @classmethod
    def from_checkpoint(
        cls, path: str | pathlib.Path, *, last: bool = False, **options: Any
    ) -> "Colorizer":
        """Loads the model of a folder, or the best checkpoint of a run.

        Args:
            path: a model folder, or the run's workdir.
            last: load the run's last checkpoint instead.
            **options: `keep_lightness`, `colorfulness`, `temperature` and `size` of the
                constructor.

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

    def __call__(self, image: Any, hints: Sequence[Hint] = (), reference: Any = None) -> Any:
        """Colors an image, or several; of color images, only the lightness is used.

        It can be called from several threads.

        Args:
            image: an array, `[H, W]` gray, `[H, W, 3]` color or `[H, W, 4]` color and opacity,
                uint8 or uint16, sRGB; a `PIL.Image.Image`; the bytes of an image file; the path of
                one; or a list of these, which the network sees in batches of
                `config.data.batch_size`.
            hints: colors of some pixels of a single image, as of `hints.spread`.
            reference: an image, as `image`, whose palette is taken, as of `reference.transfer`; or
                what `palette` returned for it, which several calls can share.

        Returns:
            The same kind, of the image's lightness wherever sRGB can show it, and of its opacity:
            an array `[H, W, 3]` or `[H, W, 4]` of the same dtype, sRGB; a `PIL.Image.Image`, also
            for a path; the bytes of a file of the same format, with its metadata; or a list.

        Raises:
            InputError: another kind, shape or dtype, or no pixel; or the file cannot be read; or as
                of `hints.spread`; or the reference is gray; or hints for several images; or hints
                or a reference for a colorizer that does not keep the lightness.
        """
        if not isinstance(image, list):
            return self([image], hints, reference)[0]
        if not image:
            return []
        if hints and len(image) != 1:
            raise InputError(f"hints: are for one image, not for {len(image)}; color it alone")
        if (hints or reference is not None) and not self.keep_lightness:
            raise InputError("keep_lightness=False: hints and a reference need keep_lightness=True")
        unpacked = [photographs.unpack(one) for one in image]
        predicted = list(self._predict_each([pixels for pixels, _ in unpacked]))
        size = models.output_size(self.config)
        if reference is not None:
            palette = reference if isinstance(reference, Palette) else self.palette(reference)
            predicted = [
                transfer(ab, images.shrink(pixels, size, size), palette)
                for (pixels, _), ab in zip(unpacked, predicted, strict=True)
            ]
        if hints:
            [(pixels, _)], [ab] = unpacked, predicted
            predicted = [spread(ab, images.shrink(pixels, size, size), hints, *pixels.shape[:2])]
        return [
            pack(full_size.join(pixels, colors, keep_lightness=self.keep_lightness))
            for (pixels, pack), colors in zip(unpacked, predicted, strict=True)
        ]

    def palette(self, reference: Any) -> Palette:
        """Prepares a reference for several calls of this colorizer.

        Args:
            reference: an image, as of a call.

        Raises:
            InputError: it is no image, or gray, or the colorizer does not keep the lightness.
        """
        if not self.keep_lightness:
            raise InputError("keep_lightness=False: a reference needs keep_lightness=True")
        pixels = photographs.unpack(reference, "reference")[0]
        check(pixels)
        size = models.output_size(self.config)
        return Palette(self._predict_each([pixels])[0], images.shrink(pixels, size, size))

    def predict_ab(self, image: np.ndarray) -> np.ndarray:
        """Predicts the a and b of one image, at the size of the network's output.

        Args:
            image: an array as of a call.

        Returns:
            `[S, S, 2]` float32 in [-1, 1], S being `models.output_size(config)`.

        Raises:
            InputError: as of a call, or the colorizer does not keep the lightness.
        """
        if not self.keep_lightness:
            raise InputError("keep_lightness=False: a and b alone need keep_lightness=True")
        return self._predict_each([photographs.unpack(image)[0]])[0]

    def _predict_each(self, each: Sequence[np.ndarray]) -> np.ndarray:
        """Predicts colors at the size of the network."""
        size = self.config.data.image_size
        small = [images.shrink(pixels, size, size) for pixels in each]
        return in_batches(
            lambda batch: self._predict(self._variables, self._frozen, self._colorfulness, batch),
            np.stack(small),
            self.config.data.batch_size if len(small) > 1 else 1,
        )

    def sha256(self) -> str:
        """Hashes the variables of the generator and of its frozen networks."""
        digest = hashlib.sha256()
        for array in jax.tree.leaves((self._variables, self._frozen)):
            digest.update(np.asarray(array).tobytes())
        return digest.hexdigest()

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


def _with_colorfulness(
    config: ConfigDict, colorfulness: float | None
) -> tuple[ConfigDict, float | None]:
    """Returns the configuration with a colorfulness, and the argument of `Space.toned`."""
    if config.data.color_space != "lab":
        config = with_bins(config, colorfulness=colorfulness)
        bins = models.build_space(config).bins
        return config, bins.colorfulness if bins else None
    if colorfulness is not None and colorfulness < 0:
        raise InputError(f"colorfulness={colorfulness}: must be 0 or more")
    return config, 1.0 if colorfulness is None else float(colorfulness)


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
