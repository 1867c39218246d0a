"""The train state and the optimizers."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from jaxcolor.config import InputError

Variables = dict[str, Any]


class NetworkState(flax.struct.PyTreeNode):
    """A network under training: its Flax variables and its optimizer's state."""

    variables: Variables
    opt_state: optax.OptState


class TrainState(flax.struct.PyTreeNode):
    """All that a step reads and changes.

    Attributes:
        step: int32 scalar, steps done.
        networks: by name; every objective has a "generator".
        ema: moving average of the generator's variables, or None where there is none.
    """

    step: jax.Array
    networks: dict[str, NetworkState]
    ema: Variables | None

    def eval_variables(self) -> Variables:
        """Returns the generator's variables to score and to use: the average, if there is one."""
        return self.networks["generator"].variables if self.ema is None else self.ema


def make_optimizer(config: ConfigDict, network: str) -> optax.GradientTransformation:
    """Makes Adam or RMSprop with PyTorch's semantics.

    Args:
        config: the whole configuration.
        network: "generator" or "discriminator".

    Raises:
        InputError: an unknown name.
    """
    optimizer = config.optimizer[network]
    if optimizer.name == "adam":
        return optax.adam(optimizer.learning_rate, optimizer.b1, optimizer.b2, optimizer.eps)
    if optimizer.name == "rmsprop":
        return optax.rmsprop(
            optimizer.learning_rate, optimizer.decay, optimizer.eps, eps_in_sqrt=False
        )
    raise InputError(
        f"config.optimizer.{network}.name={optimizer.name!r}: must be 'adam' or 'rmsprop'"
    )


def update(
    optimizer: optax.GradientTransformation, network: NetworkState, grads: Any
) -> NetworkState:
    """Applies one optimizer step to a network's parameters."""
    params = network.variables["params"]
    updates, opt_state = optimizer.update(grads, network.opt_state, params)
    return network.replace(
        variables={**network.variables, "params": optax.apply_updates(params, updates)},
        opt_state=opt_state,
    )


def update_ema(ema: Variables, variables: Variables, decay: float, step: jax.Array) -> Variables:
    """Moves the average towards the variables.

    The first steps average over fewer, by a decay of at most `(1 + step) / (10 + step)`, so that
    the random start is soon forgotten.
    """
    share = 1 - jnp.minimum(decay, (1 + step) / (10 + step))
    return jax.tree.map(lambda average, new: average + share * (new - average), ema, variables)
