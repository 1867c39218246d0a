r"""The model in the package, first stage: a distribution over colors, by crops of 128 pixels.

    python -m jaxcolor.train --config configs/flagship.py --workdir runs/flagship \
        --config.data.path=photos

The encoder stays as it was trained on ImageNet: learning along, even at a tenth of the decoder's
rate, it loses on photographs of other sources (docs/results.md).

`scripts/train_flagship.sh` runs all stages, from folders of photographs to the model's files.
"""

import json
import pathlib

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "folder"
    config.data.image_size = 128
    config.data.color_space = "lab_bins"
    bins = pathlib.Path(__file__).with_name("flagship_bins.json")
    config.data.bins.update(json.loads(bins.read_text()))
    config.data.bins.rebalancing = 0.0
    config.data.min_crop = 0.45  # About the size that things have in a photograph of 256 pixels.
    config.data.max_crop = 0.7
    config.data.gamma_range = 1.33
    config.data.film_share = 0.2
    config.data.grain = 3.0
    config.generator.name = "mobile_unet"
    config.generator.pretrained = True
    config.generator.encoder_rate = 0.0
    config.objective.name = "regression"
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_bins = 1.0
    config.optimizer.generator.name = "adamw"
    config.optimizer.generator.learning_rate = 1e-3
    config.optimizer.generator.b1 = 0.9
    config.optimizer.generator.weight_decay = 0.05
    config.train.num_steps = 8000
    config.train.linear_decay = 0.5
    config.train.log_every = 100
    config.train.eval_every = 2000
    config.train.checkpoint_every = 500
    config.train.best_metric = ""
    config.train.ema_decay = 0.999
    return config
