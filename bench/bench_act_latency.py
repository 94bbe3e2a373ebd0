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
From an instruction to a valid plan of two steps, on one model: preprocessing, decoding, parsing.

Ours, transformers' `generate` with the same grammar as a logits processor, and `generate` without
one, whose answer is parsed and asked for again where it is no plan. The models were taught what to
say, so `generate` alone is right at once: the best that it can do. `--untaught` asks a model of
random weights, too, how often that way ends in a plan at all.

    python bench/bench_act_latency.py --rounds 20
"""

from __future__ import annotations

import torch
from harness import Goal, Samples, arguments, assert_equal, publish, ratio, side_by_side
from scenes import two_step_cases
from subjects import FRAMES, PROMPTS, PUT, Image, Subject, embedded, qwen, shapes

from vlm_robot.models.answer import ParseStatus

ATTEMPTS = 3
_FREE = 96  # tokens of an attempt without a grammar

MASKED, PARSED, OURS = 'generate with grammar', 'generate, parse, retry', 'ours'
LATER = 'ours, after another frame'


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument('--shapes', nargs='*', default=shapes(), help='none: embedded alone')
    parser.add_argument('--untaught', action='store_true')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    samples: Samples = {}
    goals = []
    for name, subject, text, image in subjects(args.shapes):
        found = measure(subject, text, image, args.rounds, args.clock)
        samples |= {f'{name}: {case}': values for case, values in found.items()}
        goals.append(Goal(f'{name}: times faster', 1.4, ratio(found, MASKED, OURS), True))
        later = ratio(found, MASKED, LATER)
        goals.append(Goal(f'{name}, after another frame: times faster', 1.4, later, True))
    notes = [f'times are {args.clock} time']
    if args.untaught and args.shapes:
        notes.append(untaught(args.shapes[0]))
    publish(
        'act_latency',
        samples,
        baseline=next(iter(samples)),
        title='Instruction to valid plan, nothing known of the frame',
        notes=notes,
        goals=goals,
    )


def subjects(names: list[str]) -> list[tuple[str, Subject, str, Image]]:
    large = [
        (f'{shape}, {prompt}', qwen(shape, rules=rules), PUT, FRAMES[0])
        for shape in names
        for prompt, rules in PROMPTS.items()
    ]
    text, image = next(two_step_cases(embedded(), 1))
    return [*large, ('embedded', embedded(), text, image)]


def measure(subject: Subject, text: str, image: Image, rounds: int, clock: str) -> Samples:
    cases = {
        MASKED: lambda: read(subject, subject.with_generate(text, image), image),
        PARSED: lambda: retried(subject, text, image),
        OURS: lambda: read(subject, subject.ours(text, image), image),
        LATER: lambda: read(subject, subject.ours(text, image), image),
    }
    before = dict.fromkeys(cases, lambda: subject.anew(text, image))
    before[LATER] = lambda: look_elsewhere(subject, text, image)
    assert_equal(cases, before)
    return side_by_side(cases, rounds=rounds, warmup=0, before=before, clock=clock)


def look_elsewhere(subject: Subject, text: str, image: Image) -> None:
    """Leave what a node that runs has: another frame was looked at."""
    subject.anew(text, image)
    subject.engine.look(subject.asked(text, [image[::-1].copy()]))


def read(subject: Subject, answer: str, image: Image) -> str:
    """Return an answer that is a plan."""
    parsed = subject.read(answer, image)
    assert parsed.status is ParseStatus.OK
    assert parsed.steps
    return answer


def retried(subject: Subject, text: str, image: Image, attempts: int = ATTEMPTS) -> str | None:
    """Return the first answer that is a plan; all attempts but the first are drawn."""
    for attempt in range(attempts):
        drawn = {'do_sample': True, 'temperature': 0.7} if attempt else {}
        answer = subject.unmasked(text, image, tokens=_FREE, **drawn)
        if subject.read(answer, image).status is ParseStatus.OK:
            return answer
    return None


def untaught(shape: str) -> str:
    """Return a sentence on answers of random weights."""
    subject = qwen(shape, taught=False)
    plans = sum(retried(subject, PUT, image) is not None for image in FRAMES)
    ours = sum(read(subject, subject.ours(PUT, image), image) != '' for image in FRAMES)
    return (
        f'random weights, untaught: {plans} of {len(FRAMES)} requests gave a plan in {ATTEMPTS} '
        f'attempts of `generate` without grammar, {ours} of {len(FRAMES)} with ours'
    )


if __name__ == '__main__':
    main()
