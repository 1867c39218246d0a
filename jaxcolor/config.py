"""The configuration: every field with its default, unit and legal values, and its files."""

import json
import os
import pathlib
import runpy
from typing import Any

from ml_collections import ConfigDict

from jaxcolor import files

_LENGTH = frozenset({"train.num_steps", "train.num_epochs", "train.epoch_of"})
# What a run may change when it resumes: how long it is and how often it reports.
RESUMABLE_CHANGES = _LENGTH | {
    "train.log_every",
    "train.eval_every",
    "train.checkpoint_every",
    "train.num_samples",
    "data.num_threads",
    "data.cache",
    "data.skip_unreadable",
    "init_from",
}


# The configurations of an installed package, or of a checkout.
_PACKAGE = pathlib.Path(__file__).parent
_FOLDER = next(
    (path for path in (_PACKAGE / "configs", _PACKAGE.parent / "configs") if path.is_dir()),
    _PACKAGE / "configs",
)


class InputError(ValueError):
    """Invalid input that the user can fix; its message names the argument, the value and the fix.

    The command-line programs print the message without a traceback.
    """


def _count_cores() -> int:
    """Counts the cores that this process may use, or all where the system does not say."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def get_config() -> ConfigDict:
    """Returns the defaults: a locked `ConfigDict`, to which no field can be added.

    A configuration file starts from here and overrides what differs.
    """
    config = ConfigDict()
    config.seed = 0  # below 2**32; seeds initial parameters, data order, augmentation and dropout
    config.init_from = ""  # model folder, or workdir of a run, whose generator it starts with

    data = config.data = ConfigDict()
    data.source = "scenes"  # scenes | folder | tfds | array_record
    data.path = ""  # folder and array_record: a folder; tfds: a data set's name or its folder
    data.image_size = 256  # pixels, height and width of the networks' input
    data.batch_size = 16  # examples per update, over all devices and processes
    data.color_space = "lab"  # lab | lab_bins | lab_full | lab_to_rgb | rgb, of data/spaces.py
    data.resize = "stretch"  # stretch: to a square | crop: short side, then a square of it
    data.augment = True  # horizontal flips, random places for resize=crop, and the next five
    data.min_crop = 1.0  # augment: cut out at least this share of each side, above 0; 1 is all
    data.max_crop = 1.0  # augment: and at most this share, min_crop or more
    data.gamma_range = 1.0  # augment: L^γ, γ from 1/range to range, 1 or more; 1 is none
    data.film_share = 0.0  # augment: share of images in another film's lightness, 0 to 1
    data.grain = 0.0  # augment: largest σ of noise on the gray input, in units of L; 0 is none
    data.skip_unreadable = False  # folder: leave out, or replace, files that cannot be read
    data.num_threads = min(_count_cores(), 16)  # that read and decode; by default one per core
    data.cache = 1.0  # GiB of memory for decoded training images, at most; 0 is none
    data.num_scenes = 4000  # scenes: images in all three splits together
    data.validation_fraction = 0.05  # scenes and folder: share of the images, 0 to 1
    data.test_fraction = 0.1  # scenes and folder: share of the images, 0 to 1
    # folder: use so many of a split's images, chosen by a hash of their paths; 0 is all
    data.num_train_images = 0
    data.num_validation_images = 0
    data.num_test_images = 0
    data.split_file = ""  # folder: lines "SPLIT<TAB>RELATIVE/PATH" instead of the fractions
    # tfds: its own splits to use, in its own syntax, e.g. "train[:8000]"
    data.train_split = "train"
    data.validation_split = "validation"
    data.test_split = "test"

    bins = data.bins = ConfigDict()  # lab_bins: a distribution over bins of a and b
    # As from scripts/count_colors.py, for each bin:
    bins.a = ()  # its center's a, in units of Lab
    bins.b = ()  # its center's b, in units of Lab
    bins.shares = ()  # its share of the training images' pixels
    bins.rebalancing = 1.0  # power of the rebalancing weights in the loss, 0 (none) to 1
    bins.colorfulness = 0.5  # share of the log rebalancing weights left in, 0 (faithful) to 1
    bins.temperature = 1.0  # of the distribution whose mean is the color; below 1 sharpens

    generator = config.generator = ConfigDict()
    generator.name = "unet"  # any of jaxcolor/models/__init__.py
    generator.num_filters = 64  # channels of the first level; fixed in dynamic_unet and mobile_unet
    generator.dropout = 0.5  # rate, 0 to 1; of fusion and the U-Nets but for these two
    generator.num_blocks = 9  # resnet: residual blocks
    generator.norm = "instance"  # resnet: instance | batch
    # The encoder of dynamic_unet (ResNet-18) and of mobile_unet (MobileNet-v2):
    generator.pretrained = False  # start from its trained weights
    generator.encoder_rate = 1.0  # factor on its learning rate; 0 freezes it
    generator.segmentation = ""  # fusion: deeplab_v3_resnet50 | deeplab_v3_mobilenet_v2 | empty
    generator.embedding = ""  # fusion: inception_resnet_v2 | mobilenet_v2 | empty

    discriminator = config.discriminator = ConfigDict()
    discriminator.num_filters = 64  # channels of the first level
    discriminator.num_layers = 3  # strided convolutions; 3 give a receptive field of 70 × 70 pixels
    discriminator.norm = "batch"  # batch | instance | layer | none

    objective = config.objective = ConfigDict()
    objective.name = "pix2pix"  # pix2pix | wgan | cyclegan | regression
    objective.lambda_gan = 1.0  # weight of the generator's adversarial term
    objective.lambda_l1 = 100.0  # weight of the generator's L1 term
    objective.lambda_l2 = 0.0  # weight of the generator's L2 term
    objective.lambda_content = 0.0  # weight of the squared difference of a backbone's features
    objective.content_backbone = "vgg16"  # any of jaxcolor/backbones/networks.py
    objective.content_tap = "relu13"  # one of the backbone's outputs
    objective.lambda_lpips = 0.0  # weight of LPIPS v0.1 on VGG-16
    objective.lambda_bins = 0.0  # lab_bins: weight of the rebalanced cross-entropy over the bins
    objective.critic_steps = 1  # discriminator updates per step, each on a batch of its own
    objective.discriminator_every = 1  # steps from one discriminator update to the next
    objective.clip = 0.0  # wgan: bound on each of the critic's weights; 0 is no clipping
    objective.lambda_gp = 0.0  # wgan: weight of the gradient penalty; 0 is no penalty

    cyclegan = objective.cyclegan = ConfigDict()
    cyclegan.lambda_cycle = 10.0  # weight of the cycle consistency loss
    cyclegan.lambda_identity = 0.0  # weight of the identity loss
    cyclegan.lambda_detail = 5.0  # weight of the detail loss: lightness before and after
    cyclegan.pool_size = 50  # size of each discriminator's pool of earlier fake images

    config.optimizer = ConfigDict()
    for network in ("generator", "discriminator", "pretraining"):
        optimizer = config.optimizer[network] = ConfigDict()
        optimizer.name = "adam"  # adam | adamw | rmsprop
        optimizer.learning_rate = 2e-4
        optimizer.b1 = 0.5  # adam and adamw: decay of the first moment
        optimizer.b2 = 0.999  # adam and adamw: decay of the second moment
        optimizer.decay = 0.99  # rmsprop: decay of the second moment
        optimizer.weight_decay = 0.01  # adamw: share of each weight to take off, times the rate
        optimizer.eps = 1e-8  # added to the root of the second moment

    config.optimizer.pretraining.learning_rate = 1e-4
    config.optimizer.pretraining.b1 = 0.9

    # A step is one update of the generator and objective.critic_steps of the discriminator.
    train = config.train = ConfigDict()
    train.num_steps = 0  # steps; 0 leaves it to num_epochs
    train.num_epochs = 0  # passes over the training images
    train.epoch_of = "all"  # images that num_epochs counts: all | generator (not the critic's own)
    train.pretrain_steps = 0  # steps before, in which the generator learns by L1 alone
    train.pretrain_epochs = 0  # the same in passes over the training images, rounded up
    train.linear_decay = 0.0  # share of the steps in which the learning rates fall to 0, at the end
    train.log_every = 50  # steps
    train.eval_every = 1000  # steps between scores on the validation images; 0 is never
    train.checkpoint_every = 1000  # steps
    train.best_metric = "PSNR"  # of jaxcolor/metrics/metric_registry.py; empty: the last is best
    train.num_samples = 8  # images on a sample sheet
    train.dtype = "float32"  # float32 | bfloat16; parameters and losses are float32 in both
    # Of products and convolutions in float32: default | high | highest. On GPUs the first two are
    # TF32, with 10 bits of mantissa; on TPUs one and three products in bfloat16; CPUs are exact.
    train.matmul_precision = "default"
    train.ema_decay = 0.0  # moving average of the generator, used for scores; 0 is none

    return config.lock()


def from_file(path: str | os.PathLike[str], beside: str = "") -> ConfigDict:
    """Runs a configuration file, which may build on another one by the same function.

    Args:
        path: of the file.
        beside: a file, to whose folder `path` is relative; by default the current folder.

    Raises:
        OSError: there is no such file.
    """
    return runpy.run_path(str(pathlib.Path(beside).parent / path))["get_config"]()


def find_file(name: str) -> str:
    """Finds a configuration file.

    Args:
        name: a path that ends in .py, or the name of one of the package's configurations, such as
            "reports/s2".

    Returns:
        The path of the file.

    Raises:
        InputError: there is no such name.
    """
    if name.endswith(".py"):
        return name
    path = _FOLDER / f"{name}.py"
    if not path.is_file():
        raise InputError(f"--config {name}: must be a .py file or one of {names_in_package()}")
    return str(path)


def names_in_package() -> str:
    """Lists the configurations of the package."""
    names = sorted(path.stem for path in _FOLDER.glob("*.py"))
    return ", ".join([*names, "reports/a1 and the like"])


def flatten(config: ConfigDict, prefix: str = "") -> dict[str, Any]:
    """Returns the fields as one flat dict, keyed "data.batch_size" and the like."""
    fields: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, ConfigDict):
            fields |= flatten(value, f"{prefix}{key}.")
        else:
            fields[prefix + key] = value
    return fields


def save(config: ConfigDict, path: pathlib.Path) -> None:
    """Writes the configuration as JSON, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    with files.written_whole(path) as partial:
        partial.write_text(config.to_json(indent=2) + "\n")


def load(path: pathlib.Path) -> ConfigDict:
    """Reads a configuration that `save` wrote.

    Raises:
        InputError: there is none, it is not JSON, or as `from_dict`.
    """
    try:
        fields = json.loads(path.read_text())
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; give the workdir of a training run, or a model folder"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a configuration: broken JSON: {error}") from error
    return from_dict(fields, str(path))


def from_dict(fields: Any, origin: str) -> ConfigDict:
    """Overrides the defaults by fields as JSON has them, with lists for tuples.

    Args:
        fields: nested dicts.
        origin: where they come from, for the message.

    Raises:
        InputError: a name that is no field of this version, or a value of another type; all are
            listed.
    """
    config = get_config()
    if problems := _fill(config, fields, "config"):
        listing = "\n".join(f"  {problem}" for problem in problems)
        raise InputError(f"{origin}: not a configuration of this version:\n{listing}")
    return config


def _fill(part: ConfigDict, fields: Any, prefix: str) -> list[str]:
    """Sets a part's fields, and returns what is wrong with those that it leaves out."""
    if not isinstance(fields, dict):
        return [f"{prefix}={fields!r}: must be an object of fields"]
    problems = []
    for name, value in fields.items():
        field = f"{prefix}.{name}"
        if name not in part:
            problems.append(f"{field}: there is no such field")
        elif isinstance(part[name], ConfigDict):
            problems += _fill(part[name], value, field)
        elif problem := _check_type(part[name], value):
            problems.append(f"{field}={value!r}: must be {problem}")
        else:
            try:
                part[name] = type(part[name])(value)
            except OverflowError:
                problems.append(f"{field}={value!r}: must be a finite number")
    return problems


def _check_type(default: Any, value: Any) -> str:
    """Returns the type that a field has, if a value of it has another one, or ""."""
    if isinstance(default, list | tuple):
        fits = isinstance(value, list | tuple) and all(type(item) in (int, float) for item in value)
        return "" if fits else "a list of numbers"
    types = (int, float) if type(default) is float else (type(default),)
    return "" if type(value) in types else f"of type {type(default).__name__}"


def differences(old: ConfigDict, new: ConfigDict) -> list[str]:
    """Names, with both values, the fields in which two configurations differ.

    Fields that a resumed run may change (`RESUMABLE_CHANGES`) do not count; the length does where
    learning rates decay at the end.
    """
    before, after = flatten(old), flatten(new)
    free = RESUMABLE_CHANGES - (_LENGTH if new.train.linear_decay else set())
    return [
        f"config.{name}: was {before[name]!r}, is {after[name]!r}"
        for name in before
        if name not in free and before[name] != after[name]
    ]
