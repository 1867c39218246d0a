"""Makes a model folder of a generator that another program trained in PyTorch.

    jaxcolor import latest_net_G.pth --arch unet_256 --output model
    jaxcolor colorize old.jpg --model model

unet_256, unet_128, resnet_9blocks and resnet_6blocks are those of the pix2pix and CycleGAN
repository, trained on L and ab (--model colorization) or on pairs of gray and RGB images;
tutorial_unet and tutorial_resnet18 those of the tutorial "Colorizing black & white images with
U-Net and conditional GAN". Nothing in the file is run.
"""

import hashlib
import pathlib
import sys

import numpy as np

from jaxcolor import cli, files, model_folder
from jaxcolor.backbones import tensor_files
from jaxcolor.config import InputError
from jaxcolor.models import pytorch_generators


def import_file(path: pathlib.Path, arch: str, folder: pathlib.Path) -> None:
    """Converts a file to a model folder.

    Args:
        path: a state dict, in one of the formats of `jaxcolor.backbones.tensor_files.read`.
        arch: one of `pytorch_generators.ARCHITECTURES`.
        folder: to write; new or empty.

    Raises:
        InputError: the file cannot be read, does not fit the architecture, or the folder holds
            something.
        OSError: the folder cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"--output {folder}: holds files already; give a new folder")
    tensors = tensor_files.read(path)
    try:
        config, variables = pytorch_generators.convert(
            tensors, pytorch_generators.ARCHITECTURES[arch]
        )
    except InputError as error:
        raise InputError(f"{path}: its tensors do not fit --arch {arch}:\n{error}") from error
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    facts = {
        "imported from": f"`{path.name}`, {arch}, trained in PyTorch; SHA-256 {sha256}",
        "data, steps, scores": "not known",
    }
    with files.folder_written_whole(folder) as partial:
        model_folder.save(partial, config, variables, np.float32, facts)


def main() -> None:
    """Imports a file."""
    parser = cli.Parser(__doc__, "jaxcolor import")
    parser.add_argument(
        "file",
        type=pathlib.Path,
        help="with the weights (state dict): .pth, .pt, .safetensors or .npz",
    )
    parser.add_argument(
        "--arch",
        required=True,
        choices=pytorch_generators.ARCHITECTURES,
        help="architecture of the generator",
    )
    parser.add_argument("--output", required=True, type=pathlib.Path, help="model folder to write")
    args = parser.parse_args()
    try:
        import_file(args.file, args.arch, args.output)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{args.output}: a model folder, for jaxcolor colorize --model")


if __name__ == "__main__":
    main()
