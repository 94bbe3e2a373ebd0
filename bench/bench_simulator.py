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
Real-time factor of the simulator with and without its camera: simulated seconds per second.

    python bench/bench_simulator.py --seconds 10 --rate-hz 8
"""

from __future__ import annotations

import argparse
import time

from vlm_robot.sim.scene import sample_scene
from vlm_robot.sim.tabletop import Tabletop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=10.0, help='to simulate in each scene')
    parser.add_argument('--rate-hz', type=float, default=8.0, help='of colour and depth')
    parser.add_argument('--scenes', type=int, default=5)
    args = parser.parse_args()
    print(f'| scene | objects | physics alone | with RGB-D at {args.rate_hz:g} Hz |')
    print('|---|---|---|---|')
    for seed in range(args.scenes):
        alone = factor(seed, args.seconds, rate_hz=0.0)
        seeing = factor(seed, args.seconds, rate_hz=args.rate_hz)
        count = len(sample_scene(seed).objects)
        print(f'| {seed} | {count} | {alone:.1f} | {seeing:.2f} |')


def factor(seed: int, seconds: float, *, rate_hz: float) -> float:
    """Simulate a scene and return how much faster than real time that was."""
    tabletop = Tabletop(sample_scene(seed))
    try:
        tabletop.look()  # the first one compiles shaders
        period_s = 1 / rate_hz if rate_hz else seconds
        chunk = max(1, round(period_s / tabletop.timestep_s))
        start, begin_s = time.perf_counter(), tabletop.time_s
        while tabletop.time_s - begin_s < seconds:
            tabletop.step(chunk)
            if rate_hz:
                tabletop.look()
        return (tabletop.time_s - begin_s) / (time.perf_counter() - start)
    finally:
        tabletop.close()


if __name__ == '__main__':
    main()
