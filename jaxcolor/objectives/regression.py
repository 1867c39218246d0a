"""Regression: the generator is trained without a discriminator.

With half the squared error it is Deep Koalarization's (Baldassarre et al., 2017, eq. 1).
"""

from typing import Any

import jax
import optax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives import terms as terms_lib
from jaxcolor.objectives.objective import Batch, Metrics, Objective, Plan
from jaxcolor.objectives.state import NetworkState, TrainState
from jaxcolor.objectives.terms import Loss


def examples_per_step(config: ConfigDict) -> int:
    """Returns the number of examples per step: a batch."""
    return config.data.batch_size


def prepare(config: ConfigDict) -> Plan:
    """Prepares the objective.

    Metrics: the weighted terms, `G_L1` and so on.

    Args:
        config: the whole configuration.

    Raises:
        InputError: no term has a weight.
    """
    generator = models.build_generator(config)
    terms = terms_lib.build(config)
    if not terms.names:
        raise InputError(
            "config.objective.name='regression': needs a term with a weight, such as "
            "config.objective.lambda_l2=1.0"
        )

    def build(num_steps: int, pretrain_steps: int) -> Objective:
        del pretrain_steps
        optimizer = state_lib.make_optimizer(config, "generator", num_steps, generator.encoder_rate)

        def init(key: jax.Array) -> TrainState:
            variables = generator.init(key, config.data.image_size)
            networks = {"generator": NetworkState.create(variables, optimizer)}
            return TrainState.create(networks, config.train.ema_decay)

        def step(
            state: TrainState, frozen: Any, batch: Batch, key: jax.Array
        ) -> tuple[TrainState, Metrics]:
            key = jax.random.fold_in(key, state.step)
            G = state.networks["generator"]
            G, metrics = update_G(generator, terms.loss, optimizer, G, frozen, batch, key)
            return state.after({"generator": G}), metrics

        frozen = {"generator": generator.frozen, "terms": terms.frozen}
        return Objective(init, step, generator, frozen, generator.sha256 | terms.sha256)

    return Plan(generator, build)


def update_G(
    generator: Generator,
    loss: Loss,
    optimizer: optax.GradientTransformation,
    G: NetworkState,
    frozen: Any,
    batch: Batch,
    key: jax.Array,
) -> tuple[NetworkState, Metrics]:
    """Updates a generator by a loss of its output.

    Args:
        generator: to be updated.
        loss: as of `jaxcolor.objectives.terms.Terms`.
        optimizer: of the generator.
        G: state of the generator.
        frozen: as of `Objective`.
        batch: as of `Objective.step`.
        key: of the dropout.

    Returns:
        The updated state, and the loss's metrics.
    """

    def loss_of_params(params: Any) -> tuple[jax.Array, tuple[Metrics, Any]]:
        variables = {**G.variables, "params": params}
        output, new_batch_stats = generator.apply_train(
            variables, frozen["generator"], batch["gray"], key
        )
        value, metrics = loss(frozen["terms"], batch, output)
        return value, (metrics, new_batch_stats)

    grads, (metrics, new_batch_stats) = jax.grad(loss_of_params, has_aux=True)(G.params)
    grads, metrics = layers.mean_over_devices((grads, metrics))
    return G.apply_gradients(optimizer, grads).update_variables(new_batch_stats), metrics
