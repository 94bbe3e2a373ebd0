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

"""Writes an evaluation as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vlm_robot.tuning.rollout import Result
from vlm_robot.tuning.statistics import Row, rows

_COLOURS = {'model': '#3465a4', 'reference': '#babdb6'}


def table(results: list[Result]) -> str:
    """Return a Markdown table of all rows, and below it where failures happened."""
    lines = [
        '| who points | objects named by | success [95 % Wilson] | point on object '
        '| 3D error median / p95 mm | failures |',
        '|---|---|---|---|---|---|',
    ]
    return '\n'.join(lines + [_line(row) for row in rows(results)])


def _line(row: Row) -> str:
    median, p95 = row.error_mm
    errors = '' if np.isnan(median) else f'{median:.1f} / {p95:.1f}'
    points = str(row.on_object) if row.on_object.count else ''
    failures = ', '.join(f'{name} {count}' for name, count in sorted(row.failures.items()))
    cells = [row.policy, row.form, str(row.success).strip(), points.strip(), errors, failures]
    return '| ' + ' | '.join(cells) + ' |'


def write(results: list[Result], folder: Path) -> None:
    """Write `evaluation.md`, `evaluation.json` and `evaluation.png` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'evaluation.md').write_text(table(results) + '\n', encoding='utf-8')
    episodes = [asdict(result) for result in results]
    (folder / 'evaluation.json').write_text(json.dumps(episodes, indent=1), encoding='utf-8')
    draw(rows(results), folder / 'evaluation.png')


def draw(lines: list[Row], path: Path) -> None:
    """Draw success with its interval for each row, and the classes of failure beside it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 0.42 * len(lines) + 1.6), layout='constrained')
    left, right = figure.subplots(1, 2, sharey=True)
    names = [f'{row.policy}: {row.form}' for row in lines]
    model = lines[0].policy
    share = np.array([row.success.share for row in lines]) * 100
    spread = np.array([row.success.interval for row in lines]).T * 100
    colours = [_COLOURS['model' if row.policy == model else 'reference'] for row in lines]
    errors = np.abs(spread - share).clip(min=0)
    left.barh(names, share, xerr=errors, color=colours, ecolor='#2e3436', capsize=2)
    left.set_xlabel('success, % (95 % Wilson interval)')
    left.set_xlim(0, 100)
    left.invert_yaxis()
    _draw_failures(right, names, lines)
    figure.savefig(path, dpi=110)


def _draw_failures(axes, names: list[str], lines: list[Row]) -> None:  # type: ignore[no-untyped-def]
    start = np.zeros(len(lines))
    for failure in sorted({name for row in lines for name in row.failures}):
        share = np.array([100 * row.failures.get(failure, 0) / row.success.count for row in lines])
        axes.barh(names, share, left=start, label=failure)
        start += share
    axes.set_xlabel('failures by class, %')
    axes.set_xlim(0, 100)
    if start.any():
        axes.legend(fontsize='small')
