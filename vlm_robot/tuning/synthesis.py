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

"""
Renders training scenes to shards on disk.

A shard is an uncompressed `.npz` of N scenes with these arrays; M = 10 object slots, padded with
-1:

- `rgb` (N, 192, 256, 3) uint8
- `owner` (N, 24, 32) int8: the object that covers most of each 8 x 8 block, -1 for none or under
  a quarter
- `kind`, `colour`, `size` (N, M) int8: indices into the catalogue's `Kind`, `COLOURS`, `Size`
- `point` (N, M, 2) float32: a pixel (u, v) of the object that is on its visible mask, near its
  centre
- `visible` (N, M) int32: number of the object's visible pixels
- `position` (N, M, 3) float32: true centre in the base frame, metres
- `support` (N, M) int8: index of the object that it stands in or on, -1 for the table
"""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vlm_robot.sim.catalogue import COLOURS, Kind, Size
from vlm_robot.sim.scene import ObjectSpec, SceneSettings, SceneSpec, sample_scene
from vlm_robot.tuning.render import Look, ScenePool

WIDTH, HEIGHT = 256, 192
STRIDE = 8
SLOTS = 10
SHARD = 500
KINDS = list(Kind)
COLOUR_NAMES = list(COLOURS)
SIZES = list(Size)

_SETTINGS = SceneSettings(max_objects=9, gap=0.012, stacked=0.35)
_SEED_SPACE = 1_000_000_007  # training scenes' seeds start here, far from those that people type


@dataclass(frozen=True)
class _Job:
    path: Path
    first_seed: int
    count: int


def synthesise(folder: Path, *, scenes: int, seed: int = 0, workers: int = 2) -> list[Path]:
    """
    Render scenes into shards; shards that exist are kept, so an interrupted run goes on.

    :param scenes: how many; rounded up to whole shards.
    :return: the shards' paths, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        _Job(folder / f'shard{index:04d}.npz', _SEED_SPACE * (seed + 1) + index * SHARD, SHARD)
        for index in range(-(-scenes // SHARD))
    ]
    missing = [job for job in jobs if not job.path.exists()]
    context = multiprocessing.get_context('spawn')
    with context.Pool(workers, initializer=_limit_threads) as pool:
        done = pool.imap_unordered(_render_shard, missing)
        for _ in tqdm(done, total=len(missing), desc='rendering', unit='shard'):
            pass
    return [job.path for job in jobs]


def _limit_threads() -> None:
    os.environ['LP_NUM_THREADS'] = '1'


def _render_shard(job: _Job) -> None:
    pool = ScenePool(width=WIDTH, height=HEIGHT)
    rows = []
    for seed in range(job.first_seed, job.first_seed + job.count):
        scene = sample_scene(seed, _SETTINGS)
        rows.append(label(scene, pool.render(scene, np.random.default_rng([seed, 1]))))
    arrays: dict[str, Any] = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
    part = job.path.with_suffix('.part')
    with part.open('wb') as file:
        np.savez(file, **arrays)
    part.rename(job.path)


def label(scene: SceneSpec, look: Look) -> dict[str, NDArray[np.generic]]:
    """Return one row of a shard; see this module's docstring."""
    names = [item.name for item in scene.objects]
    slots = [_slot(item, names) for item in scene.objects]
    pad = SLOTS - len(slots)
    columns = {key: np.array([s[key] for s in slots] + [-1] * pad, np.int8) for key in _CODES}
    masks = [look.owner == index for index in range(len(slots))]
    points = [_point(mask) for mask in masks] + [(-1.0, -1.0)] * pad
    positions = [(o.x, o.y, o.z) for o in scene.objects] + [(-1.0, -1.0, -1.0)] * pad
    return {
        'rgb': look.rgb,
        'owner': _majority(look.owner),
        'point': np.array(points, np.float32),
        'visible': np.array([mask.sum() for mask in masks] + [0] * pad, np.int32),
        'position': np.array(positions, np.float32),
        **columns,
    }


_CODES = ('kind', 'colour', 'size', 'support')


def _slot(item: ObjectSpec, names: list[str]) -> dict[str, int]:
    return {
        'kind': KINDS.index(item.kind),
        'colour': COLOUR_NAMES.index(item.colour),
        'size': SIZES.index(item.size),
        'support': names.index(item.support) if item.support else -1,
    }


def _point(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the mask's pixel that is nearest to its centroid."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return -1.0, -1.0
    best = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return float(columns[best]), float(rows[best])


def _majority(owner: NDArray[np.int8]) -> NDArray[np.int8]:
    height, width = owner.shape
    blocks = owner.reshape(height // STRIDE, STRIDE, width // STRIDE, STRIDE).transpose(0, 2, 1, 3)
    flat = blocks.reshape(height // STRIDE, width // STRIDE, -1)
    counts = np.stack([(flat == index).sum(-1) for index in range(SLOTS)], -1)
    best = counts.argmax(-1)
    enough = counts.max(-1) >= STRIDE * STRIDE // 4
    return np.where(enough, best, -1).astype(np.int8)
