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

"""Plays many episodes, on several processes, with the model and with the references."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import Planner
from vlm_robot.tuning.episodes import FORMS, sample_episode
from vlm_robot.tuning.policies import ImageCentre, ModelPolicy, OraclePoint, Policy, RandomPoint
from vlm_robot.tuning.rollout import Result, play

PLAIN = 'colour kind'
REFERENCES = ('oracle', 'random', 'centre')
_SHARE = 4  # other forms get one episode for so many plain ones


@dataclass(frozen=True)
class Evaluation:
    """What to evaluate."""

    model: str = 'tabletop'
    episodes: int = 100  # named by colour and kind; a quarter as many of each other form
    seed: int = 0
    forms: tuple[str, ...] = FORMS
    references: tuple[str, ...] = REFERENCES
    workers: int = 2


@dataclass(frozen=True)
class _Job:
    policy: str
    form: str
    seed: int


def evaluate(evaluation: Evaluation) -> list[Result]:
    """
    Play all episodes.

    :return: results, the model's first, in the order of the forms and seeds.
    :raises UnknownNameError: for a form or reference that does not exist.
    """
    for form in evaluation.forms:
        if form not in FORMS:
            raise UnknownNameError('form', form, FORMS)
    for name in evaluation.references:
        if name not in REFERENCES:
            raise UnknownNameError('reference', name, REFERENCES)
    jobs = _jobs(evaluation)
    context = multiprocessing.get_context('spawn')
    arguments = (evaluation.model,)
    with context.Pool(evaluation.workers, initializer=_prepare, initargs=arguments) as pool:
        played = pool.imap(_play, jobs)
        return list(tqdm(played, total=len(jobs), desc='episodes', unit='episode'))


def _jobs(evaluation: Evaluation) -> list[_Job]:
    def seeds(form: str) -> range:
        count = evaluation.episodes if form == PLAIN else -(-evaluation.episodes // _SHARE)
        return range(evaluation.seed, evaluation.seed + count)

    jobs = [_Job('model', form, seed) for form in evaluation.forms for seed in seeds(form)]
    if PLAIN in evaluation.forms:
        jobs += [
            _Job(name, PLAIN, seed) for name in evaluation.references for seed in seeds(PLAIN)
        ]
    return jobs


_planner: Planner | None = None  # of this worker process


def _prepare(model: str) -> None:
    global _planner
    os.environ['LP_NUM_THREADS'] = '1'
    import torch

    torch.set_num_threads(1)
    _planner = Planner(make_backend('local', {'model': model, 'device': 'cpu'}))


def _play(job: _Job) -> Result:
    return play(sample_episode(job.seed, job.form), _policy(job))


def _policy(job: _Job) -> Policy:
    if job.policy == 'model':
        assert _planner is not None
        return ModelPolicy(_planner)
    if job.policy == 'random':
        return RandomPoint(np.random.default_rng([job.seed, 7]))
    return OraclePoint() if job.policy == 'oracle' else ImageCentre()
