"""CycleGAN: two generators, there and back, from images that are no pairs.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV
2017, with cross-entropy for the adversarial loss; the detail loss is that of Huang et al., "A
fully-automatic image colorization scheme using improved CycleGAN with skip connections",
Multimedia Tools and Applications, 2021.
"""

import functools
from typing import Any

import flax.errors
import jax
import jax.numpy as jnp
from jax import lax
from ml_collections import ConfigDict

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.losses.adversarial import binary_cross_entropy
from jaxcolor.losses.reconstruction import l1
from jaxcolor.models import layers
from jaxcolor.models.generator import Generator
from jaxcolor.objectives import objective as objective_lib
from jaxcolor.objectives import state as state_lib
from jaxcolor.objectives.adversarial import apply_discriminator
from jaxcolor.objectives.objective import Batch, Metrics, Objective, deal
from jaxcolor.objectives.state import NetworkState, TrainState


def examples_per_step(config: ConfigDict) -> int:
    """Returns the examples that one step uses up: a batch of gray ones and a batch in color."""
    return 2 * config.data.batch_size


def build(config: ConfigDict, num_steps: int, axis_name: str | None = None) -> Objective:
    """Builds the objective; half of a step's examples are only seen in gray, half in color.

    The networks are "generator", gray to color, "generator_gray", the way back, and one
    discriminator for either side. Discriminators see some generated images again, from a pool.

    Metrics: `G_GAN`, `G_cycle`, `G_detail` and, with a weight, `G_identity`; `D_color` and
    `D_gray`, half the sum of the cross-entropies of real and of generated images.

    Args:
        config: the whole configuration.
        num_steps: of the whole run.
        axis_name: the axis over which a batch is spread, if it is.

    Raises:
        InputError: fields that do not go together.
    """
    options = config.objective
    if config.data.color_space != "lab_full":
        raise InputError(
            f"config.data.color_space={config.data.color_space!r}: config.objective.name="
            "'cyclegan' makes whole images of their own lightness; set it to 'lab_full'"
        )
    unused = ("clip", "lambda_gp", "lambda_l1", "lambda_l2", "lambda_content", "lambda_lpips")
    objective_lib.refuse(
        config, critic_steps=1, discriminator_every=1, **dict.fromkeys(unused, 0.0)
    )
    to_color = models.build_generator(config, axis_name)
    if to_color.frozen:
        raise InputError(
            f"config.generator.name={config.generator.name!r}: has frozen parts, which "
            "config.objective.name='cyclegan' cannot turn around"
        )
    if options.lambda_identity:
        _check_takes_colors(config, to_color)
    to_gray = Generator(to_color.network.clone(num_outputs=1))
    discriminator = models.build_discriminator(config, axis_name)
    optimizer_g = state_lib.make_optimizer(config, "generator", num_steps)
    optimizer_d = state_lib.make_optimizer(config, "discriminator", num_steps)
    size = config.data.image_size

    mean = objective_lib.reduce_over(axis_name)

    def init(key: jax.Array) -> TrainState:
        keys = jax.random.split(key, 4)
        gray, color = jnp.zeros((1, size, size, 1)), jnp.zeros((1, size, size, 3))
        back = dict(to_gray.network.init(keys[1], color, train=False))
        judges = [
            {"params": discriminator.init(k, images)["params"]}
            for k, images in ((keys[2], color), (keys[3], gray))
        ]
        networks = {
            "generator": state_lib.network(to_color.init(keys[0], size), optimizer_g),
            "generator_gray": state_lib.network(back, optimizer_g),
            "discriminator_color": state_lib.network(judges[0], optimizer_d),
            "discriminator_gray": state_lib.network(judges[1], optimizer_d),
        }
        pools = {
            "color": jnp.zeros((options.pool_size, size, size, 3)),
            "gray": jnp.zeros((options.pool_size, size, size, 1)),
            "count": jnp.zeros((), jnp.int32),
        }
        return state_lib.first(networks, config.train.ema_decay, {"pools": pools})

    def judge(params: Any, images: jax.Array, target: float) -> jax.Array:
        return binary_cross_entropy(apply_discriminator(discriminator, params, images), target)

    def generators_loss(
        params: dict[str, Any],
        networks: dict[str, NetworkState],
        gray: jax.Array,
        color: jax.Array,
        key: jax.Array,
    ) -> tuple[jax.Array, Any]:
        keys = jax.random.split(key, 6)

        def there(x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
            variables = networks["generator"].variables
            return state_lib.run(to_color, {}, variables, params["generator"], x, key)

        def back(x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
            variables = networks["generator_gray"].variables
            return state_lib.run(to_gray, {}, variables, params["generator_gray"], x, key)

        made_color, moved = there(gray, keys[0])
        made_gray, moved_gray = back(color, keys[1])
        judges = {n: networks[f"discriminator_{n}"].variables["params"] for n in ("color", "gray")}
        metrics = {
            "G_GAN": judge(judges["color"], made_color, 1.0)
            + judge(judges["gray"], made_gray, 1.0),
            "G_cycle": l1(back(made_color, keys[2])[0], gray)
            + l1(there(made_gray, keys[3])[0], color),
            "G_detail": l1(made_color[..., :1], gray) + l1(made_gray, color[..., :1]),
        }
        loss = (
            options.lambda_gan * metrics["G_GAN"]
            + options.lambda_cycle * metrics["G_cycle"]
            + options.lambda_detail * metrics["G_detail"]
        )
        if options.lambda_identity:
            uncolored = jnp.pad(gray, ((0, 0), (0, 0), (0, 0), (0, 2)))
            metrics["G_identity"] = l1(there(color, keys[4])[0], color) + l1(
                back(uncolored, keys[5])[0], gray
            )
            loss += options.lambda_identity * metrics["G_identity"]
        return loss, (made_color, made_gray, moved, moved_gray, metrics)

    def discriminator_loss(params: Any, real: jax.Array, made: jax.Array) -> jax.Array:
        return 0.5 * (judge(params, real, 1.0) + judge(params, made, 0.0))

    def step(
        state: TrainState, frozen: Any, batch: Batch, key: jax.Array
    ) -> tuple[TrainState, Metrics]:
        del frozen
        key_g, key_pool = jax.random.split(jax.random.fold_in(key, state.step))
        dealt = deal(batch, 2)
        gray, color = dealt["gray"][0], dealt["target"][1]
        networks = dict(state.networks)
        makers = ("generator", "generator_gray")
        params = {name: networks[name].variables["params"] for name in makers}
        grads, aux = jax.grad(generators_loss, has_aux=True)(params, networks, gray, color, key_g)
        made_color, made_gray, *moved, metrics = aux
        grads, metrics = mean((grads, metrics))
        for name, statistics in zip(makers, moved, strict=True):
            network = state_lib.update(optimizer_g, networks[name], grads[name])
            networks[name] = network.replace(variables={**network.variables, **statistics})

        pools = dict(state.memory["pools"])
        count = pools["count"]
        for name, real, made in (("color", color, made_color), ("gray", gray, made_gray)):
            pools[name], pools["count"], seen = _draw(pools[name], count, made, key_pool, axis_name)
            network = networks[f"discriminator_{name}"]
            value_and_grad = jax.value_and_grad(discriminator_loss)
            loss, grads_d = mean(value_and_grad(network.variables["params"], real, seen))
            networks[f"discriminator_{name}"] = state_lib.update(optimizer_d, network, grads_d)
            metrics[f"D_{name}"] = loss
        return state.after(networks, pools=pools), metrics

    return Objective(init, step, to_color, {"generator": {}}, {})


def _check_takes_colors(config: ConfigDict, generator: Generator) -> None:
    """Checks that a generator can be asked to leave a color image alone."""
    size = config.data.image_size
    color = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    apply = functools.partial(generator.network.apply, train=False)
    try:
        jax.eval_shape(apply, models.variable_shapes(generator, size), color)
    except flax.errors.ScopeParamShapeError as error:
        raise InputError(
            f"config.objective.lambda_identity={config.objective.lambda_identity}: "
            f"config.generator.name={config.generator.name!r} takes no color images; set it to 0.0"
        ) from error


def _draw(
    pool: jax.Array, count: jax.Array, images: jax.Array, key: jax.Array, axis_name: str | None
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Exchanges generated images for earlier ones, each with probability one half.

    Shrivastava et al., "Learning from Simulated and Unsupervised Images", CVPR 2017, §2.3. Until
    the pool is full, images go in and come out unchanged. Every device keeps the same pool.

    Args:
        pool: `[P, H, W, C]` float32.
        count: int32 scalar, images in the pool.
        images: `[n, H, W, C]` float32, this device's.
        key: that all devices share.
        axis_name: the axis over which the images are spread, if they are.

    Returns:
        The pool and the count that follow, and `[n, H, W, C]`.
    """
    size, share = len(pool), len(images)
    if not size:
        return pool, count, images
    if axis_name is not None:
        images = lax.all_gather(images, axis_name, tiled=True)

    def exchange(carry: tuple[jax.Array, jax.Array], given: tuple[jax.Array, jax.Array]) -> Any:
        pool, count = carry
        image, key = given
        key_swap, key_place = jax.random.split(key)
        full = count >= size
        swap = jax.random.bernoulli(key_swap)
        place = jnp.where(full, jax.random.randint(key_place, (), 0, size), count)
        result = jnp.where(full & swap, pool[place], image)
        kept = jnp.where(full & ~swap, pool[place], image)
        return (pool.at[place].set(kept), jnp.minimum(count + 1, size)), result

    keys = layers.example_keys(key, len(images), None)
    images = lax.stop_gradient(images)
    (pool, count), images = lax.scan(exchange, (pool, count), (images, keys))
    if axis_name is not None:
        images = lax.dynamic_slice_in_dim(images, lax.axis_index(axis_name) * share, share)
    return pool, count, images
