"""Training objectives, one file each, built from a configuration by name."""

from types import ModuleType

from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.config_checks import ReadRecorder
from jaxcolor.objectives import cyclegan, pix2pix, pretraining, regression, wgan
from jaxcolor.objectives.objective import Objective, Plan, at_precision

_OBJECTIVES = {"pix2pix": pix2pix, "wgan": wgan, "cyclegan": cyclegan, "regression": regression}


def _module(config: ConfigDict | ReadRecorder) -> ModuleType:
    name = config.objective.name
    if name not in _OBJECTIVES:
        raise InputError(f"config.objective.name={name!r}: must be one of {sorted(_OBJECTIVES)}")
    return _OBJECTIVES[name]


def examples_per_step(config: ConfigDict) -> int:
    """Returns the number of examples per step.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an unknown objective.
    """
    return _module(config).examples_per_step(config)


def counted_per_step(config: ConfigDict) -> int:
    """Returns how many of a step's examples `config.train.num_epochs` counts.

    By `config.train.epoch_of` those of one generator's batch, or all: the batches that the critic
    alone is trained on as well, and CycleGAN's two batches, one in gray and one in color.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an unknown objective.
    """
    if config.train.epoch_of == "generator":
        return config.data.batch_size
    return examples_per_step(config)


def prepare(config: ConfigDict) -> Plan:
    """Builds what the configured objective needs before any data: its networks and weights.

    Args:
        config: the whole configuration.

    Raises:
        InputError: an unknown name, fields that do not go together, or weights that are missing.
        UnreadFieldsError: a changed field that the chosen objective, generator or optimizer does
            not read.
    """
    reads = ReadRecorder(config)
    plan = _module(reads).prepare(reads)

    def build(num_steps: int, pretrain_steps: int) -> Objective:
        objective = plan.build(num_steps, pretrain_steps)
        if pretrain_steps:
            objective = pretraining.add(reads, objective)
        return at_precision(objective, config.train.matmul_precision)

    build(1, config.train.pretrain_steps or config.train.pretrain_epochs)  # Reads the optimizers.
    reads.check_unread("objective", "generator", "discriminator", "optimizer")
    return plan._replace(build=build)


def build(config: ConfigDict, num_steps: int, pretrain_steps: int = 0) -> Objective:
    """Builds the configured objective with its networks and optimizers.

    Args:
        config: the whole configuration.
        num_steps: of the run, without the pretraining.
        pretrain_steps: steps before them, in which the generator is trained by L1 alone.

    Raises:
        InputError: as of `prepare`.
    """
    return prepare(config).build(num_steps, pretrain_steps)
