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

from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.values import Frame
from vlm_robot.models.backends.local import LocalBackend
from vlm_robot.models.planner import Planner
from vlm_robot.sim.camera import T_base_camera
from vlm_robot.sim.tabletop import Tabletop
from vlm_robot.tuning.episodes import sample_episode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plans', type=int, default=60)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    backend = LocalBackend('tabletop', 'cpu')
    cases = [case(seed) for seed in range(args.plans)]
    assert_equal_answers(backend, cases)
    samples = measure(Planner(backend), backend, cases)
    print(f'{args.plans} instructions, {args.threads} threads, times in ms')
    print('| stage | median | p95 |\n|---|---|---|')
    for stage, values in samples.items():
        print(f'| {stage} | {1e3 * statistics.median(values):.1f} | {1e3 * p95(values):.1f} |')
    ratio = statistics.median(samples['generate, no cache']) / statistics.median(
        samples['generate, cached']
    )
    print(f'cached decoding is {ratio:.2f} times as fast as decoding without a cache')


def case(seed: int) -> tuple[Frame, str]:
    """Return a frame and an instruction about it."""
    episode = sample_episode(seed, 'compound' if seed % 3 == 0 else 'colour kind')
    tabletop = Tabletop(episode.scene)
    try:
        return tabletop.look(), episode.instruction
    finally:
        tabletop.close()


def decode(backend: LocalBackend, frame: Frame, instruction: str, *, cached: bool) -> list[int]:
    prompt = backend.profile.prompt.replace('{instruction}', instruction)
    inputs = backend._processor(images=[frame.rgb], text=[prompt])
    with torch.inference_mode():
        ids = backend._model.generate(
            **inputs, max_new_tokens=96, do_sample=False, use_cache=cached
        )
    return list(ids[0].tolist())


def assert_equal_answers(backend: LocalBackend, cases: list[tuple[Frame, str]]) -> None:
    for frame, instruction in cases:
        cached = decode(backend, frame, instruction, cached=True)
        assert cached == decode(backend, frame, instruction, cached=False), instruction


def measure(
    planner: Planner, backend: LocalBackend, cases: list[tuple[Frame, str]]
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
            decode(backend, frame, instruction, cached=cached)
            times[f'generate, {"cached" if cached else "no cache"}'] = time.perf_counter() - start
        for stage, seconds in times.items():
            samples.setdefault(stage, []).append(seconds)
    return samples


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


if __name__ == '__main__':
    main()
