"""Makes the golden features of the frozen networks, and scores, from the packages that define them.

    pip install torch==2.13.0 scipy==1.17.1 safetensors huggingface_hub pyyaml tqdm
    pip install --no-deps torchvision==0.28.0 pytorch-fid==0.3.0 timm==1.0.31 \
        torch-fidelity==0.4.0 lpips==0.1.4
    python tests/goldens/make_backbones.py --inception inception_v3_fid_to_mixed_6e.safetensors

Weights and inputs are drawn by name (tests/seeded.py), so that only outputs are stored, and of each
output some numbers at seeded places. With a file of real weights, also the features that
pytorch-fid's network computes with them.
"""

import argparse
import pathlib
import sys
from collections.abc import Callable

import numpy as np
import pytorch_references
import safetensors.torch
import torch

sys.path.append(str(pathlib.Path(__file__).parents[1]))
import seeded

pytorch_references.define_operators()

import lpips  # noqa: E402
import pytorch_fid.inception  # noqa: E402
import torchvision  # noqa: E402
from pytorch_fid.fid_score import calculate_frechet_distance  # noqa: E402
from pytorch_fid.inception import fid_inception_v3  # noqa: E402
from timm.models.inception_resnet_v2 import InceptionResnetV2  # noqa: E402
from torch_fidelity.metric_isc import isc_features_to_metric  # noqa: E402
from torch_fidelity.metric_kid import kid_features_to_metric  # noqa: E402

GOLDENS = pathlib.Path(__file__).parent


def load_seeded(network: torch.nn.Module, rename: Callable[[str], str] = str) -> torch.nn.Module:
    """Fills a network with the weights that its tensors' official names draw."""
    return pytorch_references.load_seeded(network, seeded.feature_weights, rename).eval()


def record(network: torch.nn.Module, taps: dict[str, torch.nn.Module], size: int) -> dict:
    """Runs a network and picks numbers from the outputs of some of its modules."""
    outputs: dict[str, torch.Tensor] = {}
    for tap, module in taps.items():
        module.register_forward_hook(
            # ReLUs work in place: what came before them has to be copied.
            lambda _, __, output, tap=tap: outputs.__setitem__(tap, output.clone())
        )
    x = torch.tensor(seeded.normal("image", (2, size, size, 3))).movedim(-1, 1)
    with torch.no_grad():
        network(x)
    arrays = {tap: outputs[tap].numpy() for tap in taps}
    return {
        tap: seeded.pick(np.moveaxis(a, 1, -1) if a.ndim == 4 else a) for tap, a in arrays.items()
    }


def fid_inception() -> torch.nn.Module:
    """The FID Inception of pytorch-fid, which would fetch its weights."""
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: {}
    load = torch.nn.Module.load_state_dict
    torch.nn.Module.load_state_dict = lambda *_, **__: None
    try:
        network = fid_inception_v3()
    finally:
        torch.nn.Module.load_state_dict = load
    return load_seeded(network)


def pictures(name: str) -> torch.Tensor:
    """Draws seeded pictures, in PyTorch's layout: `[N, 3, H, W]` float32 in [0, 1]."""
    return torch.tensor(seeded.pictures(name)).movedim(-1, 1).float() / 255


def real_features(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The 768 features of pytorch-fid's network with real weights, which may end at Mixed_6e."""
    network = fid_inception()
    network.load_state_dict(safetensors.torch.load_file(path), strict=False)
    pytorch_fid.inception.fid_inception_v3 = lambda: network
    truncated = pytorch_fid.inception.InceptionV3([2]).eval()
    with torch.no_grad():
        return {"768": truncated(pictures("one"))[0].mean((2, 3)).numpy()}


def perceptual() -> dict[str, np.ndarray]:
    """LPIPS of the package, and content losses on torchvision's VGG-16, of seeded pictures."""
    vgg = load_seeded(torchvision.models.vgg16())
    metric = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False, pretrained=False).eval()
    slices = [layer for i in range(1, 6) for layer in getattr(metric.net, f"slice{i}")]
    for ours, theirs in zip(slices, vgg.features, strict=False):
        ours.load_state_dict(theirs.state_dict())
    heads = {name: torch.tensor(head) for name, head in seeded.lpips_heads().items()}
    metric.load_state_dict(heads, strict=False)
    one, other = pictures("one"), pictures("other")
    normalize = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    arrays = {}
    with torch.no_grad():
        arrays["lpips"] = metric(one, other, normalize=True).flatten().numpy()
        for tap, end in (("conv7", 15), ("conv13", 29)):
            maps = [vgg.features[:end](normalize(images)) for images in (one, other)]
            arrays[tap] = torch.nn.functional.mse_loss(*maps).numpy()
    return arrays


def inception_scores() -> dict[str, np.ndarray]:
    """Features, FID, KID and Inception Score of two seeded sets of images.

    Features and FID are pytorch-fid's; KID and the Inception Score torch-fidelity's, from features
    and logits drawn by name.
    """
    pytorch_fid.inception.fid_inception_v3 = fid_inception
    blocks = {"64": 0, "192": 1, "768": 2, "2048": 3}
    network = pytorch_fid.inception.InceptionV3(list(blocks.values())).eval()
    sets = []
    for name in ("one", "other"):
        with torch.no_grad():
            maps = network(pictures(name))
        sets.append([features.mean((2, 3)).numpy() for features in maps])
    arrays = {}
    for tap, one, other in zip(blocks, *sets, strict=True):
        moments = [f(x) for x in (one, other) for f in (lambda x: x.mean(0), lambda x: np.cov(x.T))]
        arrays[f"features_{tap}"] = one
        arrays[f"fid_{tap}"] = np.array(calculate_frechet_distance(*moments))
    options = {"kid_subsets": 100, "kid_subset_size": 60, "rng_seed": 2020, "verbose": False}
    options |= {"kid_kernel": "poly", "kid_kernel_poly_degree": 3}
    options |= {"kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    drawn = (seeded.normal(f"kid {count}", (count, 32)) for count in (60, 70))
    kid = kid_features_to_metric(*(torch.tensor(x).double() for x in drawn), **options)
    arrays["kid"] = np.array(list(kid.values()))
    logits = torch.tensor(seeded.normal("logits", (57, 1008)))
    arrays["inception_score"] = np.array(list(isc_features_to_metric(logits).values()))
    return arrays


def inception_v3() -> dict[str, np.ndarray]:
    """The FID Inception; the unbiased logits are its features times the matrix of `fc`."""
    network = fid_inception()
    network.fc.bias.data.zero_()
    taps = {
        "64": network.maxpool1,
        "192": network.maxpool2,
        "768": network.Mixed_6e,
        "2048": network.Mixed_7c,
        "logits_unbiased": network.fc,
    }
    return record(network, taps, 96)


def vgg16() -> dict[str, np.ndarray]:
    """VGG-16 of torchvision."""
    network = load_seeded(torchvision.models.vgg16())
    taps = {}
    number = 0
    for module in network.features:
        if isinstance(module, torch.nn.Conv2d):
            number += 1
            taps[f"conv{number}"] = module
        elif isinstance(module, torch.nn.ReLU):
            taps[f"relu{number}"] = module
    return record(network, taps, 32)


def resnet(depth: int, **options) -> dict[str, np.ndarray]:
    """A ResNet of torchvision."""
    network = load_seeded(getattr(torchvision.models, f"resnet{depth}")(**options))
    taps = {
        "stem": network.relu,
        **{f"layer{i}": getattr(network, f"layer{i}") for i in range(1, 5)},
    }
    return record(network, {**taps, "logits": network.fc}, 64)


def deeplab_v3_resnet50() -> dict[str, np.ndarray]:
    """DeepLab-v3 of torchvision, before it scales its scores up."""
    network = torchvision.models.segmentation.deeplabv3_resnet50(
        weights=None, weights_backbone=None, num_classes=21
    )
    load_seeded(network)
    return record(network, {"logits": network.classifier}, 65)


def inception_resnet_v2() -> dict[str, np.ndarray]:
    """Inception-ResNet-v2 of timm, whose last layer the official file calls `last_linear`."""
    network = InceptionResnetV2(num_classes=1001)
    load_seeded(network, lambda name: name.replace("classif.", "last_linear."))
    return record(network, {"logits": network.classif}, 96)


def main() -> None:
    """Writes tests/goldens/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inception", type=pathlib.Path, required=True, help="real weights")
    args = parser.parse_args()
    goldens = {
        "inception_v3": inception_v3(),
        "vgg16": vgg16(),
        "resnet18": resnet(18),
        "resnet50": resnet(50),
        "resnet50_dilated": resnet(50, replace_stride_with_dilation=[False, True, True]),
        "deeplab_v3_resnet50": deeplab_v3_resnet50(),
        "inception_resnet_v2": inception_resnet_v2(),
        "inception_v3_real": real_features(args.inception),
    }
    for name, arrays in goldens.items():
        np.savez_compressed(GOLDENS / f"backbone_{name}.npz", **arrays)
        print(name, {tap: (len(a), float(np.abs(a).max())) for tap, a in arrays.items()})
    for name, scores in (("inception_scores", inception_scores()), ("perceptual", perceptual())):
        np.savez_compressed(GOLDENS / f"{name}.npz", **scores)
        print({tap: a for tap, a in scores.items() if a.size < 10})


if __name__ == "__main__":
    main()
