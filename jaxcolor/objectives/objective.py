"""The interface of all objectives."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from jaxcolor.models.generator import Generator
from jaxcolor.objectives.state import TrainState
from jaxcolor.objectives.terms import Batch

Metrics = dict[str, jax.Array]
Step = Callable[[TrainState, Any, Batch, jax.Array], tuple[TrainState, Metrics]]


class Objective(NamedTuple):
    """A training objective.

    Attributes:
        init: key to the first `TrainState`.
        step: `(state, frozen, batch, key)` to the next state and the step's metrics, float32
            scalars; runs with the axis `jaxcolor.models.layers.AXIS` bound. `batch` holds this
            device's share of a step's examples, as of `Space.to_network`: `gray` `[n, H, W, 1]`
            and `target` `[n, H', W', C]`, float32 in [-1, 1], and `rgb` `[n, H', W', 3]`.
        generator: to be trained.
        frozen: variables that a step needs and training does not change; they are not part of the
            state or the checkpoints. "generator" holds those of the generator, "terms" those of
            the loss.
        sha256: of the files that they come from, by the weights' names.
        pretrain_step: replaces `step` in the pretraining of a run.
    """

    init: Callable[[jax.Array], TrainState]
    step: Step
    generator: Generator
    frozen: dict[str, Any]
    sha256: dict[str, str]
    pretrain_step: Step | None = None


def at_precision(objective: Objective, precision: str) -> Objective:
    """Sets how exact the products and convolutions of an objective's steps are.

    Args:
        objective: to change.
        precision: as of `jax.default_matmul_precision`.
    """

    def change(step: Step) -> Step:
        @functools.wraps(step)
        def changed(*args: Any) -> tuple[TrainState, Metrics]:
            with jax.default_matmul_precision(precision):
                return step(*args)

        return changed

    pretrain_step = objective.pretrain_step and change(objective.pretrain_step)
    return objective._replace(step=change(objective.step), pretrain_step=pretrain_step)


class Plan(NamedTuple):
    """An objective whose length is still unknown: its networks and their weights are there.

    Attributes:
        generator: to be trained.
        build: `(num_steps, pretrain_steps)` to the objective; the first without the second, the
            steps of a pretraining before it.
    """

    generator: Generator
    build: Callable[[int, int], Objective]


def split_batch(batch: Batch, count: int) -> Batch:
    """Splits a step's examples `[n, …]` into batches `[count, n / count, …]`.

    Example i goes to batch `i % count`, so that the batches are the same on any number of devices.
    """
    return jax.tree.map(lambda x: x.reshape(-1, count, *x.shape[1:]).swapaxes(0, 1), batch)
