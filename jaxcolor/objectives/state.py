"""The train state and the optimizers."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import optax
from ml_collections import ConfigDict

from jaxcolor.config import InputError
from jaxcolor.models.generator import Variables


class NetworkState(flax.struct.PyTreeNode):
    """A network under training: its Flax variables and its optimizer's state."""

    variables: Variables
    opt_state: optax.OptState

    @classmethod
    def create(
        cls, variables: Variables, optimizer: optax.GradientTransformation
    ) -> "NetworkState":
        """Makes the state of a network that has not been trained."""
        return cls(variables, optimizer.init(variables["params"]))

    @property
    def params(self) -> Any:
        """The parameters: the variables that gradients change."""
        return self.variables["params"]

    def update_variables(self, collections: Variables) -> "NetworkState":
        """Replaces collections of variables, such as `batch_stats`."""
        return self.replace(variables={**self.variables, **collections})

    def apply_gradients(
        self, optimizer: optax.GradientTransformation, grads: Any
    ) -> "NetworkState":
        """Applies one optimizer step to the parameters."""
        updates, opt_state = optimizer.update(grads, self.opt_state, self.params)
        params = optax.apply_updates(self.params, updates)
        return self.replace(opt_state=opt_state).update_variables({"params": params})


class TrainState(flax.struct.PyTreeNode):
    """The state that a step reads and updates.

    Attributes:
        step: int32 scalar, number of steps taken.
        networks: by name; every objective has a "generator".
        ema: moving average of the generator's variables, or None where there is none.
        memory: other state of an objective, such as an image pool.
        ema_decay: decay of the moving average after the first steps.
    """

    step: jax.Array
    networks: dict[str, NetworkState]
    ema: Variables | None
    memory: dict[str, Any]
    ema_decay: float = flax.struct.field(pytree_node=False)

    @classmethod
    def create(
        cls,
        networks: dict[str, NetworkState],
        ema_decay: float,
        memory: dict[str, Any] | None = None,
    ) -> "TrainState":
        """Makes the first state of a run; an `ema_decay` of 0 keeps no average."""
        ema = jax.tree.map(jnp.copy, networks["generator"].variables) if ema_decay else None
        return cls(jnp.zeros((), jnp.int32), networks, ema, memory or {}, ema_decay)

    def eval_variables(self) -> Variables:
        """Returns the generator's variables for inference: the average, if there is one."""
        return self.networks["generator"].variables if self.ema is None else self.ema

    def after(self, networks: dict[str, NetworkState], **memory: Any) -> "TrainState":
        """Returns the next state: the step counted, the average updated.

        The first steps average over fewer, by a decay of at most `(1 + step) / (10 + step)`, so
        that the random initialization soon loses its weight.
        """
        ema = self.ema
        if ema is not None:
            share = 1 - jnp.minimum(self.ema_decay, (1 + self.step) / (10 + self.step))
            ema = jax.tree.map(
                lambda average, new: average + share * (new - average),
                ema,
                networks["generator"].variables,
            )
        return self.replace(
            step=self.step + 1,
            networks={**self.networks, **networks},
            ema=ema,
            memory={**self.memory, **memory},
        )

    def start_from(self, variables: Variables) -> "TrainState":
        """Returns the state of a run that has not begun, with other variables of the generator."""
        generator = self.networks["generator"].replace(variables=variables)
        return self.replace(
            networks={**self.networks, "generator": generator},
            ema=None if self.ema is None else jax.tree.map(jnp.copy, variables),
        )


def make_optimizer(
    config: ConfigDict, network: str, num_updates: int, encoder_rate: float = 1.0
) -> optax.GradientTransformation:
    """Makes Adam, AdamW or RMSprop with PyTorch's semantics.

    Args:
        config: the whole configuration.
        network: a part of `config.optimizer`.
        num_updates: of the whole run; over the last of them, a share of `train.linear_decay`, the
            learning rate falls to 0.
        encoder_rate: factor on the learning rate of the parameters under "encoder".

    Raises:
        InputError: an unknown name.
    """
    optimizer = _make_optimizer(config, network, num_updates)
    if encoder_rate == 1:
        return optimizer

    def slow_down(updates: Any, params: Any) -> Any:
        del params
        encoder = jax.tree.map(lambda update: encoder_rate * update, updates["encoder"])
        return {**updates, "encoder": encoder}

    return optax.chain(optimizer, optax.stateless(slow_down))


def _make_optimizer(
    config: ConfigDict, network: str, num_updates: int
) -> optax.GradientTransformation:
    optimizer = config.optimizer[network]
    rate = optimizer.learning_rate
    if config.train.linear_decay:
        decaying = round(config.train.linear_decay * num_updates)
        rate = optax.linear_schedule(rate, 0.0, decaying, num_updates - decaying)
    if optimizer.name == "adam":
        return optax.adam(rate, optimizer.b1, optimizer.b2, optimizer.eps)
    if optimizer.name == "adamw":
        return optax.adamw(
            rate, optimizer.b1, optimizer.b2, optimizer.eps, weight_decay=optimizer.weight_decay
        )
    if optimizer.name == "rmsprop":
        return optax.rmsprop(rate, optimizer.decay, optimizer.eps, eps_in_sqrt=False)
    raise InputError(
        f"config.optimizer.{network}.name={optimizer.name!r}: must be 'adam', 'adamw' or 'rmsprop'"
    )
