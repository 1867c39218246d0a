"""The script that trains all experiments of the reports under one protocol."""

import argparse
import json
import re

import numpy as np
import pytest
import reproduce
import web_page
from reproduction import experiment, protocol

from jaxcolor import images, inference, listing
from jaxcolor.config import InputError
from jaxcolor.data import sources, transforms


@pytest.fixture
def args(photos, tmp_path):
    return argparse.Namespace(
        data=photos,
        experiments="s1,A2",
        workdir=tmp_path / "work",
        budget_images=8,
        budget_of=[],
        other_data=None,
        pictures=None,
        image_size=32,
        fid_dims=[2048, 64],
        fid_mode="pytorch_fid",
        set=[
            "all.data.batch_size=2",
            "all.data.validation_fraction=0.3",
            "all.data.test_fraction=0.3",
            "all.generator.num_filters=4",
            "all.discriminator.num_filters=4",
        ],
    )


def test_every_file_of_the_reports_is_an_experiment():
    files = {path.stem.capitalize() for path in protocol.CONFIGS.glob("*.py")}
    assert files == set(protocol.EXPERIMENTS)
    assert len({row["TITLE"] for row in protocol.EXPERIMENTS.values()}) > 35


def test_names_in_any_order_and_case():
    assert protocol.choose("a5,S1,w2,S4B") == ["W2", "S1", "S4b", "A5"]
    assert protocol.choose("all") == list(protocol.EXPERIMENTS)
    with pytest.raises(InputError, match=r"there is no A9, X; there are all, W1, W1x, W2"):
        protocol.choose("A9,S1,x")


def test_changes_of_one_and_of_all():
    changes = protocol.parse_changes(["all.seed=3", "a2.objective.content_tap='192'"])
    assert changes == {"all": {"seed": 3}, "A2": {"objective.content_tap": "192"}}
    assert protocol.parse_changes(["B1.generator.embedding=mobilenet_v2"]) == {
        "B1": {"generator.embedding": "mobilenet_v2"}
    }
    for wrong in ("seed=3", "A9.seed=3", "all.seed"):
        with pytest.raises(InputError, match=f"--set {wrong}: must be"):
            protocol.parse_changes([wrong])
    assert protocol.parse_changes(["S2.generator.pretrained=false"]) == {
        "S2": {"generator.pretrained": False}
    }
    with pytest.raises(InputError, match=r"no field config\.generator\.filters; is it"):
        protocol.parse_changes(["all.generator.filters=4"])
    with pytest.raises(InputError, match="all experiments share it; give --image_size instead"):
        protocol.parse_changes(["all.data.image_size=64"])
    with pytest.raises(InputError, match=r"give --set all\.data\.resize=crop instead"):
        protocol.parse_changes(["S1.data.resize=crop"])
    with pytest.raises(InputError, match=r"give --set all\.data\.num_test_images=9 instead"):
        protocol.parse_changes(["B1.data.num_test_images=9"])


def test_the_budget_is_shared_by_both_phases(args):
    args.budget_images, args.image_size = 4000, 64
    a7 = protocol.configure("A7", args, {}, 1000)
    assert (a7.train.pretrain_steps, a7.train.num_steps) == (71, 179)
    args.budget_images = 16
    small = protocol.configure("A7", args, {}, 1000)
    assert (small.train.pretrain_steps, small.train.pretrain_epochs) == (0, 0)
    args.budget_images = 4000
    args.budget_of = ["s6=7"]
    assert protocol.configure("S6", args, {}, 1000).train.num_steps == 7
    for wrong in ("S6", "A9=7", "S6=0", "S6=few"):
        with pytest.raises(InputError, match=f"--budget_of {wrong}: must be EXPERIMENT=IMAGES"):
            protocol.parse_budgets([wrong])
    s5 = protocol.configure("S5", args, {}, 1000)
    assert s5.train.num_steps == 125  # Its critic has five batches of 32 in each of them.
    args.budget_images = 0
    assert protocol.configure("S1", args, {}, 1000).train.num_steps == 500
    few = protocol.configure("S1", args, {"S1": {"data.num_train_images": 100}}, 1000)
    assert few.train.num_steps == 50
    a6 = protocol.configure("A6", args, {}, 1000)
    assert a6.init_from == str(args.workdir / "A5")
    assert (a6.data.source, a6.data.image_size) == ("folder", 64)
    a6 = protocol.configure("A6", args, {"A6": {"init_from": "/elsewhere/run"}}, 1000)
    assert a6.init_from == "/elsewhere/run"
    with pytest.raises(InputError, match="--set"):
        protocol.configure("S1", args, {"S1": {"data.batch_size": "many"}}, 1000)


def test_experiments_that_the_protocol_makes_equal_are_found(args):
    changes = {"all": {"data.batch_size": 8}, "W2": {"data.num_train_images": 20}}
    names = ("W1", "W1x", "W2", "W2x", "O1", "S1", "S4", "S4b")
    configs = {name: protocol.configure(name, args, changes, 1000) for name in names}
    found = protocol.first_equal(configs)
    assert {name: first for name, first in found.items() if name != first} == {
        "W1x": "W1",
        "S1": "O1",
    }


def test_equal_experiments_are_trained_once_and_training_images_are_scored(args, capsys):
    args.experiments, args.budget_images = "O1,S1", 2
    args.other_data = args.data / "a"
    reproduce.reproduce(args)
    scores = json.loads((args.workdir / "results.json").read_text())["scores"]
    other = {f"{name}, other data" for name in ("gray", "package", "O1", "S1")}
    assert set(scores) == {"gray", "O1", "S1", "O1, training images", *other}
    assert scores["package, other data"]["PSNR"] != scores["gray, other data"]["PSNR"]
    assert scores["S1"] == scores["O1"] != scores["O1, training images"]
    assert not (args.workdir / "S1").exists()
    assert "S1: U-Net; equal to O1 under this protocol" in capsys.readouterr().out
    written = (args.workdir / "results.md").read_text()
    assert "  - differs, flips: half of the training images" in written.partition("| O1")[2]
    assert "report 001, table 1; training images" in (args.workdir / "index.html").read_text()


def test_a_result_for_other_test_images_is_not_taken(args, monkeypatch):
    """One image of the test set changes, and it is not among those that the page shows."""
    for path in args.data.rglob("*.png"):
        for i in range(4):
            path.with_stem(f"{path.stem}_{i}").write_bytes(path.read_bytes())
    given = []
    monkeypatch.setattr(
        experiment,
        "run",
        lambda name, config, args, conditions, other: given.append(conditions),
    )
    args.experiments = "S1"
    reproduce.reproduce(args)
    reproduce.reproduce(args)
    data = protocol.configure("S1", args, protocol.parse_changes(args.set), 8).data
    test = sources.open_splits(data, ["test"], 16)["test"]
    assert len(test) > 12
    images.write(test.paths[1], test[1][::-1])
    reproduce.reproduce(args)
    assert given[0] == given[1]
    assert given[0] != given[2]


def test_a_failing_experiment_leaves_the_others_alone_and_a_second_call_goes_on(
    args, capsys, monkeypatch
):
    reproduce.reproduce(args)
    results = json.loads((args.workdir / "results.json").read_text())
    assert set(results["scores"]) == {"gray", "S1"}
    assert results["scores"]["S1"]["PSNR"]["mean"] > 5
    assert "A2: config.objective.lambda_content=1.0: the weights 'vgg16'" in results["no A2"]
    page = (args.workdir / "index.html").read_text()
    assert "the weights &#x27;vgg16&#x27;" in page
    assert re.search(r"<td>U-Net; \d+ s per epoch</td>", page)
    assert "| S1" in (args.workdir / "results.md").read_text()

    # A second call, with other threads, finds what the first one left, without training or scoring
    # anything. It shows other pictures.
    monkeypatch.setattr(experiment.loop, "train_and_evaluate", None)
    args.experiments, args.pictures = "S1", args.data / "a"
    args.set.append("all.data.num_threads=5")
    reproduce.reproduce(args)
    assert "photo 6, S1" not in page
    page = (args.workdir / "index.html").read_text()
    assert "photo 6, S1" in page
    assert "photo 7" not in page
    shown = sources.FileSource(listing.find(args.pictures))
    photos = np.stack([transforms.fit(shown[i], 32, "stretch") for i in range(6)])
    colors = inference.Colorizer.from_checkpoint(args.workdir / "S1", last=True).predict(photos)
    assert web_page.image(colors[5], "photo 6, S1") in page
    again = json.loads((args.workdir / "results.json").read_text())
    assert again["scores"] == results["scores"]
    assert "TypeError" not in capsys.readouterr().out
    monkeypatch.undo()

    # What was torn by a full disk is not taken for a result, and stops no other experiment.
    (args.workdir / "S1" / "result.json").write_text('{"conditions":')
    events = next((args.workdir / "S1" / "events").iterdir())
    events.write_bytes(events.read_bytes()[:-5])
    reproduce.reproduce(args)
    assert "step 4 of 4" in capsys.readouterr().out
    fixed = json.loads((args.workdir / "results.json").read_text())
    assert fixed["scores"]["S1"]["PSNR"] == results["scores"]["S1"]["PSNR"]

    args.budget_images, args.experiments = 12, "S1,A6"
    reproduce.reproduce(args)
    refused = json.loads((args.workdir / "results.json").read_text())
    assert "holds a run of 4 steps, and the budget makes it 6" in refused["no S1"]
    assert "A6 starts from" in refused["no A6"]
    assert "run A5 first" in refused["no A6"]
