"""Ways to train, one file each, built from a configuration by name."""

from types import ModuleType

from ml_collections import ConfigDict

from jaxcolor.config import InputError, ReadRecorder
from jaxcolor.objectives import cyclegan, pix2pix, pretraining, regression, wgan
from jaxcolor.objectives.objective import Objective

_OBJECTIVES = {"pix2pix": pix2pix, "wgan": wgan, "cyclegan": cyclegan, "regression": regression}


def _module(config: ConfigDict | ReadRecorder) -> ModuleType:
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


def build(config: ConfigDict, num_steps: int, pretrain_steps: int = 0) -> Objective:
    """Builds the configured objective with its networks and optimizers.

    Args:
        config: the whole configuration.
        num_steps: of the run, without the pretraining.
        pretrain_steps: steps before them, in which the generator learns by L1 alone.

    Raises:
        InputError: an unknown name, fields that do not go together, or a changed field that the
            chosen objective, generator or optimizer does not read.
    """
    reads = ReadRecorder(config)
    objective = _module(reads).build(reads, num_steps, pretrain_steps)
    if pretrain_steps:
        objective = pretraining.add(reads, objective)
    reads.check_unread("objective", "generator", "discriminator", "optimizer")
    return objective
