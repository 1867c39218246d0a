"""Ways to train, one file each, built from a configuration by name."""

from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.objectives import pix2pix, wgan
from jaxcolor.objectives.adversarial import Objective

_BUILDERS = {"pix2pix": pix2pix.build, "wgan": wgan.build}


def build(config: ConfigDict, axis_name: str | None = None) -> Objective:
    """Builds the configured objective with its networks and optimizers.

    Args:
        config: the whole configuration.
        axis_name: the axis over which a batch is spread, if it is.

    Raises:
        InputError: an unknown name, or fields that do not go together.
    """
    name = config.objective.name
    if name not in _BUILDERS:
        raise InputError(f"config.objective.name={name!r}: must be one of {sorted(_BUILDERS)}")
    return _BUILDERS[name](config, axis_name)
