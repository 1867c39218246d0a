"""The interface of all generators."""

import dataclasses
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from jaxcolor.config import InputError

Variables = dict[str, Any]


def build_over_encoder(
    config: ConfigDict, network: nn.Module, start: Callable[[Variables], Variables]
) -> "Generator":
    """Builds a generator whose parameters under "encoder" have trained weights to start from.

    Args:
        config: the whole configuration.
        network: the module.
        start: puts the trained weights into fresh variables, where `generator.pretrained` is set;
            an `InputError` says that they are not on this machine.
    """

    def start_pretrained(variables: Variables) -> Variables:
        try:
            return start(variables)
        except InputError as error:
            raise InputError(
                f"config.generator.pretrained=True: {error}; or set it to False, for random weights"
            ) from error

    generator = Generator(network, encoder_rate=config.generator.encoder_rate)
    if config.generator.pretrained:
        return dataclasses.replace(generator, start=start_pretrained)
    return generator


def _unconditional(frozen: Any, gray: jax.Array) -> dict[str, Any]:
    del frozen, gray
    return {}


@dataclasses.dataclass(frozen=True)
class Generator:
    """A network from gray images to colors, with what it needs besides its own variables.

    Attributes:
        network: module, called with gray images `[N, H, W, 1]` float32 in [-1, 1], with the
            results of `conditions` as keyword arguments, and with `train`.
        conditions: `(frozen, gray)` to the outputs of frozen networks for the images; computed once
            per image, outside of the differentiated function.
        frozen: variables of those networks, NumPy arrays.
        sha256: of the files that these come from, by the weights' names.
        start: fresh variables to those that training starts with.
        encoder_rate: factor on the learning rate of the parameters under "encoder"; at 0 their
            gradients are not computed.
        needs_init_from: its training starts from another run's generator (`config.init_from`).
    """

    network: nn.Module
    conditions: Callable[[Any, jax.Array], dict[str, Any]] = _unconditional
    frozen: dict[str, Any] = dataclasses.field(default_factory=dict)
    sha256: dict[str, str] = dataclasses.field(default_factory=dict)
    start: Callable[[Variables], Variables] = lambda variables: variables
    encoder_rate: float = 1.0
    needs_init_from: bool = False

    def init(self, key: jax.Array, image_size: int) -> Variables:
        """Draws variables for images of `image_size` × `image_size` pixels."""
        gray = jnp.zeros((1, image_size, image_size, 1))
        conditions = jax.eval_shape(self.conditions, self.frozen, gray)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), conditions)
        return dict(self.network.init(key, gray, train=False, **zeros))

    def apply(self, variables: Variables, frozen: Any, gray: jax.Array) -> jax.Array:
        """Colors gray images, as after training.

        Args:
            variables: of the network.
            frozen: variables of the frozen networks.
            gray: `[N, H, W, 1]` float32 in [-1, 1].

        Returns:
            `[N, h, w, C]` float32, which `Space.decode` converts to colors.
        """
        conditions = self.conditions(frozen, gray)
        return jnp.asarray(self.network.apply(variables, gray, train=False, **conditions))

    def apply_train(
        self, variables: Variables, frozen: Any, gray: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, Variables]:
        """Colors gray images as in training; arguments as of `apply`, and the dropout's key.

        Returns:
            The output, and the collections that change with it: batch statistics, if there are any.
        """
        if not self.encoder_rate:
            params = variables["params"]
            encoder = jax.lax.stop_gradient(params["encoder"])
            variables = {**variables, "params": {**params, "encoder": encoder}}
        result: Any = self.network.apply(
            variables,
            gray,
            train=True,
            **self.conditions(frozen, gray),
            rngs={"dropout": key},
            mutable=["batch_stats"],
        )
        return result
