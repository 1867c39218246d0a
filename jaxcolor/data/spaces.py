"""Color spaces: the input and the target of a generator, in Lab and in RGB."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from ml_collections import ConfigDict

from jaxcolor import color, scaling
from jaxcolor.data.bins import Bins
from jaxcolor.data.bins import build as build_bins

# ITU-R BT.601, the gray of most image libraries.
_LUMA = (0.299, 0.587, 0.114)

Activation = Callable[[jax.Array], jax.Array]


class Space(NamedTuple):
    """Conversions of images to gray input and color target, both in [-1, 1], and their inverse.

    Attributes:
        channels: of the target.
        split: an image, as normalized Lab and as sRGB in [0, 1], both `[..., 3]`, to gray
            `[..., 1]` and target `[..., channels]`.
        join: gray and colors to sRGB `[..., 3]` in [0, 1].
        join_ab: gray and colors to a and b `[..., 2]` in [-1, 1].
        gray_to_rgb: gray to the sRGB image of the same grays, `[..., 3]` in [0, 1].
        scale: ratio of the target's height and width to the gray image's.
        bins: of a generator whose output is a distribution over colors.
    """

    channels: int
    split: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]
    join: Callable[[jax.Array, jax.Array], jax.Array]
    join_ab: Callable[[jax.Array, jax.Array], jax.Array]
    gray_to_rgb: Callable[[jax.Array], jax.Array]
    scale: int = 1
    bins: Bins | None = None

    @property
    def num_outputs(self) -> int:
        """Channels of a generator's output."""
        return len(self.bins.centers) if self.bins else self.channels

    @property
    def activation(self) -> Activation:
        """The last function of a generator: tanh, or none for the logits of a distribution."""
        return _keep if self.bins else jnp.tanh

    def toned(self, colorfulness: float | None) -> "Space":
        """Returns the space with another colorfulness.

        Args:
            colorfulness: of the bins, if there are any; else, in the space "lab", a factor on a and
                b when images are made of them. None is the present one.
        """
        if colorfulness is None:
            return self
        if self.bins:
            return self._replace(bins=self.bins._replace(colorfulness=colorfulness))
        return self._replace(
            join=lambda L, ab: self.join(L, colorfulness * ab),
            join_ab=lambda L, ab: self.join_ab(L, colorfulness * ab),
        )

    def to_network(
        self,
        rgb: ArrayLike,
        gamma: ArrayLike | None = None,
        mix: ArrayLike | None = None,
        grain: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> dict[str, jax.Array]:
        """Converts images to the networks' input and target.

        Args:
            rgb: `[N, H, W, 3]` uint8, sRGB.
            gamma: `[N]` float, the exponent of each image's lightness, an augmentation: `L / 100`
                becomes `(L / 100)^gamma`, and a and b are unchanged.
            mix: `[N, 3]` float of sum 1, the shares of linear red, green and blue in each image's
                luminance, an augmentation before gamma: L is that of another film, and a and b are
                unchanged.
            grain: of the Gaussian noise on each gray image, an augmentation: its standard
                deviation, `[N]` float in units of L, of which the whole range has 100, and its
                seed, `[N]` uint32.

        Returns:
            `gray`: `[N, H / scale, W / scale, 1]` float32 in [-1, 1]; `target`:
            `[N, H, W, channels]` float32 in [-1, 1]; `rgb`: the same image as the target,
            `[N, H, W, 3]` float32, sRGB in [0, 1].
        """
        lab, unit = _lab_and_rgb(rgb, gamma, mix)
        gray, target = self.split(lab, unit)
        if self.scale > 1:
            gray = self.split(*_lab_and_rgb(shrink(_to_unit(rgb), self.scale), gamma, mix))[0]
        if grain is not None:
            gray = jnp.clip(gray + _noise(gray.shape, *grain), -1, 1)
        return {"gray": gray, "target": target, "rgb": unit}

    def to_gray(self, rgb: ArrayLike) -> jax.Array:
        """Converts sRGB `[N, H, W, 3]`, uint8 or float in [0, 1], to gray `[N, H, W, 1]`."""
        return self.split(*_lab_and_rgb(rgb))[0]

    def decode(self, gray: jax.Array, output: jax.Array) -> jax.Array:
        """Converts a generator's output to colors of the target's size.

        Args:
            gray: `[N, H, W, 1]` float32, the generator's input.
            output: `[N, h, w, num_outputs]` float32, at the target's size or, of a generator that
                leaves the last enlargement to this function, smaller.

        Returns:
            `[N, H · scale, W · scale, channels]` float32, in [-1, 1] if the output is or there are
            bins; enlarged bilinearly.
        """
        colors = self.bins.decode(output) if self.bins else output
        height, width = gray.shape[1:3]
        return scaling.resize(colors, self.scale * height, self.scale * width)

    def from_network(self, gray: jax.Array, colors: jax.Array) -> jax.Array:
        """Converts gray input and colors to images, rounding to 8 bits.

        Args:
            gray: `[N, H, W, 1]` float32 in [-1, 1].
            colors: `[N, H · scale, W · scale, channels]` float32 in [-1, 1].

        Returns:
            `[N, H · scale, W · scale, 3]` uint8, sRGB.
        """
        return jnp.round(self.join(gray, colors) * 255).astype(jnp.uint8)

    def pair(self, gray: jax.Array, target: jax.Array) -> jax.Array:
        """Concatenates both for a discriminator: `[N, H · scale, W · scale, 1 + channels]`."""
        for axis in (1, 2):
            gray = jnp.repeat(gray, self.scale, axis) if self.scale > 1 else gray
        return jnp.concatenate([gray, target], axis=-1)


def _lab_and_rgb(
    rgb: ArrayLike, gamma: ArrayLike | None = None, mix: ArrayLike | None = None
) -> tuple[jax.Array, jax.Array]:
    """Returns normalized Lab and sRGB in [0, 1]; `jit` removes what a space does not use."""
    rgb = jnp.asarray(rgb)
    lab = color.rgb_to_lab(rgb)
    if mix is not None:
        lightness = color.lightness(rgb, jnp.asarray(mix, jnp.float32).reshape(-1, 1, 1, 3))
        lab = jnp.concatenate([lightness, lab[..., 1:]], axis=-1)
    lab = color.normalize_lab(lab)
    if gamma is not None:
        exponent = _per_image(gamma)
        powered = 2 * jnp.maximum((lab[..., :1] + 1) / 2, 0) ** exponent - 1
        lab = jnp.concatenate([powered, lab[..., 1:]], axis=-1)
    return lab, _to_unit(rgb) if gamma is None and mix is None else _to_rgb(lab)


def _noise(shape: tuple[int, ...], deviation: ArrayLike, seed: ArrayLike) -> jax.Array:
    def draw(one_seed: jax.Array) -> jax.Array:
        return jax.random.normal(jax.random.key(one_seed), shape[1:])

    return _per_image(deviation) * (2 / 100) * jax.vmap(draw)(jnp.asarray(seed))


def _per_image(values: ArrayLike) -> jax.Array:
    return jnp.asarray(values, jnp.float32).reshape(-1, 1, 1, 1)


def _to_unit(rgb: ArrayLike) -> jax.Array:
    """Converts sRGB, uint8 or float in [0, 1], to float in [0, 1]."""
    rgb = jnp.asarray(rgb)
    return rgb.astype(jnp.float32) / 255 if rgb.dtype == jnp.uint8 else rgb


def _to_rgb(lab: jax.Array) -> jax.Array:
    return color.lab_to_rgb(color.denormalize_lab(lab))


def shrink(pixels: jax.Array, scale: int) -> jax.Array:
    """Averages blocks of `scale` × `scale` pixels of `[N, H, W, C]`."""
    count, height, width, channels = pixels.shape
    blocks = pixels.reshape(count, height // scale, scale, width // scale, scale, channels)
    return blocks.mean((2, 4))


def _luma(rgb: jax.Array) -> jax.Array:
    red, green, blue = jnp.split(rgb, 3, axis=-1)
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def _gray_of_lightness(lightness: jax.Array) -> jax.Array:
    no_color = jnp.zeros((*lightness.shape[:-1], 2))
    return _to_rgb(jnp.concatenate([lightness, no_color], axis=-1))


def _keep(x: jax.Array) -> jax.Array:
    return x


def _from_unit(gray: jax.Array, colors: jax.Array) -> jax.Array:
    del gray
    return jnp.clip((colors + 1) / 2, 0, 1)


def _ab_of_rgb(gray: jax.Array, colors: jax.Array) -> jax.Array:
    return color.normalize_lab(color.rgb_to_lab(_from_unit(gray, colors)))[..., 1:]


SPACES = {
    # L to a and b.
    "lab": Space(
        2,
        lambda lab, rgb: (lab[..., :1], lab[..., 1:]),
        lambda L, ab: _to_rgb(jnp.concatenate([L, ab], axis=-1)),
        lambda L, ab: ab,
        _gray_of_lightness,
    ),
    # L to L, a and b; the output's own L is used.
    "lab_full": Space(
        3,
        lambda lab, rgb: (lab[..., :1], lab),
        lambda L, lab: _to_rgb(lab),
        lambda L, lab: lab[..., 1:],
        _gray_of_lightness,
    ),
    # L to RGB.
    "lab_to_rgb": Space(
        3,
        lambda lab, rgb: (lab[..., :1], 2 * rgb - 1),
        _from_unit,
        _ab_of_rgb,
        _gray_of_lightness,
    ),
    # BT.601 gray to RGB.
    "rgb": Space(
        3,
        lambda lab, rgb: (2 * _luma(rgb) - 1, 2 * rgb - 1),
        _from_unit,
        _ab_of_rgb,
        lambda luma: jnp.repeat((luma + 1) / 2, 3, axis=-1),
    ),
}


def build(data: ConfigDict) -> Space:
    """Returns the configured space, of gray images and targets of one size.

    Args:
        data: `config.data`.

    Raises:
        InputError: as `bins.build`.
    """
    if data.color_space == "lab_bins":
        return SPACES["lab"]._replace(bins=build_bins(data.bins))
    return SPACES[data.color_space]
