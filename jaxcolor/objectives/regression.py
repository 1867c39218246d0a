"""Regression: the generator alone learns to come close to the truth.

With half the squared error it is Deep Koalarization's (Baldassarre et al., 2017, eq. 1); with L1 it
is the phase that some GANs are pretrained with.
"""

from typing import Any

import jax
import optax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.losses import reconstruction
from jaxcolor.models.generator import Generator
from jaxcolor.objectives import objective as objective_lib
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives import terms as terms_lib
from jaxcolor.objectives.objective import Batch, Metrics, Objective
from jaxcolor.objectives.state import NetworkState, TrainState
from jaxcolor.objectives.terms import Loss


def examples_per_step(config: ConfigDict) -> int:
    """Returns the examples that one step uses up: a batch."""
    return config.data.batch_size


def build(config: ConfigDict, num_steps: int, axis_name: str | None = None) -> Objective:
    """Builds the objective.

    Metrics: the weighted terms, `G_L1` and so on.

    Args:
        config: the whole configuration.
        num_steps: of the whole run.
        axis_name: the axis over which a batch is spread, if it is.

    Raises:
        InputError: no term has a weight.
    """
    objective_lib.refuse(
        config, clip=0.0, lambda_gp=0.0, lambda_gan=1.0, critic_steps=1, discriminator_every=1
    )
    generator = models.build_generator(config, axis_name)
    terms = terms_lib.build(config)
    if not terms.names:
        raise InputError(
            "config.objective.name='regression': needs a term with a weight, such as "
            "config.objective.lambda_l2=1.0"
        )
    optimizer = state_lib.make_optimizer(config, "generator", num_steps)

    def init(key: jax.Array) -> TrainState:
        variables = generator.init(key, config.data.image_size)
        networks = {"generator": state_lib.network(variables, optimizer)}
        return state_lib.first(networks, config.train.ema_decay)

    update = _make_update(generator, terms.loss, optimizer, axis_name)

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        network, metrics = update(state.networks["generator"], frozen, batch, key)
        return state.after({"generator": network}), metrics

    frozen = {"generator": generator.frozen, **terms.frozen}
    return Objective(init, step, generator, frozen, generator.weights | terms.weights)


def with_pretraining(
    config: ConfigDict, objective: Objective, axis_name: str | None = None
) -> Objective:
    """Adds a phase in which the generator learns by L1 alone, with an optimizer of its own.

    Its steps take a step's examples as one batch. Metrics: `pretrain_L1`.

    Args:
        config: the whole configuration.
        objective: of the steps that follow.
        axis_name: the axis over which a batch is spread, if it is.
    """
    optimizer = state_lib.make_optimizer(config, "pretraining", 0)

    def loss(frozen: Any, batch: Batch, output: jax.Array) -> tuple[jax.Array, Metrics]:
        l1 = reconstruction.l1(output, batch["target"])
        return l1, {"pretrain_L1": l1}

    update = _make_update(objective.generator, loss, optimizer, axis_name)

    def init(key: jax.Array) -> TrainState:
        state = objective.init(key)
        params = state.networks["generator"].variables["params"]
        return state.replace(memory={**state.memory, "pretraining": optimizer.init(params)})

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        network = state.networks["generator"]
        learner = network.replace(opt_state=state.memory["pretraining"])
        learner, metrics = update(learner, frozen, batch, key)
        network = network.replace(variables=learner.variables)
        return state.after({"generator": network}, pretraining=learner.opt_state), metrics

    return objective._replace(init=init, pretrain_step=step)


def _make_update(
    generator: Generator,
    loss: Loss,
    optimizer: optax.GradientTransformation,
    axis_name: str | None,
) -> Any:
    def update(
        network: NetworkState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[NetworkState, Metrics]:
        def total(params: Any) -> tuple[jax.Array, tuple[Metrics, Any]]:
            output, moved = state_lib.run(
                generator, frozen["generator"], network.variables, params, batch["gray"], key
            )
            value, metrics = loss(frozen, batch, output)
            return value, (metrics, moved)

        params = network.variables["params"]
        grads, (metrics, moved) = jax.grad(total, has_aux=True)(params)
        grads, metrics = objective_lib.reduce_over(axis_name)((grads, metrics))
        network = state_lib.update(optimizer, network, grads)
        return network.replace(variables={**network.variables, **moved}), metrics

    return update
