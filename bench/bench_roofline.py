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
A decode pass beside the time to read its weights, and prefill beside the time of its arithmetic.

Bandwidth and arithmetic are measured in the same run: a copy and a matrix times a vector, the
faster of the two, and a product of the sizes that the model has.

    python bench/bench_roofline.py --shapes 3B 7B      on a CUDA device
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from harness import Goal, Samples, arguments, publish
from stages import now, one_token_s, timed
from subjects import FRAMES, PUT, SHAPES, Subject, qwen, shapes

_WARM_UP = 3
_READ_BYTES = {'cpu': 2**27, 'cuda': 2**31}


def main() -> None:
    parser = arguments(__doc__, rounds=20)
    parser.add_argument('--shapes', nargs='+', default=shapes())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    notes = []
    if not torch.cuda.is_available():
        notes.append('no CUDA device: the 3B and 7B shapes were not measured')
    samples: Samples = {}
    goals = []
    for shape in args.shapes:
        found = measure(qwen(shape, taught=False), shape, args.rounds, args.clock)
        samples |= {f'{shape}: {case}': values for case, values in found.items()}
        # the least of each: what the device can do when it does nothing else
        times = min(found['decode pass']) / min(found['weights at measured bandwidth'])
        goals.append(Goal(f'{shape}: decode pass over bandwidth', 1.4, times, False))
    publish(
        'roofline',
        samples,
        baseline=f'{args.shapes[0]}: weights at measured bandwidth',
        title='Passes beside what the device can do',
        notes=[
            *notes,
            f'times are {args.clock} time',
            'goals compare the least times, and are meant for a CUDA device',
        ],
        goals=goals,
    )


@torch.inference_mode()
def measure(subject: Subject, shape: str, rounds: int, clock: str) -> Samples:
    subject.anew(PUT, FRAMES[0])
    decoded = one_token_s(subject, PUT, FRAMES[0], passes=_WARM_UP + rounds, clock=clock)[
        _WARM_UP:
    ]
    weights = subject.model.model.language_model.layers
    count = sum(p.numel() for p in weights.parameters())
    head = subject.model.get_output_embeddings().weight
    read_bytes = sum(p.nbytes for p in weights.parameters()) + head.nbytes
    tokens = len(subject.prompt(subject.asked(PUT, [FRAMES[0]])).ids)
    rate_b_s = bandwidth_b_s(subject, rounds, clock)
    flops_s = arithmetic_per_s(subject, SHAPES[shape].inner, tokens, rounds, clock)
    prefilled = [prefill_s(subject, clock) for _ in range(max(rounds // 4, 2))]
    return {
        'decode pass': decoded,
        'weights at measured bandwidth': [read_bytes / rate for rate in rate_b_s],
        'prefill': prefilled,
        'its arithmetic at measured speed': [2 * count * tokens / rate for rate in flops_s],
    }


def prefill_s(subject: Subject, clock: str) -> float:
    """Return the seconds of a prompt's pass, without its images' encoder."""
    prompt = subject.prompt(subject.asked(PUT, [FRAMES[0]]))
    subject.engine.forget()
    with timed(subject, clock=clock) as passes:
        subject.engine.cache.run(prompt, ())
    return passes.whole_s[0] - sum(passes.encoder_s)


def bandwidth_b_s(subject: Subject, rounds: int, clock: str) -> list[float]:
    """Return bytes a second of reading, from a copy or a matrix times a vector."""
    device, dtype = subject.model.device, subject.model.dtype
    size = torch.empty((), dtype=dtype).itemsize
    matrix = torch.ones(_READ_BYTES[device.type] // size // 4096, 4096, device=device, dtype=dtype)
    vector, target = torch.ones(4096, device=device, dtype=dtype), torch.empty_like(matrix)
    copied = [2 * matrix.nbytes / s for s in seconds(lambda: target.copy_(matrix), rounds, clock)]
    multiplied = [matrix.nbytes / s for s in seconds(lambda: matrix @ vector, rounds, clock)]
    return max(copied, multiplied, key=statistics.median)


def arithmetic_per_s(
    subject: Subject, inner: int, tokens: int, rounds: int, clock: str
) -> list[float]:
    """Return operations a second of a product as the model's widest layers do it."""
    device, dtype = subject.model.device, subject.model.dtype
    width = subject.model.config.get_text_config().hidden_size
    rows = torch.ones(tokens, width, device=device, dtype=dtype)
    weight = torch.ones(inner, width, device=device, dtype=dtype)
    work = 2 * tokens * width * inner
    return [work / s for s in seconds(lambda: rows @ weight.T, rounds, clock)]


def seconds(work: Callable[[], object], rounds: int, clock: str) -> list[float]:
    """Time something that a device may do later."""
    found = []
    for _ in range(_WARM_UP + rounds):
        start = now(clock)
        work()
        found.append(now(clock) - start)
    return found[_WARM_UP:]


if __name__ == '__main__':
    main()
