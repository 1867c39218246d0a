import numpy as np
import pytest

from jaxcolor import images, listing, scoring
from jaxcolor.data.sources import FileSource
from jaxcolor.metrics.evaluation import Evaluation


def test_evaluation_scores_every_image_and_gray_beside_it(colorizer, photos):
    rows = scoring.evaluate(colorizer, FileSource(listing.find(photos)), Evaluation())
    assert rows.keys() == {"model", "gray"}
    assert rows["model"]["num_images"] == rows["gray"]["num_images"] == 12
    assert rows["gray"]["colorfulness"]["max"] < 1
    assert rows["model"]["fps_generator"] > 0
    assert rows["model"]["fps_files"] > 0
    truth = [images.resize(images.read(path), 32, 32) for path in listing.find(photos)]
    errors = [np.abs(colorizer.predict(t[None])[0] / 255 - t / 255).mean() for t in truth]
    assert rows["model"]["MAE"]["mean"] == pytest.approx(np.mean(errors), rel=1e-3)
