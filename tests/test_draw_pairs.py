"""The picture of photographs beside what they became."""

import draw_pairs
import numpy as np
from conftest import picture

from jaxcolor import images


def test_pairs_of_two_folders(tmp_path, run_main):
    for i in range(5):
        images.write(tmp_path / "photos" / f"{i}.png", picture(20 + i, 30))
        images.write(tmp_path / "colored" / f"{i}.png", np.full((20 + i, 30, 3), 10 * i, np.uint8))
    folders = (tmp_path / "photos", tmp_path / "colored")
    done = run_main(draw_pairs, *folders, "--output", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"5 photographs: {tmp_path / 'out.png'}\n"
    sheet = images.read(tmp_path / "out.png")
    assert sheet.shape == (2 * 148 + 2, 4 * 302 - 4, 3)
    last = sheet[150:, :296]
    assert np.ptp(last[:, :148].astype(int), axis=-1).max() <= 2  # Gray, but for rounding.
    assert (last[:, 148:] == 40).all()
    assert (sheet[150:, 302:] == 255).all()


def test_a_photograph_without_its_partner(tmp_path, run_main):
    images.write(tmp_path / "photos" / "1.png", picture(20, 30))
    refused = run_main(
        draw_pairs, tmp_path / "photos", tmp_path / "colored", "--output", tmp_path / "out.png"
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {tmp_path / 'colored' / '1.png'}: ")
