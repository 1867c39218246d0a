"""The terms of a generator's loss that compare its output with the truth."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.losses import classification, perceptual, reconstruction

Batch = dict[str, jax.Array]
Loss = Callable[[Any, Batch, jax.Array], tuple[jax.Array, dict[str, jax.Array]]]


class Terms(NamedTuple):
    """The weighted terms of a configuration.

    Attributes:
        loss: `(frozen, batch, output)` to the weighted sum and the single terms, `G_L1` and so on,
            float32 scalars.
        names: of the single terms.
        frozen: variables of the networks that the terms need, which training does not change.
        sha256: of the files of those variables, by the weights' names.
    """

    loss: Loss
    names: list[str]
    frozen: dict[str, Any]
    sha256: dict[str, str]


def build(config: ConfigDict) -> Terms:
    """Builds every term whose weight is not 0.

    Args:
        config: the whole configuration.

    Raises:
        InputError: a perceptual term lacks its weights, or its images are too small.
    """
    objective, space = config.objective, models.build_space(config)
    size = models.output_size(config)
    on_targets = {
        "G_L1": (objective.lambda_l1, reconstruction.l1),
        "G_L2": (objective.lambda_l2, reconstruction.l2),
    }
    on_targets = {name: (weight, term) for name, (weight, term) in on_targets.items() if weight}
    on_outputs = {}
    if space.bins and objective.lambda_bins:
        cross_entropy = functools.partial(classification.cross_entropy, bins=space.bins)
        on_outputs["G_bins"] = (objective.lambda_bins, cross_entropy)
    makers = {
        "G_content": (
            "lambda_content",
            lambda: perceptual.content(objective.content_backbone, objective.content_tap, size),
        ),
        "G_LPIPS": ("lambda_lpips", lambda: perceptual.lpips(size)),
    }
    on_images = {}
    for name, (field, make) in makers.items():
        if objective[field]:
            try:
                on_images[name] = (objective[field], make())
            except InputError as error:
                raise InputError(f"config.objective.{field}={objective[field]}: {error}") from error

    def loss(
        frozen: dict[str, Any], batch: Batch, output: jax.Array
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        total, terms = jnp.zeros(()), {}
        colors = space.decode(batch["gray"], output)
        for group, fake in ((on_outputs, output), (on_targets, colors)):
            for name, (weight, term) in group.items():
                terms[name] = term(fake, batch["target"])
                total += weight * terms[name]
        if on_images:
            fake = space.join(batch["gray"], colors)
            for name, (weight, perceptual_loss) in on_images.items():
                terms[name] = perceptual_loss.loss(frozen[name], fake, batch["rgb"])
                total += weight * terms[name]
        return total, terms

    return Terms(
        loss,
        [*on_outputs, *on_targets, *on_images],
        {name: term.variables for name, (_, term) in on_images.items()},
        {name: sha for _, term in on_images.values() for name, sha in term.sha256.items()},
    )
