"""The state dicts of pix2pix's networks in PyTorch, drawn by name, as variables of ours."""

import seeded

from jaxcolor.models import pytorch_generators


def unet_shapes(levels=6, num_filters=4):
    """Names and shapes of a U-Net's state dict, block by block."""
    filters = [num_filters * min(2**level, 8) for level in range(levels)]
    shapes = {}

    def norm(name, channels):
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (channels,)

    shapes["model.model.0.weight"] = (filters[0], 1, 4, 4)
    shapes["model.model.3.weight"] = (2 * filters[0], 2, 4, 4)
    shapes["model.model.3.bias"] = (2,)
    block = "model.model.1.model"
    for level in range(1, levels):
        outer, inner = filters[level - 1], filters[level]
        shapes[f"{block}.1.weight"] = (inner, outer, 4, 4)
        if level == levels - 1:
            shapes[f"{block}.3.weight"] = (inner, outer, 4, 4)
            norm(f"{block}.4", outer)
        else:
            norm(f"{block}.2", inner)
            shapes[f"{block}.5.weight"] = (2 * inner, outer, 4, 4)
            norm(f"{block}.6", outer)
            block += ".3.model"
    return shapes


def unet_variables(levels=6):
    """Variables of a `UNet` of 4 filters."""
    tensors = seeded.weights(unet_shapes(levels))
    return pytorch_generators.convert(tensors, pytorch_generators.unet(2**levels))[1]


def patchgan_shapes(num_filters=4):
    """Names and shapes of what a PatchGAN of three layers learns."""
    shapes = {"0.weight": (num_filters, 3, 4, 4), "0.bias": (num_filters,)}
    for level, place in ((1, 2), (2, 5), (3, 8)):
        outputs = num_filters * 2**level
        shapes[f"{place}.weight"] = (outputs, outputs // 2, 4, 4)
        shapes[f"{place + 1}.weight"] = shapes[f"{place + 1}.bias"] = (outputs,)
    return shapes | {"11.weight": (1, 8 * num_filters, 4, 4), "11.bias": (1,)}


def patchgan_params(state_dict):
    """Parameters of a `PatchGAN` from what PyTorch's of three layers has learned."""
    params = {}
    for ours, theirs in enumerate((0, 2, 5, 8, 11)):
        params[f"Conv_{ours}"] = {"kernel": state_dict[f"{theirs}.weight"].transpose(2, 3, 1, 0)}
        if theirs in (0, 11):
            params[f"Conv_{ours}"]["bias"] = state_dict[f"{theirs}.bias"]
    for ours, theirs in enumerate((3, 6, 9)):
        params[f"BatchNorm_{ours}"] = {
            "scale": state_dict[f"{theirs}.weight"],
            "bias": state_dict[f"{theirs}.bias"],
        }
    return params
