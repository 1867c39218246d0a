"""The rows of the reports against the reports' own text."""

import functools

import jax
import jax.numpy as jnp
import pytest
from reproduction import points, protocol, published, rows

from jaxcolor import models
from jaxcolor.config import flatten

# The row that a row starts from: what is stated for it holds here too, unless it is stated anew.
BASES = {
    **dict.fromkeys(("W1x", "W2", "W3"), "W1"),
    **{"W2x": "W2", "W3x": "W3"},
    **dict.fromkeys(("O1i", "O2"), "O1"),
    **{"O2i": "O2"},
    **dict.fromkeys(("S1x", "S2", "S3"), "S1"),
    **{"S2x": "S2", "S4b": "S4", "S5b": "S5", "S7x": "S7"},
    **dict.fromkeys(("A2", "A3", "A4", "A5", "A6", "A7"), "A1"),
    **{"A7b": "A7"},
    **dict.fromkeys(("B1b", "B1c", "B1d", "B1e", "B2", "B3", "B4"), "B1"),
}
# Of a row, a field, its value, and where the report states it.
STATED = [
    ("W1", "data.num_train_images", 5000, "IV"),
    ("W1", "data.num_validation_images", 900, "IV"),
    ("W1", "data.num_test_images", 1000, "IV"),
    ("W1", "data.image_size", 256, "IV"),
    ("W1", "data.color_space", "rgb", "IV"),
    ("W1", "generator.name", "bilinear_residual_unet", "V.A.1"),
    ("W1", "discriminator.norm", "batch", "V.A.2"),
    ("W1", "objective.lambda_l1", 100.0, "V.B.1"),
    ("W1", "objective.name", "pix2pix", "eq. 3 and 4"),
    ("W1", "objective.lambda_gan", 1.0, "eq. 3"),
    ("W1", "objective.lambda_lpips", 0.0, "eq. 3"),
    *[
        ("W1", f"optimizer.{network}.{field}", value, "V.A.3")
        for network in ("generator", "discriminator")
        for field, value in (("name", "adam"), ("learning_rate", 2e-4), ("b1", 0.5), ("b2", 0.999))
    ],
    ("W2", "objective.lambda_lpips", 1.0, "eq. 5"),
    ("W2", "objective.lambda_l1", 100.0, "eq. 5"),
    ("W3", "objective.name", "wgan", "V.D"),
    ("W3", "objective.lambda_gp", 10.0, "V.D"),
    ("W3", "objective.critic_steps", 3, "V.D"),
    ("W3", "objective.lambda_l1", 100.0, "V.D"),
    *[
        ("W3", f"optimizer.{network}.{field}", value, "V.A.3")
        for network in ("generator", "discriminator")
        for field, value in (("name", "rmsprop"), ("learning_rate", 5e-5))
    ],
    *[
        (row, field, value, "IV")
        for row in ("W1x", "W2x", "W3x")
        for field, value in (
            ("data.num_train_images", 20000),
            ("data.num_validation_images", 3500),
            ("data.num_test_images", 3500),
        )
    ],
    ("O1", "data.image_size", 256, "IV"),
    ("O1", "data.color_space", "lab", "IV"),
    ("O1", "generator.name", "unet", "III"),
    ("O1", "objective.name", "pix2pix", "III"),
    ("O1", "objective.lambda_gan", 1.0, "III"),
    ("O1", "objective.lambda_l1", 100.0, "chosen, as in pix2pix"),
    ("O1", "generator.num_filters", 64, "V"),
    ("O1", "discriminator.num_layers", 3, "V"),
    ("O1", "discriminator.num_filters", 64, "V"),
    ("O1", "train.num_epochs", 100, "VI"),
    ("O2", "objective.name", "wgan", "III"),
    ("O2", "objective.critic_steps", 5, "chosen, as in the WGAN paper"),
    ("O2", "objective.clip", 0.01, "chosen, as in the WGAN paper"),
    *[
        ("O2", f"optimizer.{network}.{field}", value, "V")
        for network in ("generator", "discriminator")
        for field, value in (("name", "rmsprop"), ("learning_rate", 5e-5))
    ],
    *[
        (row, field, value, "V.B to V.D, training data size and testing data size")
        for row in ("S1", "S4", "S5", "S6", "S7")
        for field, value in (
            ("data.train_split", "train[:2400]"),
            ("data.test_split", "train[2400:3000]"),
        )
    ],
    *[
        (row, field, value, "IV")
        for row in ("S1x", "S2x", "S7x")
        for field, value in (
            ("data.train_split", "train[:8000]"),
            ("data.test_split", "train[8000:10000]"),
        )
    ],
    *[(row, "data.image_size", 256, "IV") for row in ("S1", "S4", "S5", "S6", "S7")],
    *[(row, "data.color_space", "lab", "IV") for row in ("S1", "S4", "S5", "S7")],
    ("S6", "data.color_space", "lab_full", "IV"),
    *[(row, "discriminator.num_layers", 3, "V.A, 70 × 70") for row in ("S1", "S4", "S5", "S6")],
    *[(row, "objective.lambda_gan", 1.0, "eq. 3 to 6") for row in ("S1", "S4", "S5", "S6")],
    ("S1", "data.batch_size", 20, "V.B"),
    ("S1", "train.num_epochs", 10, "V.B"),
    ("S1", "objective.name", "pix2pix", "V.B"),
    ("S1", "objective.lambda_l1", 100.0, "V.B"),
    ("S1", "optimizer.generator.name", "adam", "V.B"),
    ("S1", "optimizer.discriminator.name", "adam", "V.B"),
    ("S1", "optimizer.generator.learning_rate", 2e-4, "V.B"),
    ("S1", "optimizer.discriminator.learning_rate", 2e-4, "V.B"),
    ("S1", "discriminator.norm", "batch", "V.A"),
    ("S2", "generator.name", "dynamic_unet", "V.B"),
    ("S2", "generator.pretrained", True, "V.B"),
    ("S2", "train.num_epochs", 20, "figure 9"),
    ("S2", "train.pretrain_epochs", 20, "chosen, as in reports 003 and 004"),
    ("S2x", "train.num_epochs", 10, "chosen, by figure 7 of S7x"),
    ("S3", "generator.name", "attention_unet", "V.A"),
    ("S3", "train.num_epochs", 20, "figure 10"),
    *[
        (row, field, value, "V.C")
        for row in ("S4", "S5")
        for field, value in (
            ("data.batch_size", 32),
            ("train.num_epochs", 20),
            ("objective.name", "wgan"),
            ("optimizer.generator.learning_rate", 5e-5),
            ("optimizer.discriminator.learning_rate", 5e-5),
            ("discriminator.norm", "batch"),
        )
    ],
    *[(row, "objective.lambda_l1", 100.0, "chosen, V.C with λ as in V.B") for row in ("S4", "S5")],
    *[(row, "objective.critic_steps", 5, "chosen, as in the papers") for row in ("S4", "S5")],
    ("S4", "objective.lambda_gp", 10.0, "chosen, as in the WGAN-GP paper"),
    ("S4", "optimizer.generator.name", "adam", "V.C"),
    ("S4", "optimizer.discriminator.name", "adam", "V.C"),
    ("S4b", "objective.lambda_gp", 100.0, "V.C and eq. 4"),
    ("S4b", "objective.lambda_l1", 0.0, "eq. 4"),
    ("S5", "optimizer.generator.name", "rmsprop", "V.C"),
    ("S5", "optimizer.discriminator.name", "rmsprop", "V.C"),
    ("S5", "objective.clip", 0.01, "V.C"),
    ("S5b", "objective.lambda_l1", 0.0, "eq. 5"),
    ("S6", "data.batch_size", 1, "V.D"),
    ("S6", "train.num_epochs", 20, "V.D"),
    ("S6", "discriminator.norm", "batch", "V.A"),
    ("S6", "objective.name", "cyclegan", "V.D"),
    ("S6", "objective.cyclegan.lambda_cycle", 10.0, "V.D"),
    ("S6", "objective.cyclegan.lambda_identity", 0.0, "V.D"),
    ("S6", "objective.cyclegan.lambda_detail", 5.1, "0.51 λ, eq. 6"),
    *[
        ("S6", f"optimizer.{network}.{field}", value, "V.D")
        for network in ("generator", "discriminator")
        for field, value in (("name", "adam"), ("learning_rate", 1e-5), ("b1", 0.5), ("b2", 0.999))
    ],
    ("S6", "objective.cyclegan.pool_size", 50, "chosen, as in CycleGAN's code"),
    ("S6", "generator.name", "resnet", "chosen, as in CycleGAN's code"),
    ("S6", "train.linear_decay", 0.5, "chosen, as in CycleGAN's code"),
    ("S7", "generator.name", "dynamic_unet", "figure 8"),
    ("S7", "generator.pretrained", True, "V.B"),
    ("S7", "objective.name", "regression", "chosen, figure 8 names no GAN"),
    ("S7", "train.num_epochs", 20, "figure 8"),
    ("S7x", "train.num_epochs", 10, "figure 7"),
    ("A1", "data.train_split", "train[:8000]", "4.1"),
    ("A1", "data.test_split", "train[8000:10000]", "4.1"),
    ("A1", "data.color_space", "lab", "4.2"),
    ("A1", "data.batch_size", 16, "4.4"),
    ("A1", "train.num_epochs", 50, "4.4"),
    ("A1", "train.pretrain_epochs", 0, "4.6, pretraining is another model's"),
    ("A1", "objective.lambda_gan", 1.0, "eq. 3"),
    ("A1", "generator.name", "unet", "3.1"),
    ("A1", "objective.name", "pix2pix", "eq. 3"),
    ("A1", "objective.lambda_l1", 100.0, "chosen, 4.6 and the authors' code"),
    *[
        ("A1", f"optimizer.{network}.{field}", value, "4.4")
        for network in ("generator", "discriminator")
        for field, value in (("name", "adam"), ("learning_rate", 2e-4), ("b1", 0.5), ("b2", 0.999))
    ],
    ("A2", "objective.lambda_gan", 1e-3, "3.3, the last equation"),
    ("A2", "objective.lambda_content", 1.0, "3.3, the last equation"),
    ("A2", "objective.lambda_l1", 0.0, "4.6"),
    ("A2", "objective.content_tap", "relu13", "4.6 and eq. 4"),
    ("A2", "objective.content_backbone", "vgg16", "3.3"),
    ("A3", "objective.lambda_l1", 100.0, "4.6"),
    ("A3", "objective.lambda_content", 10.0, "4.6"),
    ("A3", "objective.content_tap", "relu7", "4.6 and eq. 4"),
    ("A3", "objective.content_backbone", "vgg16", "3.3"),
    ("A4", "generator.name", "residual", "4.6"),
    ("A4", "generator.num_filters", 64, "4.6"),
    ("A5", "generator.name", "residual_unet", "3.2"),
    ("A5", "generator.dropout", 0.5, "3.2"),
    ("A6", "generator.name", "upscaler", "4.6"),
    ("A6", "data.color_space", "lab_to_rgb", "4.6"),
    ("A6", "init_from", "runs/a5", "4.6"),
    ("A7", "train.pretrain_epochs", 20, "4.6"),
    ("A7", "optimizer.pretraining.name", "adam", "4.4"),
    ("A7", "optimizer.pretraining.learning_rate", 1e-4, "4.4"),
    ("A7", "optimizer.pretraining.b1", 0.9, "4.4, default values"),
    ("A7", "optimizer.pretraining.b2", 0.999, "4.4, default values"),
    ("A7b", "generator.name", "dynamic_unet", "the authors' code"),
    ("A7b", "generator.pretrained", True, "the authors' code"),
    ("B1", "data.train_split", "train[:8000]", "5.6"),
    ("B1", "data.test_split", "train[8000:8100]", "6.1, 100 images"),
    ("B1", "data.image_size", 256, "4.4"),
    ("B1", "data.augment", True, "4.4"),
    ("B1", "data.color_space", "lab", "4.4"),
    ("B1", "data.batch_size", 64, "5.7"),
    ("B1", "generator.name", "fusion", "5.3"),
    ("B1", "generator.num_filters", 64, "table 1"),
    ("B1", "generator.segmentation", "deeplab_v3_resnet50", "4.3"),
    ("B1", "generator.embedding", "inception_resnet_v2", "4.2"),
    ("B1", "generator.dropout", 0.0, "5.7"),
    ("B1", "objective.name", "pix2pix", "eq. 4"),
    ("B1", "objective.lambda_gan", 1.0, "eq. 4"),
    ("B1", "objective.lambda_l1", 100.0, "chosen, by table 3"),
    ("B1", "objective.discriminator_every", 5, "5.6"),
    ("B1", "train.pretrain_epochs", 20, "5.5"),
    ("B1", "optimizer.pretraining.learning_rate", 1e-4, "5.5"),
    ("B1", "train.num_epochs", 15, "5.6"),
    *[
        ("B1", f"optimizer.{network}.{field}", value, "5.6")
        for network in ("generator", "discriminator")
        for field, value in (("name", "adam"), ("learning_rate", 2e-4), ("b1", 0.5), ("b2", 0.999))
    ],
    ("B1b", "generator.dropout", 0.2, "5.7"),
    ("B1c", "generator.dropout", 0.5, "5.7"),
    ("B1d", "data.batch_size", 16, "5.7"),
    ("B1e", "objective.discriminator_every", 1, "chosen, figure 3 before changes"),
    ("B2", "train.pretrain_epochs", 0, "table 2"),
    ("B3", "generator.segmentation", "", "table 2"),
    ("B4", "generator.embedding", "", "table 2"),
    ("B5", "data.train_split", "train[:8000]", "figure 4"),
    ("B5", "data.test_split", "train[8000:8100]", "6.1, 100 images"),
    ("B5", "data.image_size", 256, "4.4"),
    ("B5", "data.color_space", "lab", "4.4"),
    ("B5", "data.augment", True, "4.4"),
    ("B5", "generator.name", "fusion", "table 4"),
    ("B5", "generator.segmentation", "", "table 4"),
    ("B5", "generator.embedding", "inception_resnet_v2", "5.1"),
    ("B5", "objective.name", "regression", "eq. 1"),
    ("B5", "objective.lambda_l1", 0.0, "eq. 1"),
    ("B5", "objective.lambda_l2", 1.0, "eq. 1: half of the sum over a and b"),
    ("B5", "optimizer.generator.name", "adam", "5.1"),
    ("B5", "optimizer.generator.learning_rate", 1e-3, "5.1"),
    ("B5", "train.num_epochs", 15, "figure 4"),
    ("B5", "data.batch_size", 64, "figure 4"),
    ("B6", "generator.name", "unet", "5.2"),
    ("B6", "objective.name", "pix2pix", "5.2"),
    ("B6", "data.batch_size", 64, "chosen, as in row B1"),
    ("B6", "train.num_epochs", 15, "chosen, as in row B1"),
]
# Trainable parameters of the generator, and of the discriminator where both are alike: A6's sees
# the gray image beside RGB here.
AUTHORS = [
    # The last convolution has a bias of two values, which the authors' has not.
    ("A1", 54_409_856 + 2, 2_765_633),
    ("A4", 593_666, 2_765_633),
    ("A5", 112_344_320, 2_765_633),
    ("A6", 112_344_320 + 612_628, None),
    ("A7", 54_409_856 + 2, 2_765_633),
    ("A7b", 31_099_672, 2_765_633),
]


@functools.cache
def fields(row):
    return flatten(protocol.EXPERIMENTS[row]["get_config"]())


def stated(row):
    own = {field: (value, where) for name, field, value, where in STATED if name == row}
    assert len(own) == sum(name == row for name, *_ in STATED)
    return stated(BASES[row]) | own if row in BASES else own


@pytest.mark.parametrize("row", protocol.EXPERIMENTS)
def test_what_a_report_states_is_what_the_row_has(row):
    found = {field: (fields(row)[field], where) for field, (_, where) in stated(row).items()}
    assert found == stated(row)
    assert found


def test_no_stated_constant_is_of_another_row():
    assert {row for row, *_ in STATED} | set(BASES) <= set(protocol.EXPERIMENTS)
    assert {row for table in published.TABLES for row in table.rows} - set(
        protocol.EXPERIMENTS
    ) == {"cGAN", "pix2pix", "Palette", "typical", "optimal"}


@pytest.mark.parametrize(("row", "generator", "discriminator"), AUTHORS)
def test_networks_have_as_many_parameters_as_the_authors_own(row, generator, discriminator):
    config = protocol.EXPERIMENTS[row]["get_config"]()
    size = config.data.image_size
    shapes = models.variable_shapes(models.build_generator(config), size)
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes["params"])) == generator
    if discriminator:
        network = models.build_discriminator(config)
        pair = jnp.zeros((1, size, size, 3))
        shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), pair))
        assert sum(leaf.size for leaf in jax.tree.leaves(shapes["params"])) == discriminator


@pytest.mark.parametrize("row", protocol.EXPERIMENTS)
def test_docstrings_say_what_is_stated_chosen_and_different(row):
    docstring = protocol.EXPERIMENTS[row]["__doc__"]
    assert docstring.startswith(f"Report 00{'WOSAB'.index(row[0])}, row {row}: ")
    assert f"row {BASES.get(row, '')}" in docstring
    found = points.read(docstring)
    assert found
    assert all(text for section in found.values() for text in section.values())


def test_points_of_a_docstring():
    docstring = """Report 9, row X: something.

        python a command

    Chosen:
        batch: 16, which
            is: small
        λ: 100

    Differs:
        size: 64
    """
    assert points.summary(docstring) == "something"
    assert points.read(docstring) == {
        "Chosen": {"batch": "16, which is: small", "λ": "100"},
        "Differs": {"size": "64"},
    }
    assert points.markdown({"X": ("something", points.read(docstring))}).splitlines()[-4:] == [
        "- X: something",
        "  - chosen, batch: 16, which is: small",
        "  - chosen, λ: 100",
        "  - differs, size: 64",
    ]
    for wrong in ("Chosen:\nbatch: 16", "Chosen:\n    16", "Chosen:\n    a: 1\n    a: 2"):
        with pytest.raises(ValueError, match="must be a new point"):
            points.read(wrong)


def test_an_epoch_takes_as_long_as_after_the_pretraining():
    config = protocol.EXPERIMENTS["S2"]["get_config"]()
    config.train.pretrain_steps = 10
    speeds = [(5, 100.0), (10, 90.0), (15, 20.0), (20, 30.0)]
    assert rows.seconds_per_epoch(config, 500, speeds) == 20
    assert rows.seconds_per_epoch(config, 500, speeds[:2]) is None


def test_figures_stand_as_printed():
    assert published.beside_ours("A5")["MAE 0–255"] == "15.56"
    assert published.beside_ours("B1d") == published.beside_ours("S1") == {}
    parts = {
        (table.part, row): table.figures(row) for table in published.TABLES for row in table.rows
    }
    assert parts["least", "S2"] == {"PSNR": "23.47", "SSIM": "49/7"}
    elsewhere = "elsewhere; 5,000 ImageNet images, cGAN on CIFAR"
    assert parts[elsewhere, "cGAN"] == {"ε-acc., %": "65.5", "MAE 0–255": "5.1"}
    assert published.of_training_images("O2")
    assert not published.of_training_images("O2i")
