"""What the golden makers share: torchvision without its operators, and weights drawn by name."""

from collections.abc import Callable

import torch

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # The names last as long as it does.


def define_operators() -> None:
    """Names torchvision's compiled operators, which its CPU builds lack.

    It has to run before torchvision is imported.
    """
    plain = ("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d")
    for name in ("nms", "qnms", "qroi_align", *plain, *(f"_{name}_backward" for name in plain)):
        _LIBRARY.define(f"{name}(Tensor x) -> Tensor")


def load_seeded(
    network: torch.nn.Module, draw: Callable[[dict], dict], rename: Callable[[str], str] = str
) -> torch.nn.Module:
    """Fills a network with the weights that its tensors' names draw.

    Args:
        network: to be filled.
        draw: makes arrays from shapes by name, as those of `seeded` do.
        rename: gives a tensor's name as it is to be drawn.
    """
    state = network.state_dict()
    names = {name: rename(name) for name in state if not name.endswith("num_batches_tracked")}
    drawn = draw({official: tuple(state[name].shape) for name, official in names.items()})
    weights = {name: torch.tensor(drawn[official]) for name, official in names.items()}
    network.load_state_dict(weights, strict=False)
    return network
