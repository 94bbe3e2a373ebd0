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

"""What the benchmarks share: measuring side by side, and telling what was measured."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot as plt

OUT = Path('out/bench')

Samples = dict[str, list[float]]
"""Case -> what was measured, round by round."""


def side_by_side(
    cases: Mapping[str, Callable[[], object]], *, rounds: int, warmup: int = 1
) -> Samples:
    """
    Time cases in turns, so that whatever else the machine does meets them alike.

    :return: seconds of each case in each round.
    """
    samples: Samples = {name: [] for name in cases}
    names = list(cases)
    for turn in range(warmup + rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            start = time.perf_counter()
            cases[name]()
            elapsed = time.perf_counter() - start
            if turn >= warmup:
                samples[name].append(elapsed)
    return samples


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]


def table(samples: Samples, *, baseline: str, unit: str = 'ms', factor: float = 1e3) -> str:
    """Return a Markdown table; the last column is how many times the baseline's median it is."""
    reference = statistics.median(samples[baseline])
    lines = [
        f'| case | median {unit} | p95 | least | rounds | times {baseline} |',
        '|---|---|---|---|---|---|',
    ]
    for name, values in samples.items():
        median = statistics.median(values)
        lines.append(
            f'| {name} | {factor * median:.2f} | {factor * percentile(values, 0.95):.2f} '
            f'| {factor * min(values):.2f} | {len(values)} | {median / reference:.2f} |'
        )
    return '\n'.join(lines)


def publish(
    name: str, samples: Samples, *, baseline: str, title: str, notes: Sequence[str] = ()
) -> None:
    """Print the table, and write raw samples, table and picture to `out/bench/`."""
    OUT.mkdir(parents=True, exist_ok=True)
    text = '\n'.join((f'## {title}', '', *notes, *(['', ''] if notes else ['']))) + table(
        samples, baseline=baseline
    )
    raw = {'title': title, 'notes': list(notes), 'machine': machine(), 'seconds': samples}
    (OUT / f'{name}.json').write_text(json.dumps(raw, indent=1), encoding='utf-8')
    (OUT / f'{name}.md').write_text(text + '\n', encoding='utf-8')
    _draw(OUT / f'{name}.png', samples, title)
    print(f'{text}\n\nraw samples and picture: {OUT}/{name}.json, .png')


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    return {
        'processor': platform.processor() or platform.machine(),
        'python': platform.python_version(),
    }


def _draw(path: Path, samples: Samples, title: str) -> None:
    figure, axes = plt.subplots(figsize=(8, 0.6 * len(samples) + 1.6), layout='constrained')
    names = list(samples)
    axes.boxplot([[1e3 * v for v in samples[n]] for n in names], orientation='horizontal')
    axes.set_yticks(range(1, len(names) + 1), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel('ms')
    axes.set_title(title)
    figure.savefig(path, dpi=110)
    plt.close(figure)
