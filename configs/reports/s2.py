"""Report 002, row S2: ResNet-18 Dynamic U-Net, pretrained with L1, on 10,000 images of COCO.

    python -m jaxcolor.backbones.weights fetch resnet18
    python -m jaxcolor.train --config configs/reports/s2.py --workdir runs/s2

Published (average, maximum, minimum): PSNR 27.70, 30.51, 23.47; SSIM 0.53. Data: COCO 2017 as TFDS
data set, 8,000 to train and 2,000 to test; 500 more validate. Open in the report and chosen here:
20 epochs of pretraining at 1e-4, as in reports 003 and 004. Without trained weights of the encoder:
--config.generator.pretrained=false.
"""

from jaxcolor import config as defaults


def get_config():
    config = defaults.get_config()
    config.data.source = "tfds"
    config.data.path = "coco/2017"
    config.data.train_split = "train[:8000]"
    config.data.validation_split = "train[10000:10500]"
    config.data.test_split = "train[8000:10000]"
    config.data.batch_size = 20
    config.generator.name = "dynamic_unet"
    config.generator.pretrained = True
    config.train.pretrain_epochs = 20
    config.train.num_epochs = 20
    return config
