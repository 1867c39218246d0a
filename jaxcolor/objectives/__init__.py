"""Ways to train, one file each, built from a configuration by name."""

from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.objectives import adversarial, pix2pix, wgan
from jaxcolor.objectives.adversarial import Objective

_LOSSES = {"pix2pix": pix2pix.make_losses, "wgan": wgan.make_losses}


def build(config: ConfigDict, axis_name: str | None = None) -> Objective:
    """Builds the configured objective with its networks and optimizers.

    Args:
        config: the whole configuration.
        axis_name: the axis over which a batch is spread, if it is.

    Raises:
        InputError: an unknown name, or fields that do not go together.
    """
    name = config.objective.name
    if name not in _LOSSES:
        raise InputError(f"config.objective.name={name!r}: must be one of {sorted(_LOSSES)}")
    generator = models.build_generator(config, axis_name)
    discriminator = models.build_discriminator(config, axis_name)
    losses = _LOSSES[name](config, discriminator)
    return adversarial.make_objective(config, generator, discriminator, losses, axis_name)
