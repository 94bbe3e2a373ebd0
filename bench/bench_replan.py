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
The same instruction again, and one with a slot changed, beside `generate` with the same grammar.

    python bench/bench_replan.py --rounds 20
"""

from __future__ import annotations

import torch
from harness import Case, Goal, Samples, arguments, assert_equal, publish, ratio, side_by_side
from subjects import CHANGED, FRAMES, PLANS, PUT, Image, Subject, qwen, shapes

MASKED, FRESH, SAME, LOOKED, NEW = (
    'generate with grammar',
    'ours, fresh',
    'unchanged, same frame',
    'unchanged, new frame looked at',
    'unchanged, new frame',
)


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument('--shapes', nargs='+', default=shapes())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    samples: Samples = {}
    goals = []
    for shape in args.shapes:
        found = measure(qwen(shape), args.rounds, args.clock)
        samples |= {f'{shape}: {case}': values for case, values in found.items()}
        for case in (SAME, LOOKED, NEW):
            times = ratio(found, MASKED, case)
            goals.append(Goal(f'{shape}, {case}: times faster', 5, times, True))
    publish(
        'replan',
        samples,
        baseline=f'{args.shapes[0]}: {MASKED}',
        title='Planning again: unchanged, or one slot changed',
        notes=[f'times are {args.clock} time'],
        goals=goals,
    )


def measure(subject: Subject, rounds: int, clock: str) -> Samples:
    image, other = FRAMES

    def fresh() -> None:
        subject.anew(PUT, image)

    def planned(on: Image, *, looked: bool = False) -> Case:
        def before() -> None:
            subject.anew(PUT, image)
            subject.ours(PUT, on)
            if looked:
                subject.engine.look(subject.asked('', [image]))

        return before

    cases: dict[str, Case] = {
        MASKED: lambda: subject.with_generate(PUT, image),
        **dict.fromkeys((FRESH, SAME, LOOKED, NEW), lambda: subject.ours(PUT, image)),
    }
    before = {
        MASKED: fresh,
        FRESH: fresh,
        SAME: planned(image),
        LOOKED: planned(other, looked=True),
        NEW: planned(other),
    }
    assert assert_equal(cases, before) == PLANS[PUT]
    for slot, text in CHANGED.items():
        name = f'{slot} changed, same frame'
        cases[name] = lambda text=text: subject.ours(text, image)  # type: ignore[misc]
        before[name] = planned(image)
        before[name]()
        assert cases[name]() == PLANS[text]
    return side_by_side(cases, rounds=rounds, warmup=0, before=before, clock=clock)


if __name__ == '__main__':
    main()
