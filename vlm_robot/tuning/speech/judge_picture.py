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

"""Draws a judgement of hearing: errors, who is misunderstood, how soon, and false triggers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vlm_robot.tuning.speech.evaluation import Verdicts
from vlm_robot.tuning.speech.judge import Judged, Result
from vlm_robot.tuning.speech.judge_sums import by_condition, by_speaker, errors, scene_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    Result.WRONG: '#cc0000', Result.ASKED: '#f57900', Result.REFUSED: '#888a85',
    Result.STOPPED: '#75507b',
    Result.MISSED: '#d3d7cf',
}  # fmt: skip
_DARK, _BLUE, _GREEN = '#2e3436', '#3465a4', '#4e9a06'
_ERROR_LIMITS = {'clean': 5.0, '10 dB': 15.0}
_INSTRUCTION_LIMIT_S, _STOP_LIMIT_S = 0.5, 0.3
_TRIGGER_LIMIT = 2.0


def draw(verdicts: Verdicts, path: Path) -> None:
    """Draw four panels; a dotted line is what is asked."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 8.6), layout='constrained')
    (errors_axes, speaker_axes), (time_axes, scene_axes) = figure.subplots(2, 2)
    _draw_errors(errors_axes, verdicts.commands)
    _draw_speakers(speaker_axes, verdicts.commands)
    _draw_times(time_axes, verdicts)
    _draw_scenes(scene_axes, verdicts)
    figure.suptitle(f'Spoken commands, recogniser {verdicts.recogniser}', fontsize='large')
    figure.savefig(path, dpi=110)


def _draw_errors(axes: Axes, commands: Sequence[Judged]) -> None:
    groups = by_condition(commands)
    names, start = list(groups), np.zeros(len(groups))
    for result, colour in _COLOURS.items():
        share = np.array([100 * _share(group, result) for group in groups.values()])
        axes.barh(names, share, left=start, color=colour, label=result.value, height=0.62)
        start += share
    for row, (name, group) in enumerate(groups.items()):
        low, high = (100 * bound for bound in errors(group).interval)
        axes.plot([low, high], [row, row], color=_DARK, linewidth=1, marker='|')
        limit = next((limit for end, limit in _ERROR_LIMITS.items() if name.endswith(end)), None)
        if limit is not None:
            axes.plot([limit, limit], [row - 0.42, row + 0.42], color=_DARK, linestyle=':')
        axes.annotate(
            f' {start[row]:.1f}', (max(high, limit or 0), row), va='center', fontsize='small'
        )
    axes.invert_yaxis()
    ends = [100 * errors(group).interval[1] for group in groups.values()]
    axes.set_xlim(0, 1.3 * max(20.0, *ends, 0.0))
    axes.set_xlabel('commands not done as said, % (95 % Wilson interval)')
    axes.legend(fontsize='small', loc='upper right')
    axes.set_title('Command error')


def _draw_speakers(axes: Axes, commands: Sequence[Judged]) -> None:
    conditions, groups = list(by_condition(commands)), by_speaker(commands)
    table = np.array([
        [100 * errors(by_condition(group).get(name, [])).share for name in conditions]
        for group in groups.values()
    ]).reshape(len(groups), len(conditions))  # fmt: skip
    axes.set_title('Command error by speaker, %')
    if not table.size:
        return
    axes.imshow(table, cmap='OrRd', vmin=0, vmax=60, aspect='auto')
    axes.set_xticks(range(len(conditions)), [name.replace(' + ', ' +\n') for name in conditions])
    axes.set_yticks(range(len(groups)), [name.replace(':', ': ') for name in groups])
    axes.tick_params(labelsize='small', length=0)
    for (row, column), value in np.ndenumerate(table):
        colour = 'white' if value > 40 else _DARK
        text = '' if np.isnan(value) else f'{value:.0f}'
        axes.text(column, row, text, ha='center', va='center', color=colour, fontsize='small')


def _draw_times(axes: Axes, verdicts: Verdicts) -> None:
    alone = [stop.latency_s for stop in verdicts.stops if not stop.busy]
    told = {
        'end of speech to instruction': ([j.latency_s for j in verdicts.commands], _BLUE),
        'end of stop word to stop': (alone, _GREEN),
    }
    for (name, (values, colour)), limit in zip(
        told.items(), (_INSTRUCTION_LIMIT_S, _STOP_LIMIT_S), strict=True
    ):
        known = np.sort([value for value in values if not np.isnan(value)])
        share = 100 * np.arange(1, known.size + 1) / max(known.size, 1)
        late = f'p95 {np.percentile(known, 95):.2f} s' if known.size else 'not measured'
        axes.step(known, share, where='post', color=colour, label=f'{name}, {late}')
        axes.axvline(limit, color=colour, linestyle=':', linewidth=1)
    axes.axhline(95, color=_DARK, linewidth=0.5, linestyle=':')
    axes.set(xlabel='seconds', ylabel='% of those told', xlim=(-0.2, 1.6), ylim=(0, 101))
    axes.legend(fontsize='small', loc='lower right')
    axes.set_title('How soon')


def _draw_scenes(axes: Axes, verdicts: Verdicts) -> None:
    rows = scene_rows(verdicts.minutes)
    names, start = [f'{row.name} ({60 * row.hours:.0f} min)' for row in rows], np.zeros(len(rows))
    counts = {
        'instructions': ([row.instructions for row in rows], _COLOURS[Result.WRONG]),
        'questions': ([row.questions for row in rows], _COLOURS[Result.ASKED]),
        'stops': ([row.stops for row in rows], _BLUE),
    }
    for label, (values, colour) in counts.items():
        axes.barh(names, values, left=start, color=colour, label=label, height=0.62)
        start += np.array(values)
    for row, count in enumerate(start):
        axes.annotate(f' {count:.0f}', (count, row), va='center', fontsize='small')
    most, last = _TRIGGER_LIMIT * rows[-1].hours, len(rows) - 1
    axes.plot([most, most], [last - 0.42, last + 0.42], color=_DARK, linestyle=':')
    axes.invert_yaxis()
    axes.set_xlim(0, max(5.0, 1.2 * float(start.max(initial=0.0))))
    axes.set_xlabel('triggers while nobody commands')
    axes.legend(fontsize='small', loc='lower right')
    axes.set_title('False triggers')


def _share(group: Sequence[Judged], result: Result) -> float:
    return sum(judged.result is result for judged in group) / len(group)
