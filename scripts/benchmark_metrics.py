"""Times FID features and the Fréchet distance against the reference tools, in alternation.

    pip install torch scipy safetensors huggingface_hub pyyaml tqdm
    pip install --no-deps torchvision pytorch-fid timm torch-fidelity lpips
    python scripts/benchmark_metrics.py

Both networks get the same seeded weights, images and batch. What is timed goes from 8-bit images in
memory to 2,048 features per image; and from the moments of features to their distance, against
SciPy's matrix root as pytorch-fid takes it.
"""

import contextlib
import pathlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import scipy.linalg
import torch
from benchmarking import timing

from jaxcolor.backbones import weights
from jaxcolor.metrics import distances, inception

sys.path.append(str(pathlib.Path(__file__).parent.parent / "tests" / "goldens"))
import make_backbones  # Defines operators that torchvision wants.
import pytorch_fid.inception


def make_features(batch_size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Makes both programs from images to features, and checks that they agree."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    pytorch_fid.inception.fid_inception_v3 = make_backbones.fid_inception
    network = pytorch_fid.inception.InceptionV3([3]).eval().to(device)
    state = make_backbones.fid_inception().state_dict()
    tensors = {name: tensor.numpy() for name, tensor in state.items()}
    extractor = inception.Extractor(
        ("2048",), loaded=weights.Loaded(tensors, "seeded", pathlib.Path("seeded"))
    )
    rgb = np.random.default_rng(0).integers(0, 256, (batch_size, 256, 256, 3), dtype=np.uint8)

    def ours() -> np.ndarray:
        return extractor(extractor.resize(rgb))["2048"]

    @torch.no_grad()
    def theirs() -> np.ndarray:
        images = torch.from_numpy(rgb).to(device).movedim(-1, 1).float() / 255
        return network(images)[0].squeeze(3).squeeze(2).cpu().numpy()

    one, other = ours(), theirs()
    assert np.abs(one - other).max() <= 1e-4 * np.abs(other).max()
    return ours, theirs


def make_distances(dimensions: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Makes both programs from moments to the distance, and checks that they agree."""
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((dimensions, dimensions)) / dimensions**0.5
    sets = [rng.standard_normal((2 * dimensions, dimensions)) @ mixing for _ in range(2)]
    one, other = map(distances.moments, sets)

    def ours() -> float:
        return distances.frechet_distance(one, other)

    def theirs() -> float:
        with contextlib.redirect_stdout(None), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = scipy.linalg.sqrtm(one.covariance @ other.covariance).real
        gap = one.mean - other.mean
        return gap @ gap + np.trace(one.covariance + other.covariance - 2 * root)

    assert abs(ours() - theirs()) <= 1e-6 * abs(theirs())
    return ours, theirs


def main() -> None:
    """Prints both comparisons."""
    parser = timing.parser(__doc__, runs=7)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--dimensions", type=int, default=2048)
    args = parser.parse_args()
    if args.quick:
        args.batch_size, args.dimensions, args.runs = 8, 512, 3
    rows = [["what", "program", "seconds", "jaxcolor is faster"]]
    figures: dict[str, Any] = {"device": jax.devices()[0].device_kind}
    for what, (ours, theirs), runs in (
        (f"FID features of {args.batch_size} images", make_features(args.batch_size), args.runs),
        (
            f"Fréchet distance of {args.dimensions} dimensions",
            make_distances(args.dimensions),
            min(args.runs, 3),
        ),
    ):
        figures[what] = timing.alternate({"jaxcolor": ours, "reference": theirs}, runs)
        for program, result in figures[what].items():
            rows.append([what, program, f"{result['seconds']:.3f}", timing.format_ratio(result)])
    timing.report(args, rows, figures)


if __name__ == "__main__":
    main()
