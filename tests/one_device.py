"""How tests run what trains on one device."""

import jax

from jaxcolor.training import parallel


def on_one_device(function):
    """Compiles what trains, as a run on one device does: with the batch's axis bound."""
    return jax.jit(parallel.bind_axis(function))
