"""Names, shapes and sizes of the networks of github.com/junyanz/pytorch-CycleGAN-and-pix2pix.

The state dicts of `unet_256` (one channel to two, 64 filters, batch norm), whose names all begin
with "model.model.", and of the discriminator `basic` (three channels, 64 filters, batch norm; all
begin with "model.") were worked out by hand from the repository's models/networks.py. The numbers
of parameters are those that its programs print, with their defaults and in its issue 1152.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seeded
from pytorch_pix2pix import patchgan_params, patchgan_shapes, unet_shapes

from jaxcolor.models import pytorch_generators, unet
from jaxcolor.models.patchgan import PatchGAN

UNET_256 = {
    "0.weight": (64, 1, 4, 4),
    "1.model.1.weight": (128, 64, 4, 4),
    "1.model.3.model.1.weight": (256, 128, 4, 4),
    "1.model.3.model.3.model.1.weight": (512, 256, 4, 4),
    "1.model.3.model.3.model.3.model.1.weight": (512, 512, 4, 4),
    "1.model.3.model.3.model.3.model.3.model.1.weight": (512, 512, 4, 4),
    "1.model.3.model.3.model.3.model.3.model.3.model.1.weight": (512, 512, 4, 4),
    "1.model.3.model.3.model.3.model.3.model.3.model.3.model.1.weight": (
        512,
        512,
        4,
        4,
    ),
    "1.model.3.model.3.model.3.model.3.model.3.model.3.model.3.weight": (
        512,
        512,
        4,
        4,
    ),
    "1.model.3.model.3.model.3.model.3.model.3.model.5.weight": (1024, 512, 4, 4),
    "1.model.3.model.3.model.3.model.3.model.5.weight": (1024, 512, 4, 4),
    "1.model.3.model.3.model.3.model.5.weight": (1024, 512, 4, 4),
    "1.model.3.model.3.model.5.weight": (1024, 256, 4, 4),
    "1.model.3.model.5.weight": (512, 128, 4, 4),
    "1.model.5.weight": (256, 64, 4, 4),
    "3.weight": (128, 2, 4, 4),
    "3.bias": (2,),
}
UNET_256_NORMS = {
    "1.model.2": 128,
    "1.model.3.model.2": 256,
    "1.model.3.model.3.model.2": 512,
    "1.model.3.model.3.model.3.model.2": 512,
    "1.model.3.model.3.model.3.model.3.model.2": 512,
    "1.model.3.model.3.model.3.model.3.model.3.model.2": 512,
    "1.model.3.model.3.model.3.model.3.model.3.model.3.model.4": 512,
    "1.model.3.model.3.model.3.model.3.model.3.model.6": 512,
    "1.model.3.model.3.model.3.model.3.model.6": 512,
    "1.model.3.model.3.model.3.model.6": 512,
    "1.model.3.model.3.model.6": 256,
    "1.model.3.model.6": 128,
    "1.model.6": 64,
}
BASIC = {
    "0.weight": (64, 3, 4, 4),
    "0.bias": (64,),
    "2.weight": (128, 64, 4, 4),
    "5.weight": (256, 128, 4, 4),
    "8.weight": (512, 256, 4, 4),
    "11.weight": (1, 512, 4, 4),
    "11.bias": (1,),
}
BASIC_NORMS = {"3": 128, "6": 256, "9": 512}


def learned(prefix, convolutions, norms):
    """The parameters of a state dict; a batch norm has a weight and a bias."""
    parts = {f"{name}.{part}": (c,) for name, c in norms.items() for part in ("weight", "bias")}
    return {prefix + name: shape for name, shape in (convolutions | parts).items()}


def tracked(prefix, norms):
    """What a state dict holds of the statistics of batch norms."""
    names = ("running_mean", "running_var")
    return {f"{prefix}{name}.{part}": (c,) for name, c in norms.items() for part in names}


def own_shapes(network, channels, size=256, **arguments):
    image = jnp.zeros((1, size, size, channels))
    variables = jax.eval_shape(lambda: network.init(jax.random.key(0), image, **arguments))
    return jax.tree.map(np.shape, variables)


def test_the_unets_state_dict_has_a_place_for_each_of_our_variables():
    prefix = "model.model."
    state_dict = learned(prefix, UNET_256, UNET_256_NORMS) | tracked(prefix, UNET_256_NORMS)
    assert unet_shapes(8, 64) == state_dict
    steps = {f"{prefix}{name}.num_batches_tracked": () for name in UNET_256_NORMS}
    architecture = pytorch_generators.ARCHITECTURES["unet_256"]
    _, converted = pytorch_generators.convert(seeded.unfilled(state_dict | steps), architecture)
    assert jax.tree.map(np.shape, converted) == own_shapes(unet.UNet(levels=8), 1, train=False)


def test_the_discriminators_state_dict_has_a_place_for_each_of_our_parameters():
    state_dict = learned("", BASIC, BASIC_NORMS)
    assert patchgan_shapes(64) == state_dict
    converted = patchgan_params(seeded.unfilled(state_dict))
    assert jax.tree.map(np.shape, converted) == own_shapes(PatchGAN(), 3)["params"]


@pytest.mark.parametrize(
    ("network", "channels", "millions"),
    [
        (unet.UNet(levels=8, num_outputs=3), 3, 54.414),
        (unet.UNet(levels=8, num_outputs=1), 1, 54.408),
        (unet.UNet(levels=6, num_outputs=1), 1, 29.238),
        (PatchGAN(), 6, 2.769),
        (PatchGAN(), 2, 2.765),
        (PatchGAN(num_layers=2), 2, 0.662),
    ],
)
def test_parameters_are_as_many_as_the_public_programs_print(network, channels, millions):
    generates = isinstance(network, unet.UNet)
    size, arguments = (2**network.levels, {"train": False}) if generates else (256, {})
    params = own_shapes(network, channels, size, **arguments)["params"]
    shapes = jax.tree.leaves(params, is_leaf=lambda leaf: isinstance(leaf, tuple))
    assert round(sum(map(np.prod, shapes)) / 1e6, 3) == millions
