"""The script that trains all experiments of the reports under one protocol."""

import argparse
import json
import sys

import pytest
from conftest import ROOT

from jaxcolor.config import InputError

sys.path.insert(0, str(ROOT / "scripts"))
import reproduce


@pytest.fixture
def args(photos, tmp_path):
    return argparse.Namespace(
        data=photos,
        experiments="s1,A2",
        workdir=tmp_path / "work",
        budget_images=8,
        image_size=32,
        fid_dims=2048,
        fid_mode="pytorch_fid",
        set=[
            "all.data.batch_size=2",
            "all.data.validation_fraction=0.3",
            "all.data.test_fraction=0.3",
            "all.generator.num_filters=4",
            "all.discriminator.num_filters=4",
        ],
    )


def test_every_experiment_of_the_reports_has_its_row_and_its_file():
    files = {path.stem.upper() for path in reproduce.CONFIGS.glob("*.py")}
    assert files == set(reproduce.EXPERIMENTS)
    assert len(files) == 23


def test_names_in_any_order_and_case():
    assert reproduce.choose("a5,S1,w2") == ["W2", "S1", "A5"]
    assert len(reproduce.choose("all")) == 23
    with pytest.raises(InputError, match=r"there is no A9, X; there are all, W1, W2"):
        reproduce.choose("A9,S1,x")


def test_changes_of_one_and_of_all():
    changes = reproduce.parse_changes(["all.seed=3", "a2.objective.content_tap='192'"])
    assert changes == {"all": {"seed": 3}, "A2": {"objective.content_tap": "192"}}
    assert reproduce.parse_changes(["B1.generator.embedding=mobilenet_v2"]) == {
        "B1": {"generator.embedding": "mobilenet_v2"}
    }
    for wrong in ("seed=3", "A9.seed=3", "all.seed"):
        with pytest.raises(InputError, match=f"--set {wrong}: must be"):
            reproduce.parse_changes([wrong])
    with pytest.raises(InputError, match=r"no field config\.generator\.filters; is it"):
        reproduce.parse_changes(["all.generator.filters=4"])


def test_the_budget_is_shared_by_both_phases(args):
    args.budget_images, args.image_size = 4000, 64
    a7 = reproduce.configure("A7", args, {}, 1000)
    assert (a7.train.pretrain_steps, a7.train.num_steps) == (71, 179)
    s5 = reproduce.configure("S5", args, {}, 1000)
    assert s5.train.num_steps == 25
    args.budget_images = 0
    assert reproduce.configure("S1", args, {}, 1000).train.num_steps == 500
    a6 = reproduce.configure("A6", args, {}, 1000)
    assert a6.init_from == str(args.workdir / "A5")
    assert (a6.data.source, a6.data.image_size) == ("folder", 64)
    with pytest.raises(InputError, match="--set"):
        reproduce.configure("S1", args, {"S1": {"data.batch_size": "many"}}, 1000)


def test_a_failing_experiment_leaves_the_others_alone_and_a_second_call_goes_on(args, capsys):
    reproduce.reproduce(args)
    results = json.loads((args.workdir / "results.json").read_text())
    assert set(results["scores"]) == {"gray", "S1"}
    assert results["scores"]["S1"]["PSNR"]["mean"] > 5
    assert "A2: config.objective.lambda_content=1.0: the weights 'vgg16'" in results["no A2"]
    page = (args.workdir / "index.html").read_text()
    assert "the weights &#x27;vgg16&#x27;" in page
    assert "| S1" in (args.workdir / "results.md").read_text()

    before = (args.workdir / "S1" / "result.json").stat().st_mtime_ns
    capsys.readouterr()
    reproduce.reproduce(args)
    assert "step 4 of 4" in capsys.readouterr().out
    assert (args.workdir / "S1" / "result.json").stat().st_mtime_ns == before
    assert json.loads((args.workdir / "results.json").read_text()) == results
