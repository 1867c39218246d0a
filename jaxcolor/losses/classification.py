"""The loss of a distribution over bins of a and b."""

import jax

from jaxcolor.data.bins import Bins
from jaxcolor.data.spaces import shrink


def cross_entropy(logits: jax.Array, ab: jax.Array, bins: Bins) -> jax.Array:
    """Computes the rebalanced cross-entropy of soft targets (Zhang et al., ECCV 2016, eq. 2).

    The rebalancing weights are raised to the power `bins.rebalancing`; at 0 it is the plain one.

    A pixel counts by its target's mean weight, instead of the weight of the target's largest bin; a
    color that has no target does not count.

    Args:
        logits: `[N, h, w, K]` float32.
        ab: `[N, H, W, 2]` float32 in [-1, 1]; H / h = W / w is whole, and blocks of this size are
            averaged.
        bins: of the distribution.

    Returns:
        The mean over pixels, a float32 scalar.
    """
    targets = bins.encode(shrink(ab, ab.shape[1] // logits.shape[1]))
    weights = (targets * (bins.weights**bins.rebalancing).reshape(1, 1, 1, -1)).sum(-1)
    loss = jax.nn.logsumexp(logits, axis=-1) - (targets * logits).sum(-1)
    return (weights * loss).mean()
