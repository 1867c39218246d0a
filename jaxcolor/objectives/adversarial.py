"""The alternating update of a generator and a discriminator that the conditional GANs share."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jax import lax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.data.spaces import Space
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives import terms as terms_lib
from jaxcolor.objectives.objective import Batch, Metrics, Objective, Plan, split_batch
from jaxcolor.objectives.state import NetworkState, TrainState


class GANLosses(NamedTuple):
    """The losses of a GAN.

    Attributes:
        discriminator: `(params, real, fake, keys)` to the discriminator's loss and metrics; real
            and fake pairs `[N, H, W, C]`, one key per example.
        generator: patch scores of fake pairs to the generator's adversarial loss.
        constrain: maps the discriminator's parameters after each of its updates.
    """

    discriminator: Callable[..., tuple[jax.Array, Metrics]]
    generator: Callable[[jax.Array], jax.Array]
    constrain: Callable[[Any], Any] = lambda params: params


def examples_per_step(config: ConfigDict) -> int:
    """Returns the number of examples per step: a batch for each discriminator update."""
    return config.data.batch_size * config.objective.critic_steps


def apply_discriminator(discriminator: nn.Module, params: Any, pairs: jax.Array) -> jax.Array:
    """Scores pairs `[N, H, W, C]`; a batch norm's running statistics are not used and dropped."""
    return discriminator.apply({"params": params}, pairs, mutable=["batch_stats"])[0]


@dataclasses.dataclass(frozen=True, eq=False)
class AdversarialTraining:
    """Alternating updates: `critic_steps` of the discriminator D, then one of the generator G.

    Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, algorithm 1; with several
    critic steps, Arjovsky et al., "Wasserstein GAN", ICML 2017, algorithm 1.

    Attributes:
        generator: G.
        discriminator: D, a pair of gray and target to patch scores.
        losses: of the GAN.
        terms: the generator's loss besides the adversarial term.
        space: of the images.
        optimizer_G: of the generator.
        optimizer_D: of the discriminator.
        lambda_gan: weight of the adversarial term.
        critic_steps: updates of D per step, each on a batch of its own.
        discriminator_every: D is updated in every n-th step, counted from `first_step`.
        first_step: number of steps of a pretraining.
        image_size: height and width of the gray images, in pixels.
        ema_decay: of the generator's moving average; 0 is none.
    """

    generator: Generator
    discriminator: nn.Module
    losses: GANLosses
    terms: terms_lib.Terms
    space: Space
    optimizer_G: optax.GradientTransformation
    optimizer_D: optax.GradientTransformation
    lambda_gan: float
    critic_steps: int
    discriminator_every: int
    first_step: int
    image_size: int
    ema_decay: float

    def init(self, key: jax.Array) -> TrainState:
        """Draws the first state."""
        key_G, key_D = jax.random.split(key)
        variables_G = self.generator.init(key_G, self.image_size)
        size = self.image_size * self.space.scale
        pair = jnp.zeros((1, size, size, 1 + self.space.channels))
        variables_D = {"params": self.discriminator.init(key_D, pair)["params"]}
        networks = {
            "generator": NetworkState.create(variables_G, self.optimizer_G),
            "discriminator": NetworkState.create(variables_D, self.optimizer_D),
        }
        return TrainState.create(networks, self.ema_decay)

    def step(
        self, state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Trains D on each of `critic_steps` batches, then G on the last of them."""
        G, D = state.networks["generator"], state.networks["discriminator"]
        # A batch for each critic step, and keys for G's dropout and for D's loss.
        batches = split_batch(batch, self.critic_steps)
        keys = jax.random.split(jax.random.fold_in(key, state.step), (self.critic_steps, 2))
        update_D = jax.jit(self.update_D)  # Traced once for all critic steps.

        def generate(params: Any, batch: Batch, key: jax.Array) -> tuple[jax.Array, Any]:
            variables = {**G.variables, "params": params}
            return self.generator.apply_train(variables, frozen["generator"], batch["gray"], key)

        def critic_step(D: NetworkState, inputs: Any) -> tuple[NetworkState, None]:
            batch, (key_G, key_D) = inputs
            fake, _ = generate(G.params, batch, key_G)
            return update_D(D, batch, fake, key_D, state.step)[0], None

        # All critic steps but the last, on G as it is.
        if self.critic_steps > 1:
            D, _ = lax.scan(critic_step, D, jax.tree.map(lambda x: x[:-1], (batches, keys)))

        # The last critic step and the generator's update share one forward pass of G.
        batch, (key_G, key_D) = jax.tree.map(lambda x: x[-1], (batches, keys))
        fake, vjp_G, new_batch_stats = jax.vjp(
            lambda params: generate(params, batch, key_G), G.params, has_aux=True
        )
        D, metrics_D = update_D(D, batch, fake, key_D, state.step)
        G, metrics_G = self.update_G(G, D, frozen["terms"], batch, fake, vjp_G)
        G = G.update_variables(new_batch_stats)
        return state.after({"generator": G, "discriminator": D}), {**metrics_G, **metrics_D}

    def update_D(
        self, D: NetworkState, batch: Batch, fake: jax.Array, key: jax.Array, step: jax.Array
    ) -> tuple[NetworkState, Metrics]:
        """Updates D to separate real from fake pairs, in every `discriminator_every`-th step."""
        colors = batch["target"], self.space.decode(batch["gray"], fake)
        real, fake = (self.space.pair(batch["gray"], x) for x in colors)
        keys = layers.example_keys(key, len(real))

        def update(D: NetworkState) -> tuple[NetworkState, Metrics]:
            grads, metrics = layers.mean_over_devices(
                jax.grad(self.losses.discriminator, has_aux=True)(D.params, real, fake, keys)
            )
            D = D.apply_gradients(self.optimizer_D, grads)
            return D.update_variables({"params": self.losses.constrain(D.params)}), metrics

        def only_score(D: NetworkState) -> tuple[NetworkState, Metrics]:
            _, metrics = self.losses.discriminator(D.params, real, fake, keys)
            return D, layers.mean_over_devices(metrics)

        if self.discriminator_every == 1:
            return update(D)
        is_due = (step - self.first_step) % self.discriminator_every == 0
        return lax.cond(is_due, update, only_score, D)

    def update_G(
        self,
        G: NetworkState,
        D: NetworkState,
        frozen: Any,
        batch: Batch,
        fake: jax.Array,
        vjp_G: Callable[[jax.Array], tuple[Any]],
    ) -> tuple[NetworkState, Metrics]:
        """Updates G by the adversarial loss and the other terms.

        `vjp_G` maps the gradient with respect to `fake` to that with respect to G's parameters.
        """

        def loss(fake: jax.Array) -> tuple[jax.Array, Metrics]:
            pairs = self.space.pair(batch["gray"], self.space.decode(batch["gray"], fake))
            scores = apply_discriminator(self.discriminator, D.params, pairs)
            g_gan = self.losses.generator(scores)
            rest, metrics = self.terms.loss(frozen, batch, fake)
            return self.lambda_gan * g_gan + rest, {"G_GAN": g_gan, **metrics}

        grads_fake, metrics = jax.grad(loss, has_aux=True)(fake)
        (grads,) = vjp_G(grads_fake)
        grads, metrics = layers.mean_over_devices((grads, metrics))
        return G.apply_gradients(self.optimizer_G, grads), metrics


def make_plan(config: ConfigDict, discriminator: nn.Module, losses: GANLosses) -> Plan:
    """Prepares the objective of a conditional GAN.

    Args:
        config: the whole configuration.
        discriminator: a pair of gray and target to patch scores.
        losses: of the GAN.
    """
    options = config.objective
    generator, terms = models.build_generator(config), terms_lib.build(config)

    def build(num_steps: int, pretrain_steps: int) -> Objective:
        # Of n steps, the first and every k-th after it: n / k, rounded up.
        updates_D = -(-num_steps // options.discriminator_every) * options.critic_steps
        training = AdversarialTraining(
            generator=generator,
            discriminator=discriminator,
            losses=losses,
            terms=terms,
            space=models.build_space(config),
            optimizer_G=state_lib.make_optimizer(
                config, "generator", num_steps, generator.encoder_rate
            ),
            optimizer_D=state_lib.make_optimizer(config, "discriminator", updates_D),
            lambda_gan=options.lambda_gan,
            critic_steps=options.critic_steps,
            discriminator_every=options.discriminator_every,
            first_step=pretrain_steps,
            image_size=config.data.image_size,
            ema_decay=config.train.ema_decay,
        )
        frozen = {"generator": generator.frozen, "terms": terms.frozen}
        sha256 = generator.sha256 | terms.sha256
        return Objective(training.init, training.step, generator, frozen, sha256)

    return Plan(generator, build)
