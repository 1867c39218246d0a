"""Makes the golden outputs of the Dynamic U-Net, from fastai.

    pip install torch==2.13.0 plum-dispatch==2.9.0 matplotlib pandas pyyaml requests scikit-learn \
        scipy cloudpickle
    pip install --no-deps torchvision==0.28.0 fastai==2.8.12 fastcore==2.2.39 fastprogress==1.0.3 \
        fasttransform==0.0.5 fastdownload==0.0.8
    python tests/goldens/make_dynamic_unet.py

Weights and inputs are drawn by name (tests/seeded.py), so that of each output only some numbers at
seeded places are stored.
"""

import pathlib
import sys

import numpy as np
import pytorch_references
import torch

sys.path.append(str(pathlib.Path(__file__).parents[1]))
import seeded

pytorch_references.define_operators()

from fastai.vision.learner import create_body  # noqa: E402
from fastai.vision.models.unet import DynamicUnet  # noqa: E402
from torchvision.models import resnet18  # noqa: E402

GOLDENS = pathlib.Path(__file__).parent


def network(size: int) -> torch.nn.Module:
    """The Dynamic U-Net over ResNet-18, one channel to two, with weights drawn by name."""
    unet = DynamicUnet(create_body(resnet18(), 1, False, -2), 2, (size, size))
    return pytorch_references.load_seeded(unet, seeded.feature_weights)


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
    np.savez_compressed(GOLDENS / "dynamic_unet.npz", **arrays)
    print({name: (a.size, float(np.abs(a).max())) for name, a in arrays.items()})


if __name__ == "__main__":
    main()
