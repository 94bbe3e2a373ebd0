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

"""Collects how sure a model is of its points, and whether they are right, on rendered scenes."""

from __future__ import annotations

import math
import multiprocessing
import os
from dataclasses import dataclass
from itertools import zip_longest

from tqdm import tqdm

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Plan, Target
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import Planner
from vlm_robot.sim.tabletop import Tabletop
from vlm_robot.tuning.calibration import Sample
from vlm_robot.tuning.episodes import FORMS, Episode, TrueStep, sample_episode
from vlm_robot.tuning.policies import Masks, ModelPolicy

_SETTLE_S = 0.2


@dataclass(frozen=True)
class Collection:
    """What to ask."""

    model: str = 'tabletop'
    episodes: int = 400  # of each form
    seed: int = 100_000  # the first
    forms: tuple[str, ...] = FORMS
    workers: int = 2


def collect(collection: Collection) -> list[Sample]:
    """
    Ask about all scenes; nothing moves.

    :return: a sample for each point; temperatures of the profile do not count.
    :raises UnknownNameError: for a form that does not exist.
    :raises ConfigurationError: for a model that reports no probabilities.
    """
    for form in collection.forms:
        if form not in FORMS:
            raise UnknownNameError('form', form, FORMS)
    seeds = range(collection.seed, collection.seed + collection.episodes)
    jobs = [(seed, form) for form in collection.forms for seed in seeds]
    context = multiprocessing.get_context('spawn')
    arguments = (collection.model,)
    with context.Pool(collection.workers, initializer=_prepare, initargs=arguments) as pool:
        asked = tqdm(pool.imap(_ask, jobs), total=len(jobs), desc='scenes', unit='scene')
        samples = [sample for found in asked for sample in found]
    if any(math.isnan(sample.confidence) for sample in samples):
        raise ConfigurationError(f'model {collection.model!r} reports no probabilities')
    return samples


def samples_of(plan: Plan, episode: Episode, masks: Masks) -> list[Sample]:
    """
    Return a sample for each point of a plan.

    Where it should have been a question or a refusal, the least sure point is a wrong one, and
    the others tell nothing: it is the one that the gate looks at.
    """
    targets = [step.target for step in plan.steps if step.target.pixel is not None]
    if not targets:
        return []
    if episode.outcome is not Outcome.OK:
        least = min(target.confidence for target in targets)
        return [Sample(least, False, episode.form, episode.seed)]
    pairs = list(zip_longest(targets, episode.steps))[: len(targets)]
    return [
        Sample(target.confidence, _is_on(target, true, masks), episode.form, episode.seed)
        for target, true in pairs
    ]


def _is_on(target: Target, true: TrueStep | None, masks: Masks) -> bool:
    if target.pixel is None or true is None:
        return False
    u, v = (round(c) for c in target.pixel)
    return bool(masks[true.target][v, u])


_planner: Planner | None = None  # of this worker process


def _prepare(model: str) -> None:
    global _planner
    os.environ['LP_NUM_THREADS'] = '1'
    import torch

    torch.set_num_threads(1)
    backend = make_backend('local', {'model': model, 'device': 'cpu'})
    backend.profile = backend.profile.model_copy(update={'confidence_temperature': 1.0})
    _planner = Planner(backend)


def _ask(job: tuple[int, str]) -> list[Sample]:
    assert _planner is not None  # prepared
    episode = sample_episode(*job)
    tabletop = Tabletop(episode.scene)
    try:
        tabletop.step(round(_SETTLE_S / tabletop.timestep_s))
        frame, masks = tabletop.look(), tabletop.object_masks()
    finally:
        tabletop.close()
    return samples_of(ModelPolicy(_planner).plan(frame, episode, masks), episode, masks)
