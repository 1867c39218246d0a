"""Where a run starts: fresh, from another run's generator, or where it stopped."""

import os
import pathlib
from typing import Any

import jax
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.objectives.objective import Objective
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import checkpoint
from jaxcolor.training.checkpoint import CONFIG_FILE, Checkpoints


def open_checkpoints(config: ConfigDict, workdir: pathlib.Path) -> Checkpoints:
    """Opens the workdir's checkpoints; if there are any, they have to be of the same run."""
    try:
        workdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{workdir}: cannot be written to: {error.strerror}") from error
    if not os.access(workdir, os.W_OK):
        raise InputError(f"{workdir}: no permission to write; take another --workdir")
    checkpoints = Checkpoints(workdir, create=True)
    if checkpoints.latest_step() is None:
        return checkpoints
    if changed := config_lib.differences(config_lib.load(workdir / CONFIG_FILE), config):
        listing = "\n".join(f"  {line}" for line in changed)
        raise InputError(
            f"{workdir}: holds a run with another configuration:\n{listing}\n"
            "take another --workdir, or undo the changes to resume"
        )
    return checkpoints


def claim(config: ConfigDict, workdir: pathlib.Path) -> None:
    """Claims the workdir: it belongs to a configuration from its first checkpoint on."""
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


def check_init_from(config: ConfigDict, generator: Generator) -> None:
    """Checks that a generator which is built on another run's generator is given that run.

    Raises:
        InputError: `config.init_from` is empty, and the generator needs it.
    """
    if generator.needs_init_from and not config.init_from:
        raise InputError(
            f"config.init_from='': config.generator.name={config.generator.name!r} is "
            "built on another run's generator, which would be random; set config.init_from to the "
            "workdir of that run"
        )


def initialize(config: ConfigDict, objective: Objective, key: jax.Array) -> TrainState:
    """Draws a state and puts trained weights into it, where the configuration says so.

    Raises:
        InputError: those of `config.init_from` cannot be read, belong to another generator, or are
            needed and not named.
    """
    check_init_from(config, objective.generator)
    # Before the drawing, which takes its time to compile.
    trained, is_base = _load_trained(config, objective, key) if config.init_from else ({}, False)
    state = jax.jit(objective.init)(key)
    variables = objective.generator.start(state.networks["generator"].variables)
    if is_base:
        variables = {
            name: {**tree, "base": trained[name]} if name in trained else tree
            for name, tree in variables.items()
        }
    elif trained:
        variables = trained
    return state.start_from(variables)


def _load_trained(
    config: ConfigDict, objective: Objective, key: jax.Array
) -> tuple[Variables, bool]:
    """Loads the variables of a generator that is ours, or, by the second value, our base."""
    try:
        _, _, trained = checkpoint.load_generator(pathlib.Path(config.init_from))
    except InputError as error:
        raise InputError(f"config.init_from={config.init_from!r}: {error}") from error
    ours = jax.eval_shape(objective.init, key).networks["generator"].variables
    if not checkpoint.mismatch(trained, ours):
        return trained, False
    base = {name: tree["base"] for name, tree in ours.items() if "base" in tree}
    if problem := checkpoint.mismatch(trained, base or ours):
        raise InputError(
            f"config.init_from={config.init_from!r}: its generator is neither this one nor its "
            f"base: {problem}"
        )
    return trained, True
