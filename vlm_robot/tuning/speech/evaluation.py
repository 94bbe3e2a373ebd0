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

"""Judges hearing, on several processes: commands, minutes without any, and stop words."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.grammar.automaton import Automaton, automaton
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.stopping.spotter import EmbeddedStopSpotter
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.judge import Judged, judge
from vlm_robot.tuning.speech.judge_corpus import Case, cases, draw_texts, stream
from vlm_robot.tuning.speech.judge_stops import (
    StopCase,
    StopJudged,
    judge_stop,
    recognising,
    stop_cases,
    stop_scene,
)
from vlm_robot.tuning.speech.judge_triggers import Heeded, Minute, heeded, minutes, sound
from vlm_robot.tuning.speech.listener import Listener, Parts
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS

_BUSY_SHARE = 4  # of so many stop words one is heard again while a recogniser runs


@dataclass(frozen=True)
class Evaluation:
    """
    What to judge.

    :param model: of the recogniser; '' is its own.
    :param utterances: commands in each condition.
    :param hours: without any command.
    :param stops: stop words.
    :param cache: where synthesised speech is kept.
    """

    recogniser: str = 'embedded'
    model: str = ''
    utterances: int = 240
    hours: float = 1.0
    stops: int = 320
    seed: int = 0
    workers: int = 2
    cache: Path = Path('out/speech/voices')


@dataclass(frozen=True)
class Verdicts:
    """All that was found about a recogniser, with what is around it."""

    recogniser: str
    commands: tuple[Judged, ...] = ()
    minutes: tuple[Heeded, ...] = ()
    stops: tuple[StopJudged, ...] = ()


def evaluate(evaluation: Evaluation) -> Verdicts:
    """
    Judge everything.

    :raises ConfigurationError: for what cannot be had; MissingPackageError likewise.
    """
    _check_speakers()
    grammar = automaton(instruction_rule(vocabulary()))
    recogniser = _recogniser(evaluation)  # what is missing is told here, and not by a process
    name = recogniser.name
    recogniser.close()
    texts = commands(evaluation.utterances, evaluation.seed, grammar)
    jobs: dict[str, Sequence[object]] = {
        'command': cases(texts, seed=evaluation.seed),
        'minute': minutes(evaluation.hours, evaluation.seed) if evaluation.hours else (),
        'stop word': _stop_jobs(evaluation),
    }
    work: dict[str, Callable[[Any], object]] = {
        'command': _command, 'minute': _minute, 'stop word': _stop,
    }  # fmt: skip
    context = multiprocessing.get_context('spawn')
    with context.Pool(evaluation.workers, initializer=_prepare, initargs=(evaluation,)) as pool:
        found = {
            unit: list(tqdm(pool.imap(work[unit], given), total=len(given), desc=unit, unit=''))
            for unit, given in jobs.items()
        }
    return Verdicts(name, *(tuple(group) for group in found.values()))  # type: ignore[arg-type]


def commands(count: int, seed: int, grammar: Automaton) -> list[str]:
    """Return different commands that are sentences of a grammar."""
    commander = Commander(np.random.default_rng([seed, 3]))

    def draw() -> str:
        return next(text for text in iter(commander.command, '') if grammar.accepts(text))

    return draw_texts(count, np.random.default_rng([seed, 4]), draw)


def _check_speakers() -> None:
    missing = [speaker.name for speaker in HELD_OUT_SPEAKERS if not speaker.is_there]
    if missing:
        raise ConfigurationError(
            f'the voices {", ".join(missing)} are not installed: on Debian they are in '
            'espeak-ng, flite, festival and festvox-us-slt-hts'
        )


def _stop_jobs(evaluation: Evaluation) -> list[tuple[StopCase, bool]]:
    given = stop_cases(evaluation.stops, evaluation.seed)
    return [(case, False) for case in given] + [(case, True) for case in given[::_BUSY_SHARE]]


def _recogniser(evaluation: Evaluation) -> Recogniser:
    rule = instruction_rule(vocabulary())
    settings = RecogniserSettings(grammar=rule, model=evaluation.model, language='en')
    return make_recogniser(evaluation.recogniser, settings)


_parts: Parts | None = None  # of this process
_cache = Path()


def _prepare(evaluation: Evaluation) -> None:
    global _parts, _cache
    os.environ['OMP_NUM_THREADS'] = '1'
    _parts = Parts(_recogniser(evaluation), Segmenter(), EmbeddedStopSpotter(), Guard())
    _cache = evaluation.cache
    if 'torch' in sys.modules:
        sys.modules['torch'].set_num_threads(1)


def _these() -> Parts:
    assert _parts is not None  # `_prepare` ran in this process
    return _parts


def _command(case: Case) -> Judged:
    heard = stream(case, _cache)
    return judge(case, heard, Listener(_these()).hear(heard.samples))


def _minute(minute: Minute) -> Heeded:
    samples, said = sound(minute, _cache)
    return heeded(minute, said, Listener(_these()).hear(samples))


def _stop(job: tuple[StopCase, bool]) -> StopJudged:
    case, busy = job
    parts, scene = _these(), stop_scene(case, _cache)
    assert parts.spotter is not None
    if not busy:
        return judge_stop(case, scene, parts.spotter)
    with recognising(parts.recogniser, scene.samples):
        return judge_stop(case, scene, parts.spotter, busy=True)
