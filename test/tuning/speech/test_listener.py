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

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.rules import choice, optional, sequence
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.heard import Kind
from vlm_robot.speech.recognisers.base import Hypothesis, Recogniser, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.recognisers.scripted import ScriptedRecogniser
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.speech.stopping.base import StopHeard, StopSpotter
from vlm_robot.tuning.speech.evaluation import commands
from vlm_robot.tuning.speech.judge import Judged, Result, Stage, judge
from vlm_robot.tuning.speech.judge_corpus import Case, cases, stream
from vlm_robot.tuning.speech.judge_stops import judge_stop, stop_cases, stop_scene
from vlm_robot.tuning.speech.listener import BLOCK, Listener, Parts, blocks
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS, Speaker

ESPEAK = Speaker('espeak', 'en-us')
TEXT = 'pick up the red cube'
needs_espeak = pytest.mark.skipif(not ESPEAK.is_there, reason='espeak-ng is not installed')


class AfterSpotter:
    """Hears a stop word after some blocks."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.reset()

    def reset(self) -> None:
        self._heard = 0

    def feed(self, samples: np.ndarray) -> StopHeard | None:
        self._heard += 1
        return StopHeard('stop', 0.9) if self._heard == self._count else None


def case() -> Case:
    return cases([TEXT], speakers=[ESPEAK])[0]


def judged(recogniser: Recogniser, cache: Path, spotter: StopSpotter | None = None) -> Judged:
    heard = stream(case(), cache)
    parts = Parts(recogniser, Segmenter(), spotter, Guard())
    return judge(case(), heard, Listener(parts).hear(heard.samples))


def saying(text: str, confidence: float) -> ScriptedRecogniser:
    answer = Recognition((Hypothesis(text, confidence),))
    return ScriptedRecogniser.of([answer] * 2)


def test_blocks_hold_every_sample_once_and_know_when_they_were_heard() -> None:
    samples = np.arange(3 * BLOCK + 7, dtype=np.float32)
    cut = list(blocks(samples))
    np.testing.assert_array_equal(np.concatenate([block.samples for block in cut]), samples)
    assert cut[0].heard_s == BLOCK / RATE_HZ
    assert cut[-1].heard_s == samples.size / RATE_HZ


@needs_espeak
def test_a_command_that_is_surely_recognised_is_an_instruction_before_its_end(
    tmp_path: Path,
) -> None:
    found = judged(saying(TEXT, 0.99), tmp_path)
    assert (found.result, found.stage) == (Result.RIGHT, Stage.NONE)
    assert found.latency_s - found.compute_s < 0.6
    assert len(found.told) == 1


@needs_espeak
def test_a_command_that_is_not_surely_recognised_is_asked_back(tmp_path: Path) -> None:
    doubtful = (Guard().ask + Guard().accept) / 2
    found = judged(saying(TEXT, doubtful), tmp_path)
    assert (found.result, found.stage) == (Result.ASKED, Stage.REJECTED)


@needs_espeak
def test_a_stop_word_is_told_apart_from_utterances_with_the_time_of_its_block(
    tmp_path: Path,
) -> None:
    heard = stream(case(), tmp_path)
    parts = Parts(saying('', 0.0), Segmenter(), AfterSpotter(5), Guard())
    listener = Listener(parts)
    for _ in range(2):  # every stream is as the first
        account = listener.hear(heard.samples)
        assert [stop.at_s for stop in account.stops] == [5 * BLOCK / RATE_HZ]
        assert all(told.kind is not Kind.STOP for told in account.told)


@needs_espeak
@pytest.mark.torch
def test_the_embedded_recogniser_is_judged_on_a_stream(tmp_path: Path) -> None:
    rule = instruction_rule(vocabulary())
    found = judged(make_recogniser('embedded', RecogniserSettings(grammar=rule)), tmp_path)
    assert found.stage not in (Stage.NOT_SEGMENTED, Stage.SPLIT)
    assert found.heard
    assert found.compute_s > 0


@pytest.mark.skipif(not HELD_OUT_SPEAKERS[0].is_there, reason='flite is not installed')
def test_a_stop_word_counts_only_from_its_begin_to_shortly_after_its_end(tmp_path: Path) -> None:
    first = next(c for c in stop_cases(7) if HELD_OUT_SPEAKERS[c.speaker].engine == 'flite')
    scene = stop_scene(first, tmp_path)
    assert 0 < scene.from_s < scene.to_s < scene.samples.size / RATE_HZ
    at_the_end = int(scene.to_s * RATE_HZ / BLOCK) + 2
    soon = judge_stop(first, scene, AfterSpotter(at_the_end))
    assert soon.heard == 'stop'
    assert 0 < soon.latency_s < 1
    for count in (1, at_the_end + int(0.8 * RATE_HZ / BLOCK)):
        assert not judge_stop(first, scene, AfterSpotter(count)).heard


def test_stop_words_are_said_by_all_speakers_and_half_of_them_are_stop() -> None:
    drawn = stop_cases(320)
    assert {c.speaker for c in drawn} == set(range(len(HELD_OUT_SPEAKERS)))
    assert sum(c.word == 'stop' for c in drawn) == pytest.approx(160, abs=10)
    assert len({c.seed for c in drawn}) == 320


def test_the_commands_to_judge_on_are_sentences_of_the_grammar_and_stay_the_same() -> None:
    colours = optional(*vocabulary().colours)
    picking = sequence(choice('pick up', 'grab', 'take', 'get'), 'the', colours, 'cube')
    grammar = automaton(picking)
    texts = commands(12, 1, grammar)
    assert texts == commands(12, 1, grammar)
    assert len(set(texts)) == 12
    assert all(grammar.accepts(text) for text in texts)
