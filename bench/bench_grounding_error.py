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
Error of grounding in 3D with the cameras that people have: turned, bent, with depth from beside.

Depth has 2 mm of noise and 2 % of holes; things are pointed at in the middle of what is visible
of them, and count if that is at least half of them.

    python bench/bench_grounding_error.py --scenes 30 --worst 5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from harness import Goal, Unit, percentile, publish
from odd_cameras import CAMERAS, Miss, misses

from vlm_robot.sim.catalogue import Kind
from vlm_robot.sim.scene import SceneSettings, sample_scene

MILLIMETRES = Unit('mm', 1.0, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--scenes', type=int, default=30)
    parser.add_argument('--first-seed', type=int, default=1000)
    parser.add_argument('--stacked', type=float, default=0.0, help='share of things on others')
    parser.add_argument('--cameras', nargs='+', default=[c.name for c in CAMERAS])
    parser.add_argument('--worst', type=int, default=3, help='to list for each camera')
    args = parser.parse_args()
    settings = SceneSettings(stacked=args.stacked)
    seeds = range(args.first_seed, args.first_seed + args.scenes)
    found: dict[str, list[Miss]] = {}
    for camera in CAMERAS:
        if camera.name in args.cameras:
            scenes = (sample_scene(seed, settings) for seed in seeds)
            found[camera.name] = [miss for scene in scenes for miss in misses(scene, camera)]
            print(camera.name, *ranked(found[camera.name], args.worst), sep='\n  ', flush=True)
    print(by_kind(found))
    samples = {name: [1e3 * m.distance_m for m in each] for name, each in found.items()}
    bounds = (('median', 0.5, 5.0), ('p95', 0.95, 15.0))
    publish(
        'grounding_error',
        samples,
        baseline=next(iter(samples)),
        title='Distance of measured from true centres',
        notes=[f'{args.scenes} scenes from seed {args.first_seed}, 2 mm of noise, 2 % of holes'],
        goals=[
            Goal(f'{name}: {what} in mm', bound, percentile(values, share), False)
            for name, values in samples.items()
            for what, share, bound in bounds
        ],
        unit=MILLIMETRES,
    )


def ranked(found: Sequence[Miss], count: int) -> list[str]:
    """Return the worst misses in words."""
    worst = sorted(found, key=lambda miss: -miss.distance_m)[:count]
    return [
        f'{1e3 * m.distance_m:.1f} mm: seed {m.seed}, {m.item.size} {m.item.phrase} at {m.pixel}, '
        f'{(1e3 * m.off_m).round(1)} {m.refusal}'
        for m in worst
    ]


def by_kind(found: dict[str, list[Miss]]) -> str:
    """Return a Markdown table: median and p95 in mm of each kind of thing."""
    lines = [
        '| camera | things | ' + ' | '.join(Kind) + ' |',
        '|---|---|' + '---|' * len(Kind),
    ]
    for name, each in found.items():
        cells = [
            figures([1e3 * m.distance_m for m in each if m.item.kind is kind]) for kind in Kind
        ]
        lines.append(f'| {name} | {len(each)} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def figures(values: Sequence[float]) -> str:
    """Return median and p95 of values."""
    if not values:
        return '-'
    return f'{percentile(values, 0.5):.1f} / {percentile(values, 0.95):.1f}'


if __name__ == '__main__':
    main()
