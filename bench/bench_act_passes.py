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
Forward passes of the language model for a plan of two steps, the prompt's own among them.

A count, the same on every machine: JSON from a large model's syntax, and the embedded model's
compact syntax with one token a coordinate.

    python bench/bench_act_passes.py
"""

from __future__ import annotations

import torch
from harness import PASSES, Goal, Samples, arguments, assert_equal, publish
from scenes import two_step_cases
from subjects import CHANGED, ENOUGH, FRAMES, PLANS, PUT, Image, Subject, embedded, qwen

from vlm_robot.models.decode.drafts import Drafts
from vlm_robot.models.decode.greedy import greedy
from vlm_robot.models.decode.prefix import PrefixCache


def main() -> None:
    parser = arguments(__doc__, rounds=1)
    parser.add_argument('--scenes', type=int, default=5, help='for the compact syntax')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    json, compact = json_passes(qwen('small')), compact_passes(embedded(), args.scenes)
    changed = max(max(json[f'JSON, {slot} changed']) for slot in CHANGED)
    publish(
        'act_passes',
        json | compact,
        baseline='JSON, plain masked greedy',
        title='Forward passes for a plan of two steps',
        unit=PASSES,
        goals=(
            Goal('JSON, fresh plan: passes', 24, max(json['JSON, with drafts']), False),
            Goal('JSON, unchanged: decode passes', 0, max(json['JSON, unchanged']) - 1, False),
            Goal('JSON, one slot changed: decode passes', 2, changed - 1, False),
            Goal('compact, fresh plan: passes', 10, max(compact['compact, with drafts']), False),
        ),
    )


def json_passes(subject: Subject) -> Samples:
    image = FRAMES[0]
    passes = fresh_passes(subject, PUT, image, 'JSON')
    for frame, name in ((image, 'unchanged'), (FRAMES[1], 'unchanged on another frame')):
        passes[f'JSON, {name}'] = [after(subject, PUT, frame)]
    for slot, text in CHANGED.items():
        passes[f'JSON, {slot} changed'] = [after(subject, text, image)]
    return passes


def compact_passes(subject: Subject, scenes: int) -> Samples:
    passes: Samples = {}
    for text, image in two_step_cases(subject, scenes):
        counts = fresh_passes(subject, text, image, 'compact')
        again = subject.answer(subject.asked(text, [image]), ENOUGH)
        counts['compact, unchanged'] = [again.passes]
        for name, values in counts.items():
            passes.setdefault(name, []).extend(values)
    return passes


def fresh_passes(subject: Subject, text: str, image: Image, syntax: str) -> Samples:
    """Return the passes of each way to decode, once they give the same answer."""
    counts: dict[str, int] = {}

    def plain() -> str:
        ids, _ = subject.plain(subject.asked(text, [image]), ENOUGH)
        counts['plain masked greedy'] = len(ids) + 1  # a pass for each token and the end mark
        return subject.text(ids)

    def ahead() -> str:
        said, counts['jump-forward'] = jump_forward(subject, text, image)
        return said

    def drafted() -> str:
        subject.anew(text, image)
        answer = subject.answer(subject.asked(text, [image]), ENOUGH)
        counts['with drafts'] = answer.passes
        return answer.text

    assert_equal({'plain': plain, 'jump-forward': ahead, 'with drafts': drafted})
    return {f'{syntax}, {name}': [float(count)] for name, count in counts.items()}


@torch.inference_mode()
def jump_forward(subject: Subject, text: str, image: Image) -> tuple[str, int]:
    """Return an answer that drafts nothing but what the grammar forces, and its passes."""
    asked = subject.asked(text, [image])
    prompt, cache = subject.prompt(asked), PrefixCache(subject.family)
    ids = []
    for chosen in greedy(
        lambda answer, draft: cache.run(prompt, answer, draft),
        subject.rules(asked),
        Drafts(),
        limit=ENOUGH,
        check=lambda: None,
    ):
        if chosen.token in subject.engine.ends:
            break
        ids.append(chosen.token)
    return subject.text(ids), cache.passes


def after(subject: Subject, text: str, image: Image) -> float:
    """Return the passes of an answer after the one to `PUT`."""
    subject.anew(PUT, FRAMES[0])
    subject.ours(PUT, FRAMES[0])
    answer = subject.answer(subject.asked(text, [image]), ENOUGH)
    assert answer.text == PLANS[text]
    return float(answer.passes)


if __name__ == '__main__':
    main()
