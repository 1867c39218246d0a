"""Where a run starts: fresh, from another run's generator, or where it stopped."""

import os
import pathlib
from typing import Any, NamedTuple

import jax
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.objectives.objective import Objective
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import workdirs
from jaxcolor.training.checkpoint import CONFIG_FILE, Checkpoints
from jaxcolor.training.trained import load_generator


def make_workdir(workdir: pathlib.Path) -> None:
    """Makes the folder of a run if it does not exist, and checks that it can be written to."""
    try:
        workdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{workdir}: cannot be written to: {error.strerror}") from error
    if not os.access(workdir, os.W_OK):
        raise InputError(f"{workdir}: no permission to write; take another --workdir")


def open_checkpoints(config: ConfigDict, workdir: pathlib.Path) -> Checkpoints:
    """Opens the workdir's checkpoints; if there are any, they have to be of the same run."""
    checkpoints = Checkpoints(workdir, config.train.best_metric, create=True)
    if checkpoints.latest_step() is None:
        return checkpoints
    if changed := config_lib.differences(workdirs.load_config(workdir), config):
        listing = "\n".join(f"  {line}" for line in changed)
        raise InputError(
            f"{workdir}: holds a run with another configuration:\n{listing}\n"
            "take another --workdir, or undo the changes to resume"
        )
    return checkpoints


def save_config(config: ConfigDict, workdir: pathlib.Path) -> None:
    """Writes the configuration that the workdir belongs to from its first checkpoint on."""
    try:
        config_lib.save(config, workdir / CONFIG_FILE)
    except OSError as error:
        raise InputError(f"{workdir / CONFIG_FILE}: cannot be written: {error.strerror}") from error


def check_unchanged(workdir: pathlib.Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Checks that a resumed run still has what it began with.

    Args:
        workdir: of the run.
        before: what its last checkpoint says.
        now: what is there.

    Raises:
        InputError: something differs.
    """
    for name, value in now.items():
        if before[name] != value:
            raise InputError(
                f"{workdir}: the run began with {name} = {before[name]}, and now it is {value}; "
                "bring the old ones back, or take another --workdir"
            )


class Trained(NamedTuple):
    """Variables of another run's generator.

    Attributes:
        variables: NumPy arrays.
        is_base: whether it is the base that a larger generator is built on.
    """

    variables: Variables
    is_base: bool


def load_trained(config: ConfigDict, generator: Generator) -> Trained | None:
    """Loads the generator that `config.init_from` names, or nothing if it is empty.

    Raises:
        InputError: it cannot be read, belongs to another generator, or is needed and not named.
    """
    if not config.init_from:
        if generator.needs_init_from:
            raise InputError(
                f"config.init_from='': config.generator.name={config.generator.name!r} is built on "
                "another run's generator, which would be random; set config.init_from to the "
                "workdir of that run, or to its model folder"
            )
        return None
    try:
        _, _, found = load_generator(pathlib.Path(config.init_from))
    except InputError as error:
        raise InputError(f"config.init_from={config.init_from!r}: {error}") from error
    ours = models.variable_shapes(generator, config.data.image_size)
    if not models.mismatch(found, ours):
        return Trained(found, is_base=False)
    base = {name: tree["base"] for name, tree in ours.items() if "base" in tree}
    if problem := models.mismatch(found, base or ours):
        raise InputError(
            f"config.init_from={config.init_from!r}: its generator is neither this one nor its "
            f"base: {problem}"
        )
    return Trained(found, is_base=True)


def initialize(objective: Objective, key: jax.Array, trained: Trained | None) -> TrainState:
    """Draws the first state and puts trained weights into it, if there are any."""
    state = jax.jit(objective.init)(key)
    variables = objective.generator.start(state.networks["generator"].variables)
    if trained is None:
        return state.start_from(variables)
    if not trained.is_base:
        return state.start_from(trained.variables)
    return state.start_from(
        {
            name: {**tree, "base": trained.variables[name]} if name in trained.variables else tree
            for name, tree in variables.items()
        }
    )
