"""Pretraining: a phase before any objective in which the generator is trained by L1 alone."""

from typing import Any

import jax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.losses import reconstruction
from jaxcolor.objectives import regression
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives.objective import Batch, Metrics, Objective
from jaxcolor.objectives.state import TrainState


def add(config: ConfigDict, objective: Objective) -> Objective:
    """Adds the phase, with its own optimizer, to an objective.

    Its steps take a step's examples as one batch. Metrics: `pretrain_L1`.

    Args:
        config: the whole configuration.
        objective: of the steps that follow.
    """
    generator, space = objective.generator, models.build_space(config)
    optimizer = state_lib.make_optimizer(config, "pretraining", 0, generator.encoder_rate)

    def loss(frozen: Any, batch: Batch, output: jax.Array) -> tuple[jax.Array, Metrics]:
        del frozen
        l1 = reconstruction.l1(space.decode(batch["gray"], output), batch["target"])
        return l1, {"pretrain_L1": l1}

    def init(key: jax.Array) -> TrainState:
        state = objective.init(key)
        opt_state = optimizer.init(state.networks["generator"].params)
        return state.replace(memory={**state.memory, "pretraining": opt_state})

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        G = state.networks["generator"]
        pretrained = G.replace(opt_state=state.memory["pretraining"])
        pretrained, metrics = regression.update_G(
            generator, loss, optimizer, pretrained, frozen, batch, key
        )
        G = G.replace(variables=pretrained.variables)
        return state.after({"generator": G}, pretraining=pretrained.opt_state), metrics

    return objective._replace(init=init, pretrain_step=step)
