"""CycleGAN: two generators, gray to color and color to gray, trained without pairs.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV
2017, with cross-entropy for the adversarial loss; the detail loss is that of Huang et al., "A
fully-automatic image colorization scheme using improved CycleGAN with skip connections",
Multimedia Tools and Applications, 2021.
"""

import dataclasses
import functools
from typing import Any

import flax.errors
import jax
import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.losses.gan import binary_cross_entropy
from jaxcolor.losses.reconstruction import l1
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator
from jaxcolor.models.patchgan import PatchGAN
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives.adversarial import apply_discriminator
from jaxcolor.objectives.image_pool import ImagePool
from jaxcolor.objectives.objective import Batch, Metrics, Objective, Plan, split_batch
from jaxcolor.objectives.state import NetworkState, TrainState

Networks = dict[str, NetworkState]

# Domain A is gray, domain B is color. The networks' names in state and checkpoints.
_G_AB, _G_BA = "generator", "generator_gray"
_D_A, _D_B = "discriminator_gray", "discriminator_color"


@dataclasses.dataclass(frozen=True, eq=False)
class CycleTraining:
    """One update of both generators, then one of each discriminator.

    Attributes:
        G_AB: gray to color.
        G_BA: color to gray.
        D: the network of both discriminators.
        optimizer_G: of each generator.
        optimizer_D: of each discriminator.
        lambda_gan: weight of the adversarial terms.
        lambda_cycle: weight of the cycle consistency loss.
        lambda_detail: weight of the detail loss.
        lambda_identity: weight of the identity loss.
        pool_size: size of each discriminator's pool of earlier fake images.
        image_size: height and width of all images, in pixels.
        ema_decay: of the moving average of `G_AB`; 0 is none.
    """

    G_AB: Generator
    G_BA: Generator
    D: PatchGAN
    optimizer_G: optax.GradientTransformation
    optimizer_D: optax.GradientTransformation
    lambda_gan: float
    lambda_cycle: float
    lambda_detail: float
    lambda_identity: float
    pool_size: int
    image_size: int
    ema_decay: float

    def init(self, key: jax.Array) -> TrainState:
        """Draws the first state."""
        keys = jax.random.split(key, 4)
        size = self.image_size
        A, B = jnp.zeros((1, size, size, 1)), jnp.zeros((1, size, size, 3))
        variables = {
            _G_AB: self.G_AB.init(keys[0], size),
            _G_BA: dict(self.G_BA.network.init(keys[1], B, train=False)),
            _D_B: {"params": self.D.init(keys[2], B)["params"]},
            _D_A: {"params": self.D.init(keys[3], A)["params"]},
        }
        optimizers = {
            **dict.fromkeys((_G_AB, _G_BA), self.optimizer_G),
            **dict.fromkeys((_D_A, _D_B), self.optimizer_D),
        }
        networks = {n: NetworkState.create(v, optimizers[n]) for n, v in variables.items()}
        pools = {
            f"pool_{name}": ImagePool.create(self.pool_size, images.shape[1:])
            for name, images in (("gray", A), ("color", B))
        }
        return TrainState.create(networks, self.ema_decay, pools)

    def step(
        self, state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        """Trains both generators, then both discriminators on images from the pools."""
        del frozen
        key_G, key_pool = jax.random.split(jax.random.fold_in(key, state.step))
        key_pool_A, key_pool_B = jax.random.split(key_pool)
        halves = split_batch(batch, 2)
        real_A, real_B = halves["gray"][0], halves["target"][1]

        generators, fake_A, fake_B, metrics = self.update_G(state.networks, real_A, real_B, key_G)
        pool_B, fake_B = state.memory["pool_color"].query(fake_B, key_pool_B)
        D_B, loss_B = self.update_D(state.networks[_D_B], real_B, fake_B)
        pool_A, fake_A = state.memory["pool_gray"].query(fake_A, key_pool_A)
        D_A, loss_A = self.update_D(state.networks[_D_A], real_A, fake_A)

        networks = {**generators, _D_A: D_A, _D_B: D_B}
        metrics |= {"D_gray": loss_A, "D_color": loss_B}
        return state.after(networks, pool_gray=pool_A, pool_color=pool_B), metrics

    def update_G(
        self, networks: Networks, real_A: jax.Array, real_B: jax.Array, key: jax.Array
    ) -> tuple[Networks, jax.Array, jax.Array, Metrics]:
        """Updates both generators by one loss; returns them, fake A, fake B and metrics."""
        names = (_G_AB, _G_BA)
        loss = functools.partial(self.generator_loss, networks, real_A, real_B, key)
        grads, (fake_A, fake_B, new_batch_stats, metrics) = jax.grad(loss, has_aux=True)(
            {name: networks[name].params for name in names}
        )
        grads, metrics = layers.mean_over_devices((grads, metrics))
        updated = {
            name: networks[name]
            .apply_gradients(self.optimizer_G, grads[name])
            .update_variables(new_batch_stats[name])
            for name in names
        }
        return updated, fake_A, fake_B, metrics

    def generator_loss(
        self,
        networks: Networks,
        real_A: jax.Array,
        real_B: jax.Array,
        key: jax.Array,
        params: dict[str, Any],
    ) -> tuple[jax.Array, Any]:
        """Adds the adversarial, cycle consistency, detail and identity losses of both generators.

        Zhu et al., eq. 3 and §5.2; the detail loss compares lightness before and after.
        """
        keys = jax.random.split(key, 6)

        def G_AB(x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
            variables = {**networks[_G_AB].variables, "params": params[_G_AB]}
            return self.G_AB.apply_train(variables, {}, x, key)

        def G_BA(x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
            variables = {**networks[_G_BA].variables, "params": params[_G_BA]}
            return self.G_BA.apply_train(variables, {}, x, key)

        fake_B, new_batch_stats_AB = G_AB(real_A, keys[0])
        fake_A, new_batch_stats_BA = G_BA(real_B, keys[1])
        g_gan = self.gan_loss(networks[_D_B].params, fake_B, 1.0)
        g_gan += self.gan_loss(networks[_D_A].params, fake_A, 1.0)
        rec_A, _ = G_BA(fake_B, keys[2])
        rec_B, _ = G_AB(fake_A, keys[3])
        metrics = {
            "G_GAN": g_gan,
            "G_cycle": l1(rec_A, real_A) + l1(rec_B, real_B),
            "G_detail": l1(fake_B[..., :1], real_A) + l1(fake_A, real_B[..., :1]),
        }
        loss = (
            self.lambda_gan * metrics["G_GAN"]
            + self.lambda_cycle * metrics["G_cycle"]
            + self.lambda_detail * metrics["G_detail"]
        )
        if self.lambda_identity:
            gray_as_color = jnp.pad(real_A, ((0, 0), (0, 0), (0, 0), (0, 2)))
            idt_B, _ = G_AB(real_B, keys[4])
            idt_A, _ = G_BA(gray_as_color, keys[5])
            metrics["G_identity"] = l1(idt_B, real_B) + l1(idt_A, real_A)
            loss += self.lambda_identity * metrics["G_identity"]
        new_batch_stats = {_G_AB: new_batch_stats_AB, _G_BA: new_batch_stats_BA}
        return loss, (fake_A, fake_B, new_batch_stats, metrics)

    def update_D(
        self, D: NetworkState, real: jax.Array, fake: jax.Array
    ) -> tuple[NetworkState, jax.Array]:
        """Updates one discriminator by half the sum of both cross-entropies, which it returns."""

        def loss(params: Any) -> jax.Array:
            return 0.5 * (self.gan_loss(params, real, 1.0) + self.gan_loss(params, fake, 0.0))

        value, grads = layers.mean_over_devices(jax.value_and_grad(loss)(D.params))
        return D.apply_gradients(self.optimizer_D, grads), value

    def gan_loss(self, params: Any, images: jax.Array, target: float) -> jax.Array:
        """Computes the cross-entropy of a discriminator's scores, 1 for real and 0 for fake."""
        return binary_cross_entropy(apply_discriminator(self.D, params, images), target)


def examples_per_step(config: ConfigDict) -> int:
    """Returns the number of examples per step: a batch of gray and a batch of color images."""
    return 2 * config.data.batch_size


def prepare(config: ConfigDict) -> Plan:
    """Prepares the objective; half of a step's examples are only used in gray, half in color.

    The networks are "generator", gray to color, "generator_gray", color to gray, and one
    discriminator for either domain.

    Metrics: `G_GAN`, `G_cycle`, `G_detail` and, with a weight, `G_identity`; `D_color` and
    `D_gray`, half the sum of the cross-entropies of real and of fake images.

    Args:
        config: the whole configuration.

    Raises:
        InputError: fields that do not go together.
    """
    if config.data.color_space != "lab_full":
        raise InputError(
            f"config.data.color_space={config.data.color_space!r}: config.objective.name="
            "'cyclegan' generates lightness and color; set it to 'lab_full'"
        )
    G_AB = models.build_generator(config)
    if G_AB.frozen:
        raise InputError(
            f"config.generator.name={config.generator.name!r}: has frozen parts, for which "
            "config.objective.name='cyclegan' has no inverse generator"
        )
    options = config.objective.cyclegan
    if options.lambda_identity:
        _check_takes_colors(config, G_AB)

    def build(num_steps: int, pretrain_steps: int) -> Objective:
        del pretrain_steps
        training = CycleTraining(
            G_AB=G_AB,
            G_BA=Generator(G_AB.network.clone(num_outputs=1)),
            D=models.build_discriminator(config),
            optimizer_G=state_lib.make_optimizer(config, "generator", num_steps, G_AB.encoder_rate),
            optimizer_D=state_lib.make_optimizer(config, "discriminator", num_steps),
            lambda_gan=config.objective.lambda_gan,
            lambda_cycle=options.lambda_cycle,
            lambda_detail=options.lambda_detail,
            lambda_identity=options.lambda_identity,
            pool_size=options.pool_size,
            image_size=config.data.image_size,
            ema_decay=config.train.ema_decay,
        )
        frozen: dict[str, Any] = {"generator": {}, "terms": {}}
        return Objective(training.init, training.step, G_AB, frozen, {})

    return Plan(G_AB, build)


def _check_takes_colors(config: ConfigDict, generator: Generator) -> None:
    """Checks that a generator can be given color images, as the identity loss does."""
    size = config.data.image_size
    color = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    apply = functools.partial(generator.network.apply, train=False)
    try:
        jax.eval_shape(apply, models.variable_shapes(generator, size), color)
    except flax.errors.ScopeParamShapeError as error:
        raise InputError(
            "config.objective.cyclegan.lambda_identity="
            f"{config.objective.cyclegan.lambda_identity}: "
            f"config.generator.name={config.generator.name!r} takes no color images; set it to 0.0"
        ) from error
