import jax
import numpy as np
from conftest import first_variables, picture

from jaxcolor import models
from jaxcolor.data import spaces
from jaxcolor.models.prediction import Predictor


def test_batches_of_one_size_serve_any_number_of_images(config):
    generator = models.build_generator(config)
    variables = first_variables(generator, config.data.image_size)
    shapes = []

    def spread(batch):
        shapes.append(batch.shape)
        return jax.device_put(batch)

    predictor = Predictor(generator, spaces.build(config.data), 4, spread)
    rgb = np.stack([np.roll(picture(32, 32), 5 * i, axis=1) for i in range(6)])
    predicted = predictor(variables, generator.frozen, rgb)
    assert predicted.shape == rgb.shape
    assert predicted.dtype == np.uint8
    alone = [predictor(variables, generator.frozen, rgb[i : i + 1]) for i in range(6)]
    np.testing.assert_array_equal(predicted, np.concatenate(alone))
    assert shapes == [(4, 32, 32, 3)] * 8
