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

"""Writes what a model's confidence is worth as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vlm_robot.core.gate_settings import GateSettings
from vlm_robot.tuning.calibration import (
    Passing,
    Sample,
    calibration_error,
    fit_temperature,
    halves,
    passing,
    rate,
    reliability,
    surprise,
    tempered,
    threshold_for,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PLAIN, _TEMPERED = '#babdb6', '#3465a4'


def report(samples: Sequence[Sample], *, precision: float) -> str:
    """
    Return a Markdown report: temperature and threshold are fitted to the even seeds.

    Everything else is measured on the odd ones.
    """
    fitted, held = halves(samples)
    temperature = fit_temperature(fitted)
    after = tempered(held, temperature)
    threshold = threshold_for(tempered(fitted, temperature), precision)
    return '\n\n'.join(
        [
            f'{len(fitted)} points to fit to, {len(held)} to measure on. '
            f'`confidence_temperature: {temperature:.2f}`; '
            f'least confidence of which {precision:.1%} are right: {threshold:.3f}.',
            _fit_table(held, after),
            _bin_table(after),
            _threshold_table([passing(after, t) for t in _thresholds(threshold)]),
            _form_table(after, threshold),
        ]
    )


def write(samples: Sequence[Sample], folder: Path, *, precision: float) -> None:
    """Write `confidence.md`, `confidence.json` and `confidence.png` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = report(samples, precision=precision)
    (folder / 'confidence.md').write_text(text + '\n', encoding='utf-8')
    rows = [asdict(sample) for sample in samples]
    (folder / 'confidence.json').write_text(json.dumps(rows, indent=1), encoding='utf-8')
    draw(samples, folder / 'confidence.png', precision=precision)


def draw(samples: Sequence[Sample], path: Path, *, precision: float) -> None:
    """Draw reliability before and after the temperature, and what each threshold lets through."""
    from matplotlib.figure import Figure

    fitted, held = halves(samples)
    temperature = fit_temperature(fitted)
    after = tempered(held, temperature)
    threshold = threshold_for(tempered(fitted, temperature), precision)
    figure = Figure(figsize=(11, 4.6), layout='constrained')
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color='#2e3436', linewidth=0.8, linestyle=':')
    _draw_reliability(left, held, 'as the model says', _PLAIN)
    _draw_reliability(left, after, f'temperature {temperature:.2f}', _TEMPERED)
    left.set(xlabel='confidence', ylabel='share on the right object', xlim=(0, 1), ylim=(0, 1.02))
    left.legend(loc='upper left', fontsize='small')
    _draw_thresholds(right, after, threshold, precision)
    figure.savefig(path, dpi=110)


def _thresholds(found: float) -> list[float]:
    known = {0.0, GateSettings().min_confidence, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, found}
    return sorted(t for t in known if t == t)


def _fit_table(before: Sequence[Sample], after: Sequence[Sample]) -> str:
    lines = ['| held-out seeds | calibration error | surprise in nats |', '|---|---|---|']
    for name, group in (('as the model says', before), ('with the temperature', after)):
        lines.append(f'| {name} | {calibration_error(group):.4f} | {surprise(group):.4f} |')
    return '\n'.join(lines)


def _bin_table(samples: Sequence[Sample]) -> str:
    lines = ['| confidence | mean | on the right object [95 % Wilson] |', '|---|---|---|']
    for b in reliability(samples):
        if b.right.count:
            cells = [f'{b.low:.1f} to {b.high:.1f}', f'{b.confidence:.3f}', str(b.right).strip()]
            lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def _threshold_table(passings: Sequence[Passing]) -> str:
    lines = ['| threshold | right of what passes | right ones that pass |', '|---|---|---|']
    for p in passings:
        cells = [f'{p.threshold:.3f}', str(p.precision).strip(), str(p.kept).strip()]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def _form_table(samples: Sequence[Sample], threshold: float) -> str:
    lines = [
        '| objects named by | mean confidence | right | right of what passes |',
        '|---|---|---|---|',
    ]
    for form in dict.fromkeys(sample.form for sample in samples):
        group = [sample for sample in samples if sample.form == form]
        mean = np.mean([sample.confidence for sample in group])
        let = passing(group, threshold).precision
        through = str(let).strip() if let.count else 'none passes'
        lines.append(f'| {form} | {mean:.3f} | {str(rate(group)).strip()} | {through} |')
    return '\n'.join(lines)


def _draw_reliability(axes: Axes, samples: Sequence[Sample], name: str, colour: str) -> None:
    bins = [b for b in reliability(samples) if b.right.count]
    share = np.array([b.right.share for b in bins])
    spread = np.array([b.right.interval for b in bins]).reshape(-1, 2).T
    axes.errorbar(
        [b.confidence for b in bins],
        share,
        yerr=np.abs(spread - share).clip(min=0),
        label=f'{name}, error {calibration_error(samples):.3f}',
        color=colour,
        marker='o',
        capsize=2,
    )


def _draw_thresholds(
    axes: Axes, samples: Sequence[Sample], threshold: float, precision: float
) -> None:
    places = sorted({0.0, *(sample.confidence for sample in samples)})
    found = [passing(samples, place) for place in places]
    axes.step(
        places, [p.precision.share for p in found], where='pre', label='right of what passes'
    )
    axes.step(places, [p.kept.share for p in found], where='pre', label='right ones that pass')
    axes.axhline(precision, color='#2e3436', linewidth=0.8, linestyle=':')
    axes.axvline(threshold, color='#cc0000', linewidth=0.8, label=f'threshold {threshold:.3f}')
    axes.set(xlabel='gate.min_confidence', xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc='lower left', fontsize='small')
