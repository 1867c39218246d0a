"""Makes the golden of `--fid_mode clean` from clean-fid.

    pip install as `make_backbones.py` says, and: pip install --no-deps clean-fid==0.1.35
    python tests/goldens/make_clean_fid.py

clean-fid reads, resizes and normalizes the images and takes the distance; the network, which it
would fetch, is pytorch-fid's, the same one, on weights drawn by name (tests/seeded.py).
"""

import pathlib
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
import make_backbones  # noqa: E402  Defines operators that torchvision wants.
import pytorch_fid.inception  # noqa: E402
import seeded  # noqa: E402
from cleanfid import fid, resize  # noqa: E402
from cleanfid.inception_torchscript import InceptionV3W  # noqa: E402


class Layers(torch.nn.Module):
    """The network within clean-fid's TorchScript file: normalized images to features."""

    def __init__(self):
        super().__init__()
        pytorch_fid.inception.fid_inception_v3 = make_backbones.fid_inception
        self.network = pytorch_fid.inception.InceptionV3(
            [3], resize_input=False, normalize_input=False
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps `[N, 3, 299, 299]` to `[N, 2048, 1, 1]`."""
        return self.network(x)[0]


def make_model() -> InceptionV3W:
    """clean-fid's extractor around that network instead of the file."""
    base = torch.nn.Module()
    base.layers = Layers()
    torch.jit.load = lambda _: base
    return InceptionV3W("", download=False).eval()


def main() -> None:
    """Writes tests/goldens/clean_fid.npz."""
    model = make_model()
    arrays = {}
    with tempfile.TemporaryDirectory() as parent:
        folders = {name: pathlib.Path(parent, name) for name in ("one", "other")}
        for name, folder in folders.items():
            folder.mkdir()
            for i, pixels in enumerate(seeded.mixed_pictures(name)):
                Image.fromarray(pixels).save(folder / f"{i}.png")
        options = {"num_workers": 0, "device": torch.device("cpu"), "mode": "clean"}
        features = fid.get_folder_features(str(folders["one"]), model, **options)
        arrays["features"] = features
        arrays["fid"] = np.array(fid.compare_folders(*map(str, folders.values()), model, **options))
    drawn = (seeded.normal(f"kid {count}", (count, 32)) for count in (60, 70))
    arrays["fid_of_drawn"] = np.array(fid.fid_from_feats(*drawn))
    resizer = resize.build_resizer("clean")
    for i, pixels in enumerate(seeded.mixed_pictures("one")):
        arrays[f"resized_{i}"] = seeded.pick(resizer(pixels))
    np.savez_compressed(FOLDER / "clean_fid.npz", **arrays)
    print({name: (a.shape, float(np.abs(a).max())) for name, a in arrays.items()})


if __name__ == "__main__":
    main()
