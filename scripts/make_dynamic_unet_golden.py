"""Makes the golden outputs of the Dynamic U-Net, from fastai.

    pip install torch==2.13.0 plum-dispatch==2.9.0 matplotlib pandas pyyaml requests scikit-learn \
        scipy cloudpickle
    pip install --no-deps torchvision==0.28.0 fastai==2.8.12 fastcore==2.2.39 fastprogress==1.0.3 \
        fasttransform==0.0.5 fastdownload==0.0.8
    python scripts/make_dynamic_unet_golden.py

Weights and inputs are drawn by name (tests/seeded.py), so that of each output only some numbers at
seeded places are stored.
"""

import pathlib
import sys

import numpy as np
import torch

TESTS = pathlib.Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))
import seeded  # noqa: E402


def define_operators() -> torch.library.Library:
    """Names torchvision's compiled operators, which its builds for CPUs alone do not bring."""
    library = torch.library.Library("torchvision", "DEF")
    plain = ("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d")
    for name in ["nms", "qnms", "qroi_align", *plain, *(f"_{name}_backward" for name in plain)]:
        library.define(f"{name}(Tensor x) -> Tensor")
    return library


_LIBRARY = define_operators()  # The names last as long as it does.

from fastai.vision.learner import create_body  # noqa: E402
from fastai.vision.models.unet import DynamicUnet  # noqa: E402
from torchvision.models import resnet18  # noqa: E402


def network(size: int) -> torch.nn.Module:
    """The Dynamic U-Net over ResNet-18, one channel to two, with weights drawn by name."""
    unet = DynamicUnet(create_body(resnet18(), 1, False, -2), 2, (size, size))
    shapes = {
        name: tuple(tensor.shape)
        for name, tensor in unet.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    weights = {n: torch.tensor(w) for n, w in seeded.feature_weights(shapes).items()}
    unet.load_state_dict(weights, strict=False)
    return unet


def output(size: int, train: bool) -> np.ndarray:
    """Numbers from the output `[2, size, size, 2]`."""
    x = torch.tensor(seeded.normal("gray", (2, size, size, 1))).movedim(-1, 1)
    with torch.no_grad():
        colors = network(size).train(train)(x)
    return seeded.pick(np.ascontiguousarray(colors.movedim(1, -1).numpy()))


def main() -> None:
    """Writes tests/goldens/dynamic_unet.npz."""
    arrays = {
        "eval_64": output(64, train=False),
        # Feature maps of 45, 23, 12, 12, 6, 3 and 2 pixels: two doublings are cut to fit.
        "eval_45": output(45, train=False),
        "train_64": output(64, train=True),
        "num_parameters": np.array(sum(p.numel() for p in network(64).parameters())),
    }
    np.savez_compressed(TESTS / "goldens" / "dynamic_unet.npz", **arrays)
    print({name: (a.size, float(np.abs(a).max())) for name, a in arrays.items()})


if __name__ == "__main__":
    main()
