# Copyright 2026 The vlm_robot authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What the frozen encoder says of every training scene, once, with the facts beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from vlm_robot.models.tabletop.modeling import TabletopForConditionalGeneration
from vlm_robot.tuning.facts import Facts, facts_of
from vlm_robot.tuning.pretrain import Scenes, augment, normalise
from vlm_robot.tuning.turn import Points

_NEAR = 9.0  # pixels at 256 x 192: an object token this close to a thing's point stands for it
_SCORE = 0.1
_BATCH = 32


@dataclass(frozen=True)
class Seen:
    """One scene as the language model sees it."""

    objects: Tensor  # (k, f) of `get_image_features`
    facts: Facts
    points: Points


def see(
    model: TabletopForConditionalGeneration, scenes: Scenes, *, augmented: bool = False
) -> list[Seen]:
    """
    Run the encoder over scenes; those with a thing that it does not find are left out.

    :param augmented: change the images a little first, as stage 1 did.
    """
    model.eval()
    seen: list[Seen] = []
    starts = range(0, len(scenes), _BATCH)
    for start in tqdm(starts, desc='encoding', unit='batch', mininterval=10):
        pixels = normalise(torch.from_numpy(scenes.arrays['rgb'][start : start + _BATCH]))
        if augmented:
            pixels = augment(pixels)
        with torch.inference_mode():
            objects = model.get_image_features(
                pixels.contiguous(memory_format=torch.channels_last)
            )
        seen.extend(_pair(model, scenes, start, objects.clone()))
    return seen


def _pair(
    model: TabletopForConditionalGeneration, scenes: Scenes, start: int, objects: Tensor
) -> Iterable[Seen]:
    bins = model.location_bins(objects).numpy()
    size = np.array([model.config.image_width, model.config.image_height])
    for offset in range(len(objects)):
        keys = [key for key in scenes.arrays if key not in ('rgb', 'owner')]
        row = {key: scenes.arrays[key][start + offset] for key in keys}
        facts = facts_of(row)
        if facts is None:
            continue
        found = objects[offset, :, -2:].numpy() * size - 0.5
        scores = objects[offset, :, -3].numpy()
        points = match(facts, row['point'], found, scores, bins[offset])
        if points is not None:
            yield Seen(objects[offset], facts, points)


def match(
    facts: Facts,
    truth: NDArray[np.float32],
    found: NDArray[np.float32],
    scores: NDArray[np.float32],
    bins: NDArray[np.int64],
) -> Points | None:
    """
    Give every thing the object token nearest to it.

    :return: None when a thing has no token near, or shares it with another thing.
    """
    points: Points = {}
    used: set[int] = set()
    for thing in facts.things:
        distance = np.linalg.norm(found - truth[thing.index], axis=1) + 100 * (scores < _SCORE)
        token = int(distance.argmin())
        if distance[token] > _NEAR or token in used:
            return None
        used.add(token)
        points[thing.index] = (int(bins[token, 0]), int(bins[token, 1]))
    return points
