"""Colors as a distribution over bins of a and b.

Zhang, Isola & Efros, "Colorful Image Colorization", ECCV 2016, section 2. What the distribution is
read with need not be the rebalancing weights that the network learned with: the log weights are
subtracted or added afterwards, wholly or in part (Menon et al., "Long-tail learning via logit
adjustment", ICLR 2021).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import color
from jaxcolor.config import InputError

# Distance of the bins' centers along a and along b, in units of Lab.
SIDE = 10
# Share of the uniform distribution in the one that the weights are inverse to.
_UNIFORM_SHARE = 0.5


class Bins(NamedTuple):
    """Bins of a and b, and how colors are read from a distribution over them.

    Attributes:
        centers: `[K, 2]` float32, a and b, multiples of `SIDE`.
        weights: `[K]` float32, the rebalancing weights.
        rebalancing: power of the weights in the loss that the network learns with, in [0, 1].
        colorfulness: in [0, 1], the share of the log weights that is left in when colors are read.
        temperature: above 0; below 1 the distribution is sharpened.
    """

    centers: np.ndarray
    weights: np.ndarray
    rebalancing: float
    colorfulness: float
    temperature: float

    def encode(self, ab: jax.Array) -> jax.Array:
        """Distributes each color over its neighbors on the grid, by bilinear interpolation.

        Args:
            ab: `[..., 2]` float32 in [-1, 1].

        Returns:
            `[..., K]` float32, of sum 1; neighbors that are no bins get nothing, and a color that
            has no other neighbors gets zeros.
        """
        shares = jnp.ones(())
        for i in range(2):
            centers = self.centers[:, i].reshape(*(1,) * (ab.ndim - 1), -1)
            distance = jnp.abs(color.AB_SCALE * ab[..., i, None] - centers)
            shares *= jnp.maximum(1 - distance / SIDE, 0)
        total = shares.sum(-1, keepdims=True)
        return shares / jnp.where(total > 0, total, 1)

    def decode(self, logits: jax.Array) -> jax.Array:
        """Computes the mean color of each distribution.

        Args:
            logits: `[..., K]` float32, of a network that was trained with `weights**rebalancing`.

        Returns:
            `[..., 2]` float32 in [-1, 1].
        """
        removed = (self.rebalancing - self.colorfulness) * np.log(self.weights)
        logits -= removed.reshape(*(1,) * (logits.ndim - 1), -1)
        shares = jax.nn.softmax(logits / self.temperature)
        return jnp.matmul(shares, self.centers / color.AB_SCALE, precision="highest")


def build(options: ConfigDict) -> Bins:
    """Builds the configured bins.

    Args:
        options: `config.data.bins`.

    Raises:
        InputError: there are no bins, or their centers, shares or the options are out of range.
    """
    lengths = {name: len(options[name]) for name in ("a", "b", "shares")}
    if not lengths["shares"] or len(set(lengths.values())) > 1:
        raise InputError(
            f"config.data.bins: a, b and shares have {', '.join(map(str, lengths.values()))} "
            "numbers; config.data.color_space='lab_bins' needs all three of equal length, as "
            "scripts/count_colors.py writes them"
        )
    centers = np.stack([options.a, options.b], axis=-1).astype(np.float32)
    shares = np.asarray(options.shares, np.float64)
    if (centers % SIDE).any() or len(np.unique(centers, axis=0)) < len(centers):
        raise InputError(
            f"config.data.bins.a, config.data.bins.b: must be multiples of {SIDE}, each pair once"
        )
    if not (shares > 0).all() or not np.isfinite(shares).all():
        raise InputError(
            f"config.data.bins.shares: the least is {shares.min()}; all must be above 0 and finite"
        )
    if not 0 <= options.rebalancing <= 1:
        raise InputError(f"config.data.bins.rebalancing={options.rebalancing}: must be in [0, 1]")
    if not 0 <= options.colorfulness <= 1:
        raise InputError(f"colorfulness={options.colorfulness}: must be in [0, 1]")
    if not options.temperature > 0:
        raise InputError(f"temperature={options.temperature}: must be above 0")
    weights = rebalance(shares)
    return Bins(centers, weights, options.rebalancing, options.colorfulness, options.temperature)


def rebalance(shares: np.ndarray) -> np.ndarray:
    """Computes the weights that give rare colors more of a loss (Zhang et al., eq. 4).

    Args:
        shares: `[K]`, of the bins among the training pixels, above 0.

    Returns:
        `[K]` float32, whose mean over the training pixels is 1.
    """
    shares = shares / shares.sum()
    weights = 1 / ((1 - _UNIFORM_SHARE) * shares + _UNIFORM_SHARE / len(shares))
    return (weights / (shares @ weights)).astype(np.float32)
