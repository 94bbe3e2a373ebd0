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
Time from instruction to grounded plan with the embedded model, stage by stage.

Beside it, in the same run and with equal answers asserted first, the obvious alternative: greedy
decoding that runs the whole sequence again for every token, without a key-value cache.

    python bench/bench_instruction_to_plan.py --plans 60
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from scenes import case
from subjects import Subject, embedded

from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.values import Frame
from vlm_robot.models.backends.local import LocalBackend
from vlm_robot.models.planner import Planner
from vlm_robot.sim.camera import T_base_camera

_MOST = 96  # tokens of an answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plans', type=int, default=60)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    forms = ['colour kind' if seed % 3 else 'compound' for seed in range(args.plans)]
    cases = [case(seed, form) for seed, form in enumerate(forms)]
    assert_equal_answers(embedded(), cases)
    samples = measure(Planner(LocalBackend('tabletop', 'cpu')), embedded(), cases)
    print(f'{args.plans} instructions, {args.threads} threads, times in ms')
    print('| stage | median | p95 |\n|---|---|---|')
    for stage, values in samples.items():
        print(f'| {stage} | {1e3 * statistics.median(values):.1f} | {1e3 * p95(values):.1f} |')
    ratio = statistics.median(samples['generate, no cache']) / statistics.median(
        samples['generate, cached']
    )
    print(f'cached decoding is {ratio:.2f} times as fast as decoding without a cache')


def decode(subject: Subject, frame: Frame, instruction: str, *, cached: bool) -> str:
    return subject.unmasked(instruction, frame.rgb, tokens=_MOST, use_cache=cached)


def assert_equal_answers(subject: Subject, cases: list[tuple[Frame, str]]) -> None:
    for frame, instruction in cases:
        cached = decode(subject, frame, instruction, cached=True)
        assert cached == decode(subject, frame, instruction, cached=False), instruction


def measure(
    planner: Planner, subject: Subject, cases: list[tuple[Frame, str]]
) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {}
    for frame, instruction in cases:
        start = time.perf_counter()
        plan = planner.plan(frame, instruction)
        planned = time.perf_counter()
        ground_plan(
            plan, frame, T_base_camera(), base_frame='base_link', settings=GroundingSettings()
        )
        done = time.perf_counter()
        times = {'instruction to plan': done - start, **plan.timings_s, 'ground': done - planned}
        for cached in (True, False):
            start = time.perf_counter()
            decode(subject, frame, instruction, cached=cached)
            times[f'generate, {"cached" if cached else "no cache"}'] = time.perf_counter() - start
        for stage, seconds in times.items():
            samples.setdefault(stage, []).append(seconds)
    return samples


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


if __name__ == '__main__':
    main()
