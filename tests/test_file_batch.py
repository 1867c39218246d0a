import os

import numpy as np
import pytest
from conftest import lightness, picture
from PIL import Image

from jaxcolor import colorize, images, listing
from jaxcolor.config import InputError
from jaxcolor.file_batch import Outcome, Output, colorize_files
from jaxcolor.shard import Shard


def test_files_and_folders(colorizer, photos, tmp_path):
    upright = picture(30, 50)
    rotated = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    rotated.save(tmp_path / "rotated.jpg", exif=exif, quality=95, subsampling=0)
    Image.fromarray(picture(8, 8)[..., 0]).save(tmp_path / "gray.bmp")
    inputs = [photos, tmp_path / "rotated.jpg", tmp_path / "gray.bmp"]
    assert colorize_files(colorizer, inputs, Output(tmp_path / "out")) == Outcome(14, 0, [], [])
    written = {p.relative_to(tmp_path / "out").as_posix() for p in listing.find(tmp_path / "out")}
    tree = {p.relative_to(photos).as_posix() for p in listing.find(photos)}
    assert written == tree | {"rotated.jpg", "gray.bmp"}
    out = tmp_path / "out" / "rotated.jpg"
    with Image.open(out) as image:
        assert image.size == (50, 30)
        assert image.getexif().get(0x0112, 1) == 1
    np.testing.assert_allclose(lightness(images.read(out)), lightness(upright), atol=4)
    with Image.open(tmp_path / "out" / "gray.bmp") as image:
        assert image.format == "BMP"


def test_what_cannot_be_read_is_reported_and_the_rest_is_done(colorizer, photos, tmp_path):
    (photos / "bad.jpg").write_bytes(b"nothing")
    (tmp_path / "letter.txt").write_text("dear reader")
    inputs = [tmp_path / "letter.txt", photos]
    problems = colorize_files(colorizer, inputs, Output(tmp_path / "out")).problems
    assert len(problems) == 2
    assert "letter.txt" in problems[0]
    assert "bad.jpg" in problems[1]
    assert len(listing.find(tmp_path / "out")) == 12


def test_whatever_one_file_provokes_the_others_are_done(colorizer, photos, tmp_path):
    class Fragile:
        """Fails on the first image in a way that no reader or writer names."""

        calls = 0

        def __call__(self, image, *guides):
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("of a library")
            return colorizer(image)

    outcome = colorize_files(Fragile(), [photos], Output(tmp_path / "out"))
    assert outcome.problems == [f"{listing.find(photos)[0]}: RuntimeError: of a library"]
    assert len(listing.find(tmp_path / "out")) == 11


def test_what_is_left_out_of_a_folder_is_listed(colorizer, photos, tmp_path):
    for name in ("a/phone.heic", "a/._1.png", "notes.txt"):
        (photos / name).write_bytes(b"")
    os.mkfifo(photos / "pipe.png")
    (photos / "dead.png").symlink_to("nowhere")
    (photos / "loop").symlink_to(".")
    (tmp_path / "raw.nef").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    given = [photos, tmp_path / "raw.nef", tmp_path / "empty", tmp_path / "pipe"]
    outcome = colorize_files(colorizer, given, Output(tmp_path / "out"))
    for file, reason in (
        ("photos/a/phone.heic", "HEIF is not supported"),
        ("raw.nef", "the raw format of a camera is not supported"),
        (
            "empty",
            "holds no image (AVIF, BMP, GIF, JPEG, JPEG 2000, Netpbm, PNG, TIFF, Targa, WebP) "
            "and no film",
        ),
        ("photos/pipe.png", "a pipe, a socket or a device, not a file"),
        ("pipe", "a pipe, a socket or a device, not a file"),
        ("photos/dead.png", "No such file"),
    ):
        assert any(line.startswith(f"{tmp_path / file}: {reason}") for line in outcome.problems)
    assert len(outcome.problems) == 6
    said = "\n".join(outcome.passed_over)
    for part in ("files named ._*", ".txt 1", f"loop: the same folder as {photos}"):
        assert part in said
    assert len(listing.find(tmp_path / "out")) == 12


def test_jobs_divide_files_and_problems_whatever_is_there_already(colorizer, photos, tmp_path):
    (photos / "a" / "phone.heic").write_bytes(b"")
    outcomes = [
        colorize_files(
            colorizer,
            [photos],
            Output(tmp_path / "out", skip_existing=True),
            shard=Shard(index, 5),
        )
        for index in range(5)
    ]
    assert [outcome.num_colored for outcome in outcomes] == [3, 3, 2, 2, 2]
    assert [len(outcome.problems) for outcome in outcomes] == [1, 0, 0, 0, 0]
    assert len(listing.find(tmp_path / "out")) == 12


@pytest.mark.parametrize("text", ["2/2", "1", "-1/2", "0/0", "a/b"])
def test_parts_are_numbered_from_0(text, run_main):
    done = run_main(colorize, "photo.jpg", f"--shard={text}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: --shard {text}: must be I/N, with N parts in all")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"quality": 50, "side_by_side": True}, "--quality, --side_by_side"),
        ({"format": "png"}, "--format"),
    ],
)
def test_options_of_photographs_are_refused_for_films(colorizer, photos, tmp_path, options, named):
    film = photos / "b" / "film.mp4"
    film.write_bytes(b"")
    outcome = colorize_files(colorizer, [photos / "b"], Output(tmp_path / "out", **options))
    assert outcome.problems == [f"{film}: {named}: for photographs only; color films without it"]
    assert outcome.num_colored == len(listing.find(tmp_path / "out")) == 6


def test_no_input_is_ever_overwritten(colorizer, photos, tmp_path):
    before = {path: path.read_bytes() for path in listing.find(photos)}
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos], Output(photos))
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos / "a" / "1.png"], Output(photos / "b" / ".." / "a"))
    (tmp_path / "link").symlink_to(photos)
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos], Output(tmp_path / "link"))
    assert {path: path.read_bytes() for path in listing.find(photos)} == before


def test_earlier_results_are_no_inputs(colorizer, photos):
    output = photos / "colorized"
    for _ in range(2):
        assert colorize_files(colorizer, [photos], Output(output)).problems == []
        assert len(listing.find(output)) == 12


def test_results_beside_their_inputs(colorizer, photos):
    before = listing.find(photos)
    file = photos / "a" / "1.png"
    for _ in range(2):  # The second time with its own result among the inputs.
        inputs = sorted(path for path in file.parent.iterdir() if path.name.startswith("1."))
        outcome = colorize_files(colorizer, inputs, Output())
        assert outcome.num_colored == 1
    assert outcome.passed_over == [
        f"{file.with_name('1.color.png')}: named as the result of {file}"
    ]
    assert set(listing.find(photos)) - set(before) == {file.with_name("1.color.png")}
    assert colorize_files(colorizer, [photos / "b"], Output()).problems == []
    tree, mirrored = (
        [path.relative_to(folder) for path in listing.find(folder)]
        for folder in (photos / "b", photos / "b.color")
    )
    assert tree == mirrored


def test_a_single_result_may_have_a_name_and_another_format(colorizer, photos, tmp_path):
    file = photos / "a" / "1.png"
    new = tmp_path / "new" / "name.jpg"
    sizes = []
    for quality in (5, 95):
        assert colorize_files(colorizer, [file], Output(new, quality=quality)).problems == []
        with Image.open(new) as image:
            assert image.format == "JPEG"
        sizes.append(new.stat().st_size)
    assert 2 * sizes[0] < sizes[1]
    assert colorize_files(colorizer, [file], Output(tmp_path, format="webp")).num_colored == 1
    with Image.open(tmp_path / "1.webp") as image:
        assert image.format == "WEBP"


def test_two_formats_for_one_result_are_refused(colorizer, photos, tmp_path):
    with pytest.raises(InputError, match=r"--format jpg: --output .*x\.png names the format"):
        colorize_files(
            colorizer, [photos / "a" / "1.png"], Output(tmp_path / "x.png", format="jpg")
        )


def test_what_exists_is_skipped(colorizer, photos, tmp_path):
    colorize_files(colorizer, [photos / "a"], Output(tmp_path / "out"))
    first = listing.find(tmp_path / "out")[0]
    first.unlink()
    again = Output(tmp_path / "out", skip_existing=True)
    outcome = colorize_files(colorizer, [photos / "a"], again)
    assert outcome.num_colored == 1
    assert outcome.num_skipped == len(listing.find(tmp_path / "out")) - 1


def test_side_by_side(colorizer, photos, tmp_path):
    file = photos / "a" / "1.png"
    colorize_files(colorizer, [file], Output(tmp_path, side_by_side=True))
    pair, alone = images.read(tmp_path / "1.png"), colorizer(images.read(file))
    gray, colored = np.split(pair, 2, axis=1)
    np.testing.assert_array_equal(colored, alone)
    assert np.ptp(gray.astype(int), axis=-1).max() <= 1
    np.testing.assert_allclose(lightness(gray), lightness(alone), atol=1)


def test_inputs_that_would_collide_or_do_not_exist(colorizer, photos, tmp_path):
    (tmp_path / "1.png").write_bytes((photos / "a" / "1.png").read_bytes())
    inputs = [photos / "a" / "1.png", tmp_path / "1.png"]
    with pytest.raises(InputError, match=r"both .* would be written there"):
        colorize_files(colorizer, inputs, Output(tmp_path / "out"))
    with pytest.raises(InputError, match="no such file or folder"):
        colorize_files(colorizer, [tmp_path / "gone.png"], Output(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
