import ast
import functools
import os
import pathlib

import ablate
import jax
import jax.numpy as jnp
import pytest
import seeded
import seeded_networks
from absl import flags
from conftest import ROOT, run_module
from ml_collections import config_flags
from one_device import on_one_device

from jaxcolor import config as config_lib
from jaxcolor import config_checks, models, objectives
from jaxcolor.backbones import networks, weights
from jaxcolor.config import InputError

CONFIGS = sorted(p for p in (ROOT / "configs").rglob("*.py") if p.parent.name != "data")
load_network = networks.load


@functools.cache
def traced_once(name, taps, image_size):
    """Loads a frozen network that is traced once for each shape of images."""
    backbone = load_network(name, taps, image_size)
    return backbone._replace(features=jax.jit(backbone.features))


@pytest.fixture
def unfilled_weights(monkeypatch):
    """Weights of the right names and shapes, as if they lay on this machine."""

    def load(name):
        tensors = seeded_networks.registered(name, seeded.unfilled)
        return weights.Loaded(tensors, f"{name} hash", pathlib.Path(f"{name}.npz"))

    monkeypatch.setattr(weights, "load", load)
    monkeypatch.setattr(weights, "find", lambda name: (None, pathlib.Path(f"{name}.npz")))
    monkeypatch.setattr(networks, "load", traced_once)


@pytest.mark.usefixtures("unfilled_weights")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_makes_a_step_of_the_size_it_says(path):
    """Only traced, without a computation; the smoke run below is a real one."""
    config = config_lib.from_file(path)
    config_checks.validate(config)
    if path.parent.name == "reports":  # They score what training ended with.
        assert config.train.best_metric == ""
        assert config.train.epoch_of == "generator"
    objective = objectives.build(config, 10)
    state = jax.eval_shape(objective.init, jax.random.key(0))
    space, size = models.build_space(config), models.output_size(config)
    examples = objectives.examples_per_step(config)
    rgb = jax.ShapeDtypeStruct((examples, size, size, 3), jnp.uint8)
    batch = jax.eval_shape(space.to_network, rgb)
    after, metrics = jax.eval_shape(
        on_one_device(objective.step), state, objective.frozen, batch, jax.random.key(0)
    )
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), after) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), state
    )
    assert {leaf.shape for leaf in metrics.values()} == {()}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_says_its_command(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert f"--config {path.relative_to(ROOT).as_posix()}" in docstring


@pytest.mark.usefixtures("unfilled_weights")
@pytest.mark.parametrize("name", ablate.LINES)
def test_every_line_of_the_ablation_changes_what_training_reads(name):
    config = config_lib.from_file(ROOT / "configs" / "flagship.py")
    config.update_from_flattened_dict(ablate.BASE | ablate.LINES[name])
    config_checks.validate(config)
    objectives.prepare(config)


# ml_collections loads the file by a method that Python deprecates.
@pytest.mark.filterwarnings("ignore:.*load_module:DeprecationWarning")
def test_a_config_file_that_starts_from_others_loads_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = os.path.relpath(ROOT / "configs" / "reports" / "b2.py")
    values = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=values, sys_argv=[])
    values(["train", "--config", path])
    assert values.config.data.test_split == "train[8000:8100]"
    assert (values.config.generator.name, values.config.train.pretrain_epochs) == ("fusion", 0)


def test_command_with_the_documented_smoke_flags(tmp_path):
    flags = (
        "data.source=scenes",
        "data.image_size=32",
        "data.batch_size=2",
        "generator.num_filters=8",
        "discriminator.num_filters=8",
        "train.num_steps=2",
    )
    done = run_module(
        "jaxcolor.train",
        *("--config", "configs/pix2pix.py", "--workdir", tmp_path / "run"),
        *(f"--config.{flag}" for flag in flags),
    )
    assert done.returncode == 0, done.stderr
    assert "step 2  validation/PSNR" in done.stdout


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (
            "--config.generator.filters=8",
            "no field config.generator.filters; is it config.generator.num_filters?",
        ),
        ("--config.data.batch_size=many", "--config.data.batch_size=many"),
        (
            "--config.data.batch-size=-4",
            "config.data.batch_size=-4: must be a finite number of at least 1",
        ),
        ("--num_processes=2", "--num_processes=2 --process_id=0: need --coordinator"),
        ("stray", "unexpected arguments ['stray']"),
    ],
)
def test_mistakes_on_the_command_line(flag, message, tmp_path):
    done = run_module(
        "jaxcolor.train",
        *("--config", "configs/quickstart.py", "--workdir", tmp_path / "run"),
        *("--config.data.num_scenes=60", "--config.data.image_size=32", flag),
    )
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_the_nearest_field_is_named():
    with pytest.raises(InputError, match=r"no field .*\.steps; is it config\.train\.num_steps\?"):
        config_checks.check_overrides(["--config.train.steps=8"])


def test_a_missing_and_a_broken_config_file(tmp_path):
    missing = run_module("jaxcolor.train", "--config", "nowhere.py", "--workdir", tmp_path)
    assert missing.returncode != 0
    assert "nowhere.py" in missing.stderr
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from jaxcolor import config as defaults\n"
        "def get_config():\n"
        "    config = defaults.get_config()\n"
        "    config.objective.lamda_l1 = 50.0\n"
        "    return config\n"
    )
    done = run_module("jaxcolor.train", "--config", broken, "--workdir", tmp_path / "run")
    assert done.returncode != 0
    assert "lamda_l1" in done.stderr
    assert "lambda_l1" in done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.resize": "squash"}, "config.data.resize='squash': must be 'stretch' or 'crop'"),
        ({"data.color_space": "xyz"}, "config.data.color_space='xyz': must be 'lab'"),
        ({"train.dtype": "float64"}, "config.train.dtype='float64'"),
        ({"train.matmul_precision": "low"}, "must be 'default' or 'high' or 'highest'"),
        ({"train.epoch_of": "critic"}, "epoch_of='critic': must be 'all' or 'generator'"),
        ({"discriminator.norm": "group"}, "config.discriminator.norm='group'"),
        (
            {"data.num_threads": 0},
            "config.data.num_threads=0: must be a finite number of at least 1",
        ),
        ({"objective.critic_steps": 0}, "config.objective.critic_steps=0"),
        ({"objective.clip": -0.1}, "config.objective.clip=-0.1: must be a finite"),
        ({"objective.lambda_l1": float("nan")}, "config.objective.lambda_l1=nan"),
        ({"optimizer.generator.learning_rate": -1.0}, "generator.learning_rate=-1.0"),
        ({"optimizer.discriminator.b1": 1.0}, r"discriminator.b1=1.0: must be in \[0, 1\)"),
        ({"seed": 2**32}, r"config.seed=4294967296: must be in \[0, 2\*\*32\)"),
        ({"data.min_crop": 0.0}, r"config.data.min_crop=0.0: must be in \(0, 1\]"),
        (
            {"data.min_crop": 0.8, "data.max_crop": 0.7},
            r"config.data.max_crop=0.7: must be in \[min_crop, 1\], with config.data.min_crop=0.8",
        ),
        ({"data.gamma_range": 0.5}, "config.data.gamma_range=0.5: must be a finite"),
        ({"data.film_share": 1.5}, r"config.data.film_share=1.5: must be in \[0, 1\]"),
        ({"data.grain": -1.0}, "config.data.grain=-1.0: must be a finite"),
        ({"generator.dropout": 1.0}, r"config.generator.dropout=1.0: must be in \[0, 1\)"),
        ({"data.test_fraction": 0.9, "data.validation_fraction": 0.2}, "leave no training images"),
        ({"train.num_steps": 0}, "num_steps or config.train.num_epochs"),
    ],
)
def test_values_out_of_range(config, changes, message):
    config.update_from_flattened_dict(changes)
    with pytest.raises(InputError, match=message):
        config_checks.validate(config)


def test_all_mistakes_are_listed_at_once(config):
    config.data.batch_size = 0
    config.train.dtype = "int8"
    with pytest.raises(InputError) as error:
        config_checks.validate(config)
    assert len(str(error.value).splitlines()) == 2


def test_fields_cannot_be_added_nor_change_their_type(config):
    with pytest.raises(AttributeError, match="batch_size"):
        config.data.batch_sise = 4
    with pytest.raises(TypeError, match="batch_size"):
        config.data.batch_size = "4"


def test_saving_and_loading_keeps_every_field(config, tmp_path):
    config.objective.lambda_l1 = 12.5
    config_lib.save(config, tmp_path / "config.json")
    loaded = config_lib.load(tmp_path / "config.json")
    assert loaded == config
    assert type(loaded.objective.lambda_l1) is float
    with pytest.raises(InputError, match="No such file"):
        config_lib.load(tmp_path / "other.json")
    (tmp_path / "config.json").write_text('{"data": {"color": 1}}')
    with pytest.raises(InputError, match="color"):
        config_lib.load(tmp_path / "config.json")


def test_differences_leave_out_what_a_resumed_run_may_change(config):
    other = config.copy_and_resolve_references()
    assert config_lib.differences(config, other) == []
    other.train.num_steps = 50
    other.train.log_every = 1
    assert config_lib.differences(config, other) == []
    other.optimizer.generator.b1 = 0.9
    assert config_lib.differences(config, other) == [
        "config.optimizer.generator.b1: was 0.5, is 0.9"
    ]
    falling = config.copy_and_resolve_references()
    falling.train.linear_decay = 0.5
    longer = falling.copy_and_resolve_references()
    longer.train.num_steps = 50
    assert config_lib.differences(falling, longer) == ["config.train.num_steps: was 2, is 50"]
