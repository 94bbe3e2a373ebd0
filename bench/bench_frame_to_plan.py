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
What having looked at a frame saves: for the first instruction about it, and for the next one.

    python bench/bench_frame_to_plan.py --rounds 20
"""

from __future__ import annotations

import torch
from harness import Case, Goal, Samples, arguments, assert_equal, publish, ratio, side_by_side
from subjects import CHANGED, FRAMES, PLANS, PROMPTS, PUT, Subject, qwen, shapes

UNSEEN, LOOKED = 'plan, frame not looked at', 'plan, frame looked at'
FIRST, SECOND = 'prefill, first instruction', 'prefill, second instruction'
_NEXT = CHANGED['label']


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument('--shapes', nargs='+', default=shapes())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    samples: Samples = {}
    goals = []
    for shape in args.shapes:
        for prompt, rules in PROMPTS.items():
            found = measure(qwen(shape, rules=rules), args.rounds, args.clock)
            samples |= {f'{shape}, {prompt}: {case}': values for case, values in found.items()}
            times = ratio(found, FIRST, SECOND)
            goals.append(Goal(f'{shape}, {prompt}: prefill times faster', 4, times, True))
    publish(
        'frame_to_plan',
        samples,
        baseline=next(iter(samples)),
        title='A frame that was looked at, and one that was not',
        notes=[f'times are {args.clock} time; prefill is without preprocessing and drafts'],
        goals=goals,
    )


def measure(subject: Subject, rounds: int, clock: str) -> Samples:
    image = FRAMES[0]
    first, second = (subject.prompt(subject.asked(text, [image])) for text in (PUT, _NEXT))
    last: dict[str, torch.Tensor] = {}

    @torch.inference_mode()
    def prefill(name: str) -> None:
        _, rows = subject.engine.cache.run(second if name == SECOND else first, ())
        last[name] = rows[-1]

    @torch.inference_mode()
    def filled() -> None:
        subject.engine.forget()
        subject.engine.cache.run(first, ())

    def fresh() -> None:
        subject.anew(PUT, image)

    def looked() -> None:
        fresh()
        subject.engine.look(subject.asked('', [image]))

    cases: dict[str, Case] = {
        **dict.fromkeys((UNSEEN, LOOKED), lambda: subject.ours(PUT, image)),
        FIRST: lambda: prefill(FIRST),
        SECOND: lambda: prefill(SECOND),
    }
    before: dict[str, Case] = {
        UNSEEN: fresh, LOOKED: looked, FIRST: lambda: subject.engine.forget(), SECOND: filled
    }  # fmt: skip
    plans = {name: cases[name] for name in (UNSEEN, LOOKED)}
    assert assert_equal(plans, before) == PLANS[PUT]
    filled()
    prefill(SECOND)
    with torch.inference_mode():
        subject.engine.forget()
        _, anew = subject.engine.cache.run(second, ())
    assert int(last[SECOND].argmax()) == int(anew[-1].argmax()), 'the shared prefix changed it'
    return side_by_side(cases, rounds=rounds, warmup=0, before=before, clock=clock)


if __name__ == '__main__':
    main()
