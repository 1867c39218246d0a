"""Checks of a configuration: its values, the names of its fields, and fields without effect."""

import difflib
import math
import pathlib
from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor.config import InputError, flatten, get_config

_CHOICES = {
    "data.color_space": ("lab", "lab_bins", "lab_full", "lab_to_rgb", "rgb"),
    "data.resize": ("stretch", "crop"),
    "generator.norm": ("instance", "batch"),
    "discriminator.norm": ("batch", "instance", "layer", "none"),
    "train.epoch_of": ("all", "generator"),
    "train.dtype": ("float32", "bfloat16"),
    "train.matmul_precision": ("default", "high", "highest"),
}
_AT_LEAST_ONE = (
    "data.image_size",
    "data.batch_size",
    "data.num_threads",
    "data.num_scenes",
    "data.gamma_range",
    "generator.num_filters",
    "generator.num_blocks",
    "discriminator.num_filters",
    "discriminator.num_layers",
    "objective.critic_steps",
    "objective.discriminator_every",
    "train.log_every",
    "train.checkpoint_every",
    "train.num_samples",
)
_OPTIMIZERS = ("optimizer.generator", "optimizer.discriminator", "optimizer.pretraining")
_AT_LEAST_ZERO = (
    "data.cache",
    "data.grain",
    "data.num_train_images",
    "data.num_validation_images",
    "data.num_test_images",
    "generator.encoder_rate",
    "objective.lambda_gan",
    "objective.lambda_l1",
    "objective.lambda_l2",
    "objective.lambda_bins",
    "objective.lambda_content",
    "objective.lambda_lpips",
    "objective.cyclegan.lambda_cycle",
    "objective.cyclegan.lambda_identity",
    "objective.cyclegan.lambda_detail",
    "objective.cyclegan.pool_size",
    "objective.clip",
    "objective.lambda_gp",
    *(
        f"{optimizer}.{name}"
        for optimizer in _OPTIMIZERS
        for name in ("learning_rate", "weight_decay", "eps")
    ),
    "train.num_steps",
    "train.num_epochs",
    "train.pretrain_steps",
    "train.pretrain_epochs",
    "train.eval_every",
)
_BELOW_ONE = (
    "data.validation_fraction",
    "data.test_fraction",
    "generator.dropout",
    *(f"{optimizer}.{name}" for optimizer in _OPTIMIZERS for name in ("b1", "b2", "decay")),
    "train.ema_decay",
)
_UP_TO_ONE = ("data.film_share", "train.linear_decay")


def load(path: pathlib.Path) -> ConfigDict:
    """Reads the configuration of a model.

    Raises:
        InputError: as of `jaxcolor.config.load`, or a value is out of its range.
    """
    config = config_lib.load(path)
    if problems := _out_of_range(config):
        raise InputError("\n".join([f"{path}: not a configuration of a model:", *problems]))
    return config


def validate(config: ConfigDict) -> None:
    """Checks what can be checked of a training without data or devices.

    Args:
        config: as from `jaxcolor.config.get_config`, with the user's changes.

    Raises:
        InputError: a value out of its range; all of them are listed at once.
    """
    problems = _out_of_range(config)
    if config.train.num_steps == 0 and config.train.num_epochs == 0:
        problems.append("set config.train.num_steps or config.train.num_epochs: both are 0")
    if problems:
        raise InputError("\n".join(problems))


def _out_of_range(config: ConfigDict) -> list[str]:
    values = flatten(config)
    problems = [
        f"config.{name}={values[name]!r}: must be {' or '.join(map(repr, choices))}"
        for name, choices in _CHOICES.items()
        if values[name] not in choices
    ]
    problems += [
        f"config.{name}={values[name]}: must be a finite number of at least {least}"
        for names, least in ((_AT_LEAST_ONE, 1), (_AT_LEAST_ZERO, 0))
        for name in names
        if not least <= values[name] < math.inf
    ]
    problems += [
        f"config.{name}={values[name]}: must be in [0, 1)"
        for name in _BELOW_ONE
        if not 0 <= values[name] < 1
    ]
    problems += [
        f"config.{name}={values[name]}: must be in [0, 1]"
        for name in _UP_TO_ONE
        if not 0 <= values[name] <= 1
    ]
    if not 0 <= config.seed < 2**32:
        problems.append(f"config.seed={config.seed}: must be in [0, 2**32)")
    if not 0 < config.data.min_crop <= 1:
        problems.append(f"config.data.min_crop={config.data.min_crop}: must be in (0, 1]")
    if not config.data.min_crop <= config.data.max_crop <= 1:
        problems.append(
            f"config.data.max_crop={config.data.max_crop}: must be in [min_crop, 1], with "
            f"config.data.min_crop={config.data.min_crop}"
        )
    if config.data.validation_fraction + config.data.test_fraction >= 1:
        problems.append(
            "config.data.validation_fraction and config.data.test_fraction leave no training "
            "images: their sum must be below 1"
        )
    return problems


class UnreadFieldsError(InputError):
    """Fields were changed that nothing reads.

    Attributes:
        fields: their names, "objective.clip" and the like.
    """

    def __init__(self, message: str, fields: list[str]):
        """Takes the message and the names."""
        super().__init__(message)
        self.fields = fields


class ReadRecorder:
    """A configuration that records which of its fields were read.

    What is built from one depends on the recorded fields only, so that a changed field without
    effect is found without a list of fields for each objective and network.
    """

    def __init__(self, config: ConfigDict, prefix: str = "", reads: set[str] | None = None):
        """Wraps a configuration; `prefix` and `reads` are those of the part of a whole."""
        self._config, self._prefix = config, prefix
        self._reads: set[str] = set() if reads is None else reads

    def __getitem__(self, name: str) -> Any:
        """Reads a field by name."""
        value = self._config[name]
        if isinstance(value, ConfigDict):
            return ReadRecorder(value, f"{self._prefix}{name}.", self._reads)
        self._reads.add(self._prefix + name)
        return value

    def __getattr__(self, name: str) -> Any:
        """Reads a field as an attribute."""
        return self[name]

    def check_unread(self, *parts: str) -> None:
        """Checks that no field of some parts differs from its default without being read.

        Raises:
            UnreadFieldsError: some do; all of them are listed.
        """
        defaults, values = flatten(get_config()), flatten(self._config)
        unread = [
            name
            for name, value in values.items()
            if name.startswith(tuple(f"{part}." for part in parts))
            and name not in self._reads
            and value != defaults[name]
        ]
        problems = [
            f"config.{name}={values[name]!r}: has no effect with config.objective.name="
            f"{values['objective.name']!r} and config.generator.name={values['generator.name']!r} "
            f"as configured; set it to its default, {defaults[name]!r}"
            for name in unread
        ]
        if problems:
            raise UnreadFieldsError("\n".join(problems), unread)


def check_overrides(arguments: Sequence[str]) -> None:
    """Checks that each `--config.FIELD=VALUE` among command-line arguments names a field.

    Raises:
        InputError: there is no such field; the message names the nearest.
    """
    fields = flatten(get_config())
    for argument in arguments:
        flag = argument.partition("=")[0].lstrip("-")
        name = flag.removeprefix("config.")
        if argument.startswith("-") and name != flag and name not in fields:
            near = difflib.get_close_matches(name, fields, n=1, cutoff=0)[0]
            raise InputError(f"{argument}: there is no field config.{name}; is it config.{near}?")
