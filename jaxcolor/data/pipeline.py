"""The grain pipeline: from a source to batches on the devices."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import grain
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import color
from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.data.sources import Source

# Prefetched batches: a few hide uneven decoding times, more only take memory.
_BATCHES_AHEAD = 4
_DEVICE_BATCHES_AHEAD = 2


def train_batches(
    source: Source,
    data: ConfigDict,
    size: int,
    *,
    seed: int,
    examples_per_step: int,
    to_device: Callable[[dict[str, Any]], Any],
    process_index: int = 0,
    process_count: int = 1,
) -> grain.IterDataset:
    """Makes an endless, shuffled, augmented data set whose iterator can be saved and restored.

    Every image comes once per epoch; the last images of an epoch share a batch with the first of
    the next. Processes read disjoint blocks of each batch. After an error the iterator's state is
    still that after the last batch that it returned.

    Args:
        source: the training images.
        data: `config.data`.
        size: height and width of the examples, in pixels.
        seed: of order and augmentation.
        examples_per_step: over all processes.
        to_device: transfers this process's examples, keyword arguments of `Space.to_network`, to
            its devices and converts them; runs in its own thread, ahead of the training.
        process_index: of this process.
        process_count: of all processes; divides the batch size.

    Raises:
        InputError: fewer images than a batch.
    """
    if len(source) < data.batch_size:
        raise InputError(
            f"config.data.batch_size={data.batch_size}: the train split holds only {len(source)} "
            "images; lower the batch size or add images"
        )

    def view(pixels: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        if not data.augment:
            return {"rgb": transforms.fit(pixels, size, data.resize)}
        pixels = transforms.random_crop(pixels, data.min_crop, data.max_crop, rng)
        pixels = transforms.fit(pixels, size, data.resize, rng)
        example: dict[str, Any] = {"rgb": transforms.flip(pixels, rng)}
        if data.gamma_range > 1:
            example["gamma"] = np.asarray(data.gamma_range ** rng.uniform(-1, 1), np.float32)
        if data.film_share > 0:
            other_film = rng.random() < data.film_share
            mix = rng.dirichlet((1, 1, 1)) if other_film else color.LUMINANCE
            example["mix"] = np.asarray(mix, np.float32)
        if data.grain > 0:
            deviation = np.asarray(rng.uniform(0, data.grain), np.float32)
            example["grain"] = deviation, rng.integers(2**32, dtype=np.uint32)
        return example

    local_examples = examples_per_step // process_count
    # Augmentation comes before the selection of this process's examples, so that its randomness is
    # keyed by the example's position in the global batch.
    batches = (
        grain.MapDataset.source(_Cache(source, int(data.cache * 2**30)))
        .seed(seed)
        .shuffle()
        .repeat()
        .random_map(view)
        .batch(local_examples, drop_remainder=True)[process_index::process_count]
        .to_iter_dataset(_read_options(data))
        .map(to_device)
    )
    return grain.experimental.ThreadPrefetchIterDataset(
        batches, prefetch_buffer_size=_DEVICE_BATCHES_AHEAD
    )


class _Cache:
    """A source that keeps the images of another in memory, decoded, as long as there is room."""

    def __init__(self, source: Source, num_bytes: int):
        self._source, self._room = source, num_bytes
        self._images: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, index: int) -> np.ndarray:
        if index in self._images:
            return self._images[index]
        image = self._source[index]
        with self._lock:
            if image.nbytes <= self._room and index not in self._images:
                self._room -= image.nbytes
                self._images[index] = image
        return image


def eval_batches(
    source: Source,
    data: ConfigDict,
    size: int,
    batch_size: int,
    *,
    process_index: int = 0,
    process_count: int = 1,
) -> Iterator[np.ndarray]:
    """Yields every image once, in order and without augmentation; the last batch may be smaller.

    Of several processes, each yields the images whose index leaves its own as the remainder by
    their count.

    Args:
        source: the images.
        data: `config.data`.
        size: height and width of the images that are wanted, in pixels.
        batch_size: images per batch.
        process_index: of this process.
        process_count: of all processes.

    Yields:
        `[batch_size or fewer, size, size, 3]` uint8.
    """

    def view(pixels: np.ndarray) -> np.ndarray:
        return transforms.fit(pixels, size, data.resize)

    images = grain.MapDataset.source(source)[process_index::process_count]
    dataset = images.map(view).batch(batch_size, drop_remainder=False)
    return iter(dataset.to_iter_dataset(_read_options(data)))


def _read_options(data: ConfigDict) -> grain.ReadOptions:
    return grain.ReadOptions(
        num_threads=data.num_threads, prefetch_buffer_size=max(_BATCHES_AHEAD, data.num_threads)
    )
