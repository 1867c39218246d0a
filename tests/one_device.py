"""How tests run what trains on one device."""

import jax

from jaxcolor.models import layers


def on_one_device(function):
    """Compiles what trains, as a run on one device does: with the batch's axis bound."""
    mesh = jax.sharding.Mesh(jax.devices()[:1], (layers.AXIS,))
    everywhere = jax.sharding.PartitionSpec()
    return jax.jit(
        jax.shard_map(
            function, mesh=mesh, in_specs=everywhere, out_specs=everywhere, check_vma=False
        )
    )
