"""The alternating update of a generator and a discriminator that the GAN objectives share."""

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
from jaxcolor.objectives.state import NetworkState, TrainState, Variables
from jaxcolor.objectives.terms import Batch

Metrics = dict[str, jax.Array]


class Objective(NamedTuple):
    """A way to train, as the loop sees it.

    Attributes:
        init: key to the first `TrainState`.
        step: `(state, frozen, batch, key)` to the next state and the step's metrics, float32
            scalars. `batch` holds this device's share of `batches_per_step` batches: `L`
            `[n, H, W, 1]` and `ab` `[n, H, W, 2]`, float32 in [-1, 1].
        batches_per_step: batches that one step uses up.
        frozen: variables that a step needs and no training changes; they are no part of the state,
            and no checkpoint holds them.
        weights: SHA-256 of the files that they come from, by the weights' names.
    """

    init: Callable[[jax.Array], TrainState]
    step: Callable[[TrainState, Any, Batch, jax.Array], tuple[TrainState, Metrics]]
    batches_per_step: int
    frozen: dict[str, Any]
    weights: dict[str, str]


class GANLosses(NamedTuple):
    """What tells one GAN from another.

    Attributes:
        discriminator: `(params, real, generated, keys)` to the discriminator's loss and metrics;
            real and generated pairs `[N, H, W, 3]`, one key per example.
        generator: patch scores of generated pairs to the generator's adversarial loss.
        constrain: what happens to the discriminator's parameters after each of its updates.
    """

    discriminator: Callable[..., tuple[jax.Array, Metrics]]
    generator: Callable[[jax.Array], jax.Array]
    constrain: Callable[[Any], Any] = lambda params: params


def apply_discriminator(discriminator: nn.Module, params: Any, pairs: jax.Array) -> jax.Array:
    """Scores pairs `[N, H, W, 3]`; a batch norm's running statistics are of no use and dropped."""
    return discriminator.apply({"params": params}, pairs, mutable=["batch_stats"])[0]


def make_objective(
    config: ConfigDict, discriminator: nn.Module, losses: GANLosses, axis_name: str | None
) -> Objective:
    """Builds the step: `critic_steps` updates of the discriminator, then one of the generator.

    Every discriminator update has a batch of its own. The generator learns from the last of them,
    and there one run of it serves both updates. A step's examples are dealt out to its batches in
    turn, which gives the same batches on any number of devices.

    Args:
        config: the whole configuration.
        discriminator: a pair of `L` and `ab` to patch scores.
        losses: of the GAN.
        axis_name: the axis over which each batch is spread, if it is.
    """
    generator = models.build_generator(config, axis_name)
    critic_steps = config.objective.critic_steps
    lambda_gan = config.objective.lambda_gan
    terms = terms_lib.build(config)
    ema_decay = config.train.ema_decay
    optimizer_g = state_lib.make_optimizer(config, "generator")
    optimizer_d = state_lib.make_optimizer(config, "discriminator")

    def mean(tree: Any) -> Any:
        return tree if axis_name is None else lax.pmean(tree, axis_name)

    def init(key: jax.Array) -> TrainState:
        key_g, key_d = jax.random.split(key)
        size = config.data.image_size
        variables = dict(generator.init(key_g, jnp.zeros((1, size, size, 1)), train=False))
        params = discriminator.init(key_d, jnp.zeros((1, size, size, 3)))["params"]
        return TrainState(
            step=jnp.zeros((), jnp.int32),
            networks={
                "generator": NetworkState(variables, optimizer_g.init(variables["params"])),
                "discriminator": NetworkState({"params": params}, optimizer_d.init(params)),
            },
            ema=jax.tree.map(jnp.copy, variables) if ema_decay else None,
        )

    def generate(variables: Variables, L: jax.Array, key: jax.Array) -> Any:
        """Runs the generator as in training: its output, and its statistics moved on."""
        return generator.apply(
            variables, L, train=True, rngs={"dropout": key}, mutable=["batch_stats"]
        )

    def update_discriminator(
        network: NetworkState, batch: Batch, ab: jax.Array, key: jax.Array
    ) -> tuple[NetworkState, Metrics]:
        real, generated = (
            jnp.concatenate([batch["L"], colours], axis=-1) for colours in (batch["ab"], ab)
        )
        keys = layers.example_keys(key, len(real), axis_name)
        grad = jax.grad(losses.discriminator, has_aux=True)
        grads, metrics = mean(grad(network.variables["params"], real, generated, keys))
        network = state_lib.update(optimizer_d, network, grads)
        params = losses.constrain(network.variables["params"])
        return network.replace(variables={"params": params}), metrics

    def generator_loss(
        ab: jax.Array, params: Any, frozen: Any, batch: Batch
    ) -> tuple[jax.Array, Metrics]:
        pairs = jnp.concatenate([batch["L"], ab], axis=-1)
        g_gan = losses.generator(apply_discriminator(discriminator, params, pairs))
        loss, metrics = terms.loss(frozen, batch, ab)
        return lambda_gan * g_gan + loss, {"G_GAN": g_gan, **metrics}

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(key, state.step)
        network_g, network_d = state.networks["generator"], state.networks["discriminator"]
        *earlier, last = _deal(batch, critic_steps)
        *earlier_keys, last_key = jax.random.split(key, (critic_steps, 2))

        for batch, (key_g, key_d) in zip(earlier, earlier_keys, strict=True):
            ab, _ = generate(network_g.variables, batch["L"], key_g)
            network_d, _ = update_discriminator(network_d, batch, ab, key_d)

        key_g, key_d = last_key
        statistics = {name: v for name, v in network_g.variables.items() if name != "params"}
        ab, pull_back, moved = jax.vjp(
            lambda params: generate({"params": params, **statistics}, last["L"], key_g),
            network_g.variables["params"],
            has_aux=True,
        )
        network_d, metrics_d = update_discriminator(network_d, last, ab, key_d)
        dab, metrics_g = jax.grad(generator_loss, has_aux=True)(
            ab, network_d.variables["params"], frozen, last
        )
        (grads,) = mean(pull_back(dab))
        network_g = state_lib.update(optimizer_g, network_g, grads)
        network_g = network_g.replace(variables={**network_g.variables, **moved})

        ema = state.ema
        if ema is not None:
            ema = state_lib.update_ema(ema, network_g.variables, ema_decay, state.step)
        networks = {"generator": network_g, "discriminator": network_d}
        return TrainState(state.step + 1, networks, ema), {**mean(metrics_g), **metrics_d}

    return Objective(init, step, critic_steps, terms.frozen, terms.weights)


def _deal(batch: Batch, count: int) -> list[Batch]:
    """Deals a step's examples out to `count` batches, like cards."""
    return [{name: array[place::count] for name, array in batch.items()} for place in range(count)]
