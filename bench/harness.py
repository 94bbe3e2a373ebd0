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

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot as plt

OUT = Path('out/bench')

Samples = dict[str, list[float]]
"""Case -> what was measured, round by round."""

Case = Callable[[], object]

CLOCKS: dict[str, Callable[[], float]] = {'wall': time.perf_counter, 'cpu': time.process_time}
"""Seconds that pass, or that this process computes for: the latter where the machine is shared."""


@dataclass(frozen=True)
class Unit:
    """How figures are written."""

    name: str
    factor: float = 1.0
    digits: int = 2


MS = Unit('ms', 1e3, 1)
MB = Unit('MB', 1e-6, 1)
PASSES = Unit('passes', 1.0, 0)


@dataclass(frozen=True)
class Goal:
    """What a figure should be, and what it is."""

    what: str
    wanted: float
    measured: float
    at_least: bool  # otherwise at most

    @property
    def met(self) -> bool:
        """Whether the figure is as it should be."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    def row(self) -> str:
        """Return the goal as a row of a Markdown table."""
        bound = f'at {"least" if self.at_least else "most"} {self.wanted:g}'
        return (
            f'| {self.what} | {bound} | {self.measured:.4g} | {"yes" if self.met else "**no**"} |'
        )


def arguments(doc: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser of what all benchmarks take."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument(
        '--rounds', type=int, default=rounds, help='timed repetitions of each case'
    )
    parser.add_argument('--clock', choices=CLOCKS, default='wall')
    parser.add_argument('--threads', type=int, default=1, help='of PyTorch on a CPU')
    return parser


def assert_equal(cases: Mapping[str, Case], before: Mapping[str, Case] | None = None) -> object:
    """
    Run each case once, and return what they all return.

    :param before: what precedes a case.
    :raises AssertionError: naming the first case that returns something else than the first one.
    """
    said: dict[str, object] = {}
    for name, case in cases.items():
        (before or {}).get(name, _nothing)()
        said[name] = case()
    first = next(iter(said))
    for name, value in said.items():
        assert value == said[first], f'{name} gives {value!r}, {first} {said[first]!r}'
    return said[first]


def side_by_side(
    cases: Mapping[str, Case],
    *,
    rounds: int,
    warmup: int = 1,
    before: Mapping[str, Case] | None = None,
    clock: str = 'wall',
) -> Samples:
    """
    Time cases in turns, so that whatever else the machine does meets them alike.

    :param before: what precedes a case each time, and is not timed.
    :param clock: one of `CLOCKS`.
    :return: seconds of each case in each round.
    """
    samples: Samples = {name: [] for name in cases}
    names = list(cases)
    now = CLOCKS[clock]
    for turn in range(warmup + rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            (before or {}).get(name, _nothing)()
            start = now()
            cases[name]()
            elapsed = now() - start
            if turn >= warmup:
                samples[name].append(elapsed)
    return samples


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]


def ratio(samples: Samples, over: str, under: str) -> float:
    """Return how many times one case's median is another's."""
    return statistics.median(samples[over]) / statistics.median(samples[under])


def table(samples: Samples, *, baseline: str, unit: Unit = MS) -> str:
    """Return a Markdown table; the last column is how many times the baseline's median it is."""
    reference = statistics.median(samples[baseline])
    lines = [
        f'| case | median {unit.name} | p95 | least | rounds | times {baseline} |',
        '|---|---|---|---|---|---|',
    ]
    for name, values in samples.items():
        figures = (statistics.median(values), percentile(values, 0.95), min(values))
        cells = ' | '.join(f'{unit.factor * figure:.{unit.digits}f}' for figure in figures)
        times = f'{figures[0] / reference:.2f}' if reference else '-'
        lines.append(f'| {name} | {cells} | {len(values)} | {times} |')
    return '\n'.join(lines)


def publish(
    name: str,
    samples: Samples,
    *,
    baseline: str,
    title: str,
    notes: Sequence[str] = (),
    goals: Sequence[Goal] = (),
    unit: Unit = MS,
) -> None:
    """Print the table, and write raw samples, table and picture to `out/bench/`."""
    OUT.mkdir(parents=True, exist_ok=True)
    parts = [f'## {title}', *notes, table(samples, baseline=baseline, unit=unit)]
    if goals:
        head = '| goal | wanted | measured | met |\n|---|---|---|---|'
        parts.append('\n'.join((head, *(goal.row() for goal in goals))))
    text = '\n\n'.join(parts)
    raw = {
        'title': title,
        'notes': list(notes),
        'machine': machine(),
        'unit': 'seconds' if unit is MS else 'bytes' if unit is MB else unit.name,
        'samples': samples,
        'goals': [asdict(goal) for goal in goals],
    }
    (OUT / f'{name}.json').write_text(json.dumps(raw, indent=1), encoding='utf-8')
    (OUT / f'{name}.md').write_text(text + '\n', encoding='utf-8')
    _draw(OUT / f'{name}.png', samples, title, unit)
    print(f'{text}\n\nraw samples and picture: {OUT}/{name}.json, .png', flush=True)


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    return {
        'processor': platform.processor() or platform.machine(),
        'python': platform.python_version(),
    }


def _nothing() -> None:
    """Precede a case that needs nothing."""


def _draw(path: Path, samples: Samples, title: str, unit: Unit) -> None:
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(samples) + 1.6), layout='constrained')
    names = list(samples)
    places = range(1, len(names) + 1)
    medians = [unit.factor * statistics.median(samples[name]) for name in names]
    axes.barh(places, medians, height=0.55, color='#7aa6c2')
    for place, name, median in zip(places, names, medians, strict=True):
        values = [unit.factor * value for value in samples[name]]
        axes.plot(values, [place] * len(values), '.', color='#1d3c52', markersize=4)
        end = (max(values), place)
        text = f'{median:.{unit.digits}f}'
        axes.annotate(text, end, (8, 0), textcoords='offset points', va='center')
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel(f'{unit.name}: median, and each sample as a dot')
    axes.set_title(title)
    figure.savefig(path, dpi=110)
    plt.close(figure)
