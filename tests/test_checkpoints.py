import json
import os
import shutil

import damage_checkpoints
import jax
import numpy as np
import pytest
from comparison import assert_trees_close
from damage_checkpoints import OUTCOMES, READINGS

from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.training import loop
from jaxcolor.training.checkpoint import Checkpoints
from jaxcolor.training.validation import Validation


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return damage_checkpoints.make_run(tmp_path_factory.mktemp("checkpoints") / "run")


@pytest.fixture
def workdir(saved, tmp_path):
    """A copy of the run, whose best checkpoint is of step 2 and whose last is of step 4."""
    return shutil.copytree(saved.workdir, tmp_path / "run")


def exchange_values(checkpoint, other):
    """Gives a checkpoint the values of another one, which nothing but a digest can notice."""
    shutil.rmtree(checkpoint / "state")
    shutil.copytree(other / "state", checkpoint / "state")


@pytest.mark.parametrize("name", READINGS)
def test_a_damaged_checkpoint_is_noticed(saved, name):
    outcomes = damage_checkpoints.count_outcomes(saved, READINGS[name], 40, seed=1)
    assert outcomes[OUTCOMES[-1]] == 0
    assert outcomes.total() == 40
    assert outcomes[OUTCOMES[1]] > 5


@pytest.mark.parametrize("name", READINGS)
def test_the_other_checkpoint_is_used_with_one_line(saved, workdir, name, capsys):
    reading = READINGS[name]
    exchange_values(*(workdir / "checkpoints" / str(step) for step in reading[2:]))
    found = reading.read(saved, workdir)
    assert_trees_close(found, reading.pick(saved.states[reading.other]))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: ")
    assert f"checkpoints/{reading.step}: the checkpoint is damaged" in line
    assert "is not what was saved" in line
    assert line.endswith(f"using that of step {reading.other}")


@pytest.mark.parametrize("name", READINGS)
def test_where_no_checkpoint_is_left_each_is_named(saved, workdir, name):
    for step in saved.states:
        shutil.rmtree(workdir / "checkpoints" / str(step) / "state" / "d")
    with pytest.raises(InputError) as error:
        READINGS[name].read(saved, workdir)
    for step in saved.states:
        assert f"checkpoints/{step}: the checkpoint is damaged" in str(error.value)
    assert "no other checkpoint is left" in str(error.value)
    assert sorted(path.name for path in (workdir / "checkpoints").iterdir()) == ["2", "4"]


@pytest.mark.parametrize("name", READINGS)
def test_damaged_scores_leave_the_other_checkpoint_within_reach(saved, workdir, name, capsys):
    reading = READINGS[name]
    path = workdir / "checkpoints" / str(reading.step) / "record" / "record.json"
    path.write_text(path.read_text().replace('"PSNR": ', '"PSNR": 9'))
    assert_trees_close(reading.read(saved, workdir), reading.pick(saved.states[reading.other]))
    assert "its record is not what was saved" in capsys.readouterr().err


@pytest.mark.parametrize("name", READINGS)
def test_an_empty_newest_folder_is_called_half_written(saved, workdir, name, capsys):
    reading = READINGS[name]
    (workdir / "checkpoints" / "5").mkdir()
    expected = saved.states[4 if name == "resume" else 2]
    assert_trees_close(reading.read(saved, workdir), reading.pick(expected))
    printed = capsys.readouterr().err
    assert "checkpoints/5: the checkpoint is damaged or half-written" in printed
    assert "its record: No such file" in printed
    for step in saved.states:
        shutil.rmtree(workdir / "checkpoints" / str(step))
    (workdir / "checkpoints" / "5").mkdir(exist_ok=True)
    with pytest.raises(InputError, match=r"checkpoints/5: .*half-written.*\nno other checkpoint"):
        reading.read(saved, workdir)


def test_a_resumed_run_repeats_the_steps_of_a_damaged_checkpoint(
    config, tmp_path, monkeypatch, capsys
):
    quality = {1: 20.0, 2: 30.0, 3: 10.0, 4: 15.0}
    monkeypatch.setattr(Validation, "__call__", lambda self, step, *_: {"PSNR": quality[step]})
    config.train.num_steps, config.train.eval_every = 4, 1
    whole = jax.device_get(loop.train_and_evaluate(config, tmp_path / "run"))
    checkpoints = tmp_path / "run" / "checkpoints"
    exchange_values(checkpoints / "4", checkpoints / "2")
    capsys.readouterr()
    resumed = jax.device_get(loop.train_and_evaluate(config, tmp_path / "run"))
    output = capsys.readouterr()
    assert "step 3 of 4" in output.out
    assert "using that of step 3" in output.err
    jax.tree.map(np.testing.assert_array_equal, resumed, whole)
    assert sorted(path.name for path in checkpoints.iterdir()) == ["2", "3", "4", "4.damaged"]
    assert loop.train_and_evaluate(config, tmp_path / "run").step == 4
    assert capsys.readouterr().err == ""


def test_values_that_are_not_finite_are_refused(saved, tmp_path):
    state = saved.states[4]
    broken = state.replace(ema=jax.tree.map(lambda leaf: np.full_like(leaf, np.nan), state.ema))
    checkpoints = Checkpoints(tmp_path, create=True)
    checkpoints.save(1, broken, {}, None)
    checkpoints.close()
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(InputError, match=r"checkpoints/1: .*\(ema/.* is not finite\)"):
        checkpoints.restore(state)
    checkpoints.close()


@pytest.mark.parametrize("name", READINGS)
def test_what_may_not_be_read_is_not_taken_for_damaged(saved, workdir, name, monkeypatch):
    reading = READINGS[name]
    monkeypatch.setattr(os, "access", lambda path, _: path.suffix != ".json")  # root may read all.
    with pytest.raises(InputError, match=rf"/{reading.step}/.*json: cannot be read \(Permission d"):
        reading.read(saved, workdir)
    assert sorted(path.name for path in (workdir / "checkpoints").iterdir()) == ["2", "4"]


def test_the_step_that_was_read_is_told(saved, workdir):
    exchange_values(workdir / "checkpoints" / "2", workdir / "checkpoints" / "4")
    checkpoints = Checkpoints(workdir, "PSNR")
    assert checkpoints.best_step() == 2
    assert checkpoints.restore_variables(saved.states[4].ema, ema=True, last=False)[0] == 4
    checkpoints.close()


def test_another_model_is_refused_and_no_earlier_checkpoint_taken(saved, workdir):
    checkpoints = Checkpoints(workdir)
    other = saved.states[4].replace(ema={"params": {"weight": np.zeros(3, np.float32)}})
    with pytest.raises(InputError, match=r"checkpoints/4: .*another model: the shape of ema/"):
        checkpoints.restore(other)
    with pytest.raises(InputError, match=r"checkpoints/4: .*another model: the shape of ema/"):
        checkpoints.restore_variables(other.ema, ema=True, last=True)
    checkpoints.close()
    assert (workdir / "checkpoints" / "4").is_dir()


@pytest.mark.parametrize("name", READINGS)
def test_a_changed_configuration_is_refused_field_by_field(saved, workdir, name):
    fields = json.loads((workdir / "config.json").read_text())
    fields["data"]["bins"]["temperature"] = 0.5
    fields["train"]["log_every"] = 3
    del fields["train"]["ema_decay"]
    (workdir / "config.json").write_text(json.dumps(fields))
    with pytest.raises(InputError) as error:
        READINGS[name].read(saved, workdir)
    assert "config.json: the checkpoint of step " in str(error.value)
    assert "config.data.bins.temperature: was 1.0, is 0.5" in str(error.value)
    assert "config.train.ema_decay: was 0.5, is 0.0" in str(error.value)
    assert "log_every" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{]", "broken JSON"),
        ("[" * 100_000, "broken JSON"),
        (b'{"init_from": "\xff"}', "broken JSON"),
        ("[1]", r"config=\[1\]: must be an object"),
        ('{"data": 3}', "config.data=3: must be an object"),
        ('{"data": {"batch_sise": 1}}', "config.data.batch_sise: there is no such field"),
        ('{"data": {"batch_size": 4.5}}', "config.data.batch_size=4.5: must be of type int"),
        ('{"data": {"batch_size": true}}', "config.data.batch_size=True: must be of type int"),
        (
            '{"train": {"ema_decay": 1' + "0" * 400 + "}}",
            "ema_decay=10*: must be a finite",
        ),
        ('{"data": {"path": null}}', "config.data.path=None: must be of type str"),
        ('{"data": {"bins": {"a": ["x"]}}}', r"config.data.bins.a=\['x'\]: must be a list of num"),
        (
            '{"sed": 1, "init_from": 2}',
            r"config.sed: .*\n  config.init_from=2: must be of type str",
        ),
    ],
)
def test_an_edited_configuration_is_checked(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=rf"config\.json: not a configuration(.|\n)*{message}"):
        config_lib.load(path)


def test_an_edited_configuration_may_have_whole_numbers_for_floats(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"objective": {"lambda_l1": 10}, "data": {"bins": {"a": [1, 2.5]}}}')
    config = config_lib.load(path)
    assert config.objective.lambda_l1 == 10.0
    assert config.data.bins.a == (1, 2.5)
