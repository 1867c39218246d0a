"""Ways to train, one file each, built from a configuration by name."""

from types import ModuleType

from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.objectives import cyclegan, pix2pix, regression, wgan
from jaxcolor.objectives.objective import Objective

_OBJECTIVES = {"pix2pix": pix2pix, "wgan": wgan, "cyclegan": cyclegan, "regression": regression}


def _module(config: ConfigDict) -> ModuleType:
    name = config.objective.name
    if name not in _OBJECTIVES:
        raise InputError(f"config.objective.name={name!r}: must be one of {sorted(_OBJECTIVES)}")
    return _OBJECTIVES[name]


def examples_per_step(config: ConfigDict) -> int:
    """Returns the examples that one step uses up.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an unknown objective.
    """
    return _module(config).examples_per_step(config)


def build(config: ConfigDict, num_steps: int, axis_name: str | None = None) -> Objective:
    """Builds the configured objective with its networks and optimizers.

    Args:
        config: the whole configuration.
        num_steps: of the whole run, without those of a pretraining.
        axis_name: the axis over which a batch is spread, if it is.

    Raises:
        InputError: an unknown name, or fields that do not go together.
    """
    objective = _module(config).build(config, num_steps, axis_name)
    if config.train.pretrain_steps or config.train.pretrain_epochs:
        objective = regression.with_pretraining(config, objective, axis_name)
    return objective
