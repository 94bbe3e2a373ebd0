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
The stages of a fresh plan: preprocess, encode, prefill, decode, what is around them, parse.

    python bench/bench_anatomy.py --rounds 20
"""

from __future__ import annotations

import torch
from harness import Samples, arguments, publish
from scenes import two_step_cases
from stages import anatomy
from subjects import FRAMES, PROMPTS, PUT, embedded, qwen, shapes


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument('--shapes', nargs='+', default=shapes())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    text, image = next(two_step_cases(embedded(), 1))
    subjects = [
        (f'{shape}, {prompt}', qwen(shape, rules=rules), PUT, FRAMES[0])
        for shape in args.shapes
        for prompt, rules in PROMPTS.items()
    ]
    for name, subject, words, frame in [*subjects, ('embedded', embedded(), text, image)]:
        samples: Samples = {}
        for _ in range(args.rounds):
            subject.anew(words, frame)
            for stage, seconds in anatomy(subject, words, frame, clock=args.clock).items():
                samples.setdefault(stage, []).append(seconds)
        publish(
            'anatomy_' + name.replace(', ', '_').replace(' ', '_'),
            samples,
            baseline='whole',
            title=f'Where the time of a fresh plan goes: {name}',
            notes=[f'times are {args.clock} time'],
        )


if __name__ == '__main__':
    main()
