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

"""Lists what went wrong by class, so that the largest can be mended first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vlm_robot.tuning.speech.evaluation import Verdicts
from vlm_robot.tuning.speech.judge import Judged, Result, Stage, confusions
from vlm_robot.tuning.speech.judge_triggers import Heeded, near
from vlm_robot.tuning.speech.listener import Told

_CONFUSIONS = 25
_AROUND_S = 0.5


def findings(verdicts: Verdicts) -> str:
    """Return all mistakes as text: by stage, by confused words, by speaker, then one by one."""
    wrong = [judged for judged in verdicts.commands if judged.result is not Result.RIGHT]
    parts = [
        f'{len(wrong)} of {len(verdicts.commands)} commands failed',
        _counts('by stage', [judged.stage.value for judged in wrong]),
        _counts('by condition', [judged.condition for judged in wrong]),
        _counts('by speaker', [judged.speaker for judged in wrong]),
        _counts('by speed', [str(judged.speed) for judged in wrong]),
        _confused(wrong),
        *(_list(stage, wrong) for stage in Stage if stage is not Stage.NONE),
        _triggers(verdicts.minutes),
        _missed(verdicts),
    ]
    return '\n\n'.join(part for part in parts if part) + '\n'


def _counts(title: str, values: Sequence[str]) -> str:
    lines = [f'{count:5} {value}' for value, count in Counter(values).most_common()]
    return '\n'.join([f'## {title}', *lines]) if lines else ''


def _confused(wrong: Sequence[Judged]) -> str:
    heard = [judged for judged in wrong if judged.stage is Stage.MISHEARD]
    lines = [
        f'{count:5} {said or "(nothing)"!r} heard as {words or "(nothing)"!r}'
        for (said, words), count in list(confusions(heard).items())[:_CONFUSIONS]
    ]
    return '\n'.join(['## words of misheard commands', *lines]) if lines else ''


def _list(stage: Stage, wrong: Sequence[Judged]) -> str:
    lines = [_line(judged) for judged in wrong if judged.stage is stage]
    return '\n'.join([f'## {stage.value}: {len(lines)}', *lines]) if lines else ''


def _line(judged: Judged) -> str:
    done = '; '.join(
        f'{told.kind.name} {told.said!r} {told.reason}'.strip() for told in judged.told
    )
    return (
        f'{judged.result.value:14} {judged.condition:18} {judged.speaker:34} x{judged.speed:<4} '
        f'#{judged.seed:<4} {judged.text!r} -> {done or "nothing"} ({judged.confidence:.2f})'
    )


def _triggers(minutes: Sequence[Heeded]) -> str:
    lines = [
        f'{minute.scene} #{minute.seed} at {told.start_s:.1f} s: {told.kind.name} {told.said!r} '
        f'({told.confidence:.2f}) while {_said(minute, told)!r} was said'
        for minute in minutes
        for told in (*minute.instructions, *minute.questions)
    ]
    lines += [
        f'{minute.scene} #{minute.seed} at {stop.at_s:.1f} s: STOP {stop.word!r} '
        f'({stop.score:.2f}) while {near(minute.said, stop.at_s - 1, stop.at_s)!r} was said'
        for minute in minutes
        for stop in minute.stops
    ]
    return '\n'.join([f'## false triggers: {len(lines)}', *lines]) if lines else ''


def _said(minute: Heeded, told: Told) -> str:
    return near(minute.said, told.start_s + _AROUND_S, told.end_s)


def _missed(verdicts: Verdicts) -> str:
    lines = [
        f'{stop.speaker:34} #{stop.seed:<4} {stop.before!r} {stop.word.upper()} {stop.after!r}'
        for stop in verdicts.stops
        if not stop.heard
    ]
    return '\n'.join([f'## stop words not heard: {len(lines)}', *lines]) if lines else ''
