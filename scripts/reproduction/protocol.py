"""The common protocol: the reports' configurations with shared data, size and budget."""

import argparse
import ast
import hashlib
import json
import math
import pathlib
import runpy
from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import config_checks, objectives
from jaxcolor.config import InputError

CONFIGS = pathlib.Path(__file__).parents[2] / "configs" / "reports"
_FILES = [path for letter in "wosab" for path in sorted(CONFIGS.glob(f"{letter}*.py"))]
# Name to the globals of its file: its docstring, `TITLE` and `get_config`; in the order of the
# reports.
EXPERIMENTS = {path.stem.capitalize(): runpy.run_path(str(path)) for path in _FILES}
# What all experiments share, and the options that set it for all of them, if there are any.
_SHARED = {
    "data.source": "--data",
    "data.path": "--data",
    "data.image_size": "--image_size",
    "data.validation_fraction": "",
    "data.test_fraction": "",
    "data.split_file": "",
    "data.resize": "",
    "data.num_validation_images": "",
    "data.num_test_images": "",
    "data.train_split": "",
    "data.validation_split": "",
    "data.test_split": "",
}


def choose(text: str) -> list[str]:
    """Reads a list of experiments.

    Args:
        text: "all", or names with commas between them.

    Raises:
        InputError: a name is unknown.
    """
    chosen = list(EXPERIMENTS) if text == "all" else [name.capitalize() for name in text.split(",")]
    if unknown := [name for name in chosen if name not in EXPERIMENTS]:
        raise InputError(
            f"--experiments {text}: there is no {', '.join(unknown)}; there are all, "
            f"{', '.join(EXPERIMENTS)}"
        )
    return [name for name in EXPERIMENTS if name in chosen]


def parse_changes(texts: list[str]) -> dict[str, dict[str, Any]]:
    """Reads `EXPERIMENT.FIELD=VALUE`.

    Returns:
        For "all" and single experiments, fields and their values.

    Raises:
        InputError: no such experiment or field, or one that the protocol sets.
    """
    changes: dict[str, dict[str, Any]] = {}
    for text in texts:
        field, equals, value = text.partition("=")
        name, _, field = field.partition(".")
        if not equals or (name != "all" and name.capitalize() not in EXPERIMENTS):
            raise InputError(f"--set {text}: must be EXPERIMENT.FIELD=VALUE, or all.FIELD=VALUE")
        config_checks.check_overrides([f"--config.{field}={value}"])
        option = _SHARED.get(field)
        if option or (option is not None and name != "all"):
            fix = option or f"--set all.{field}={value}"
            raise InputError(f"--set {text}: all experiments share it; give {fix} instead")
        changes.setdefault(name if name == "all" else name.capitalize(), {})[field] = _parse(value)
    return changes


def parse_budgets(texts: list[str]) -> dict[str, int]:
    """Reads `EXPERIMENT=IMAGES`.

    Returns:
        Training images of single experiments.

    Raises:
        InputError: no such experiment, or no number of images.
    """
    budgets = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name.capitalize() not in EXPERIMENTS or not number.isdecimal() or not int(number):
            raise InputError(f"--budget_of {text}: must be EXPERIMENT=IMAGES, such as S6=6400")
        budgets[name.capitalize()] = int(number)
    return budgets


def _parse(value: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(value)
        except (ValueError, SyntaxError):
            continue
    return value


def configure(
    name: str, args: argparse.Namespace, changes: dict[str, dict[str, Any]], num_images: int
) -> ConfigDict:
    """Makes the configuration of an experiment under the protocol.

    Args:
        name: of the experiment.
        args: of the command line.
        changes: as from `parse_changes`.
        num_images: to train on.

    Raises:
        InputError: a value of the wrong kind, or a budget for no experiment.
    """
    config = EXPERIMENTS[name]["get_config"]()
    own = config_lib.flatten(config)
    if config.init_from:
        config.init_from = str(args.workdir / pathlib.Path(config.init_from).name.capitalize())
    apply(config, args, changes)
    _change(config, changes, name)
    if shared := changes.get("all", {}).keys() - changes.get(name, {}).keys():
        try:
            objectives.prepare(config)
        except config_checks.UnreadFieldsError as error:
            # Fields that are set for all experiments need not be read by each.
            unread = shared & set(error.fields)
            config.update_from_flattened_dict({field: own[field] for field in unread})
        except InputError:
            pass  # It is reported when the experiment runs.
    per_step = objectives.counted_per_step(config)
    train = config.train
    epochs = train.num_epochs + train.pretrain_epochs
    images = parse_budgets(args.budget_of).get(name, args.budget_images)
    budget = images or epochs * (config.data.num_train_images or num_images)
    steps = max(1, math.ceil(budget / per_step))
    train.pretrain_steps = round(steps * train.pretrain_epochs / epochs)
    train.num_steps = max(1, steps - train.pretrain_steps)
    train.num_epochs = train.pretrain_epochs = 0
    train.eval_every = train.checkpoint_every = max(1, math.ceil(steps / 4))
    train.log_every = max(1, math.ceil(steps / 20))
    return config


def apply(config: ConfigDict, args: argparse.Namespace, changes: dict[str, dict[str, Any]]) -> None:
    """Sets what all experiments share: the images, their splits, and their size.

    They train on all images, unless `--set` gives some of them a number.
    """
    defaults = config_lib.flatten(config_lib.get_config())
    without_option = [field for field, option in _SHARED.items() if not option]
    config.update_from_flattened_dict(
        {field: defaults[field] for field in (*without_option, "data.num_train_images")}
    )
    config.data.source, config.data.path = "folder", str(args.data)
    config.data.image_size = args.image_size
    _change(config, changes, "all")


def _change(config: ConfigDict, changes: dict[str, dict[str, Any]], name: str) -> None:
    """Sets fields as `--set` says for an experiment, or for all.

    Raises:
        InputError: a value of the wrong kind.
    """
    try:
        config.update_from_flattened_dict(changes.get(name, {}))
    except TypeError as error:
        raise InputError(f"--set: {error}") from error


def first_equal(configs: dict[str, ConfigDict]) -> dict[str, str]:
    """Maps each experiment to the first one that has the same configuration under the protocol."""
    first: dict[str, str] = {}
    return {name: first.setdefault(config.to_json(), name) for name, config in configs.items()}


def hash_files(paths: Sequence[pathlib.Path]) -> str:
    """Returns the SHA-256, in hex, of those of all files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def num_steps(config: ConfigDict) -> int:
    """Returns the steps of both phases."""
    return int(config.train.pretrain_steps + config.train.num_steps)
