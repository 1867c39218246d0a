"""What every way to train is to the train loop."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax import lax
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator
from jaxcolor.objectives.state import TrainState
from jaxcolor.objectives.terms import Batch

Metrics = dict[str, jax.Array]
Step = Callable[[TrainState, Any, Batch, jax.Array], tuple[TrainState, Metrics]]


class Objective(NamedTuple):
    """A way to train, as the loop sees it.

    Attributes:
        init: key to the first `TrainState`.
        step: `(state, frozen, batch, key)` to the next state and the step's metrics, float32
            scalars. `batch` holds this device's share of a step's examples: `gray`
            `[n, H, W, 1]` and `target` `[n, H', W', C]`, float32 in [-1, 1].
        generator: that is trained.
        frozen: variables that a step needs and no training changes; they are no part of the state,
            and no checkpoint holds them. Those of the generator are called "generator".
        weights: SHA-256 of the files that they come from, by the weights' names.
        pretrain_step: takes the place of `step` in the first steps of a run that has such a phase.
    """

    init: Callable[[jax.Array], TrainState]
    step: Step
    generator: Generator
    frozen: dict[str, Any]
    weights: dict[str, str]
    pretrain_step: Step | None = None


def deal(batch: Batch, count: int) -> Batch:
    """Deals a step's examples `[n, …]` out like cards, to batches `[count, n / count, …]`.

    So the batches are the same on any number of devices.
    """
    return jax.tree.map(lambda x: x.reshape(-1, count, *x.shape[1:]).swapaxes(0, 1), batch)


def refuse(config: ConfigDict, **neutral: float) -> None:
    """Checks fields of `config.objective` that an objective has no use for.

    Args:
        config: the whole configuration.
        **neutral: the value that such a field has to have.

    Raises:
        InputError: one has another.
    """
    for name, value in neutral.items():
        if config.objective[name] != value:
            raise InputError(
                f"config.objective.{name}={config.objective[name]}: has no place in "
                f"config.objective.name={config.objective.name!r}; set it to {value}"
            )


def reduce_over(axis_name: str | None) -> Callable[[Any], Any]:
    """Returns what averages a tree over the devices of an axis, or leaves it alone without one."""
    return lambda tree: tree if axis_name is None else lax.pmean(tree, axis_name)
