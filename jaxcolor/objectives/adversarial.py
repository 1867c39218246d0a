"""The alternating update of a generator and a discriminator that the conditional GANs share."""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.models import layers
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives import terms as terms_lib
from jaxcolor.objectives.objective import Batch, Metrics, Objective, deal, reduce_over
from jaxcolor.objectives.state import NetworkState, TrainState


class GANLosses(NamedTuple):
    """What tells one GAN from another.

    Attributes:
        discriminator: `(params, real, generated, keys)` to the discriminator's loss and metrics;
            real and generated pairs `[N, H, W, C]`, one key per example.
        generator: patch scores of generated pairs to the generator's adversarial loss.
        constrain: what happens to the discriminator's parameters after each of its updates.
    """

    discriminator: Callable[..., tuple[jax.Array, Metrics]]
    generator: Callable[[jax.Array], jax.Array]
    constrain: Callable[[Any], Any] = lambda params: params


def examples_per_step(config: ConfigDict) -> int:
    """Returns the examples that one step uses up: a batch for each discriminator update."""
    return config.data.batch_size * config.objective.critic_steps


def apply_discriminator(discriminator: nn.Module, params: Any, pairs: jax.Array) -> jax.Array:
    """Scores pairs `[N, H, W, C]`; a batch norm's running statistics are of no use and dropped."""
    return discriminator.apply({"params": params}, pairs, mutable=["batch_stats"])[0]


def make_objective(
    config: ConfigDict,
    discriminator: nn.Module,
    losses: GANLosses,
    num_steps: int,
    axis_name: str | None,
) -> Objective:
    """Builds the step: `critic_steps` updates of the discriminator, then one of the generator.

    Every discriminator update has a batch of its own. The generator learns from the last of them,
    and there one run of it serves both updates. With `discriminator_every` k, the discriminator
    learns in one step of k only.

    Args:
        config: the whole configuration.
        discriminator: a pair of gray and target to patch scores.
        losses: of the GAN.
        num_steps: of the whole run.
        axis_name: the axis over which each batch is spread, if it is.
    """
    generator = models.build_generator(config, axis_name)
    space = models.build_space(config)
    critic_steps, every = config.objective.critic_steps, config.objective.discriminator_every
    lambda_gan = config.objective.lambda_gan
    terms = terms_lib.build(config)
    optimizer_g = state_lib.make_optimizer(config, "generator", num_steps)
    optimizer_d = state_lib.make_optimizer(
        config, "discriminator", num_steps * critic_steps // every
    )

    mean = reduce_over(axis_name)

    def init(key: jax.Array) -> TrainState:
        key_g, key_d = jax.random.split(key)
        variables = generator.init(key_g, config.data.image_size)
        size = models.output_size(config)
        pair = jnp.zeros((1, size, size, 1 + space.channels))
        networks = {
            "generator": state_lib.network(variables, optimizer_g),
            "discriminator": state_lib.network(
                {"params": discriminator.init(key_d, pair)["params"]}, optimizer_d
            ),
        }
        return state_lib.first(networks, config.train.ema_decay)

    @jax.jit  # Traced once for all turns.
    def update_discriminator(
        network: NetworkState, batch: Batch, output: jax.Array, key: jax.Array, step: jax.Array
    ) -> tuple[NetworkState, Metrics]:
        real, generated = (space.pair(batch["gray"], x) for x in (batch["target"], output))
        keys = layers.example_keys(key, len(real), axis_name)

        def learn(network: NetworkState) -> tuple[NetworkState, Metrics]:
            grad = jax.grad(losses.discriminator, has_aux=True)
            grads, metrics = mean(grad(network.variables["params"], real, generated, keys))
            network = state_lib.update(optimizer_d, network, grads)
            params = losses.constrain(network.variables["params"])
            return network.replace(variables={"params": params}), metrics

        def judge(network: NetworkState) -> tuple[NetworkState, Metrics]:
            _, metrics = losses.discriminator(network.variables["params"], real, generated, keys)
            return network, mean(metrics)

        return learn(network) if every == 1 else lax.cond(step % every == 0, learn, judge, network)

    def generator_loss(
        output: jax.Array, params: Any, frozen: Any, batch: Batch
    ) -> tuple[jax.Array, Metrics]:
        pairs = space.pair(batch["gray"], output)
        g_gan = losses.generator(apply_discriminator(discriminator, params, pairs))
        loss, metrics = terms.loss(frozen, batch, output)
        return lambda_gan * g_gan + loss, {"G_GAN": g_gan, **metrics}

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        network_g, network_d = state.networks["generator"], state.networks["discriminator"]
        turns = deal(batch, critic_steps), jax.random.split(key, (critic_steps, 2))
        earlier, (last, (key_g, key_d)) = (
            jax.tree.map(operator.itemgetter(place), turns) for place in (slice(-1), -1)
        )

        def generate(params: Any, batch: Batch, key: jax.Array) -> Any:
            return state_lib.run(
                generator, frozen["generator"], network_g.variables, params, batch["gray"], key
            )

        params_g = network_g.variables["params"]

        def take_turn(network_d: NetworkState, given: tuple[Batch, jax.Array]) -> Any:
            batch, (key_g, key_d) = given
            output, _ = generate(params_g, batch, key_g)
            return update_discriminator(network_d, batch, output, key_d, state.step)

        if critic_steps > 1:
            network_d, _ = lax.scan(take_turn, network_d, earlier)

        output, pull_back, moved = jax.vjp(
            lambda params: generate(params, last, key_g), params_g, has_aux=True
        )
        network_d, metrics_d = update_discriminator(network_d, last, output, key_d, state.step)
        slope, metrics_g = jax.grad(generator_loss, has_aux=True)(
            output, network_d.variables["params"], frozen, last
        )
        (grads,) = mean(pull_back(slope))
        network_g = state_lib.update(optimizer_g, network_g, grads)
        network_g = network_g.replace(variables={**network_g.variables, **moved})
        state = state.after({"generator": network_g, "discriminator": network_d})
        return state, {**mean(metrics_g), **metrics_d}

    frozen = {"generator": generator.frozen, **terms.frozen}
    return Objective(init, step, generator, frozen, generator.weights | terms.weights)
