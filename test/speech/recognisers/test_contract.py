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

"""What every recogniser keeps to."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError, Refusal, UnknownNameError
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.acoustic.model import WEIGHTS
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.rules import choice, optional, sequence
from vlm_robot.speech.recognisers.base import Recogniser, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.recognisers.scripted import ScriptedRecogniser
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech.speakers import Speaker, speech

RULE = sequence(
    choice('pick up', 'push away'), 'the', optional('red', 'green'), choice('cube', 'cylinder')
)
GRAMMAR = automaton(RULE)
SENTENCE = 'pick up the green cylinder'


def embedded() -> Recogniser:
    pytest.importorskip('torch')
    if not WEIGHTS.exists():
        pytest.skip('the acoustic model is not trained')
    return make_recogniser('embedded', RecogniserSettings(grammar=RULE))


def sphinx() -> Recogniser:
    pytest.importorskip('pocketsphinx')
    return make_recogniser('pocketsphinx', RecogniserSettings(grammar=RULE))


def scripted() -> Recogniser:
    return ScriptedRecogniser.of([SENTENCE] * 3)


MAKERS: dict[str, Callable[[], Recogniser]] = {
    maker.__name__: cache(maker) for maker in (embedded, sphinx)
}
MAKERS['scripted'] = scripted


@pytest.fixture(params=[pytest.param('embedded', marks=pytest.mark.torch), 'sphinx', 'scripted'])
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    return MAKERS[request.param]()


def hears(recogniser: Recogniser, samples: Samples) -> Recognition:
    return recogniser.recognise(samples.astype(np.float32), CancelToken())


def assert_sound(found: Recognition) -> None:
    for hypothesis in found.hypotheses:
        assert hypothesis.text == ' '.join(hypothesis.text.lower().split()) != ''
        assert math.isnan(hypothesis.confidence) or 0 <= hypothesis.confidence <= 1
    sure = [h.confidence for h in found.hypotheses if not math.isnan(h.confidence)]
    assert sure == sorted(sure, reverse=True)


@pytest.mark.parametrize('seconds', [0, 0.01, 0.03, 0.5, 2.0])
def test_silence_of_any_length_says_nothing(recogniser: Recogniser, seconds: float) -> None:
    assert hears(recogniser, np.zeros(int(seconds * RATE_HZ))).hypotheses == ()


@pytest.mark.parametrize('n', [1, 160, 479, 481, 8000])
@pytest.mark.parametrize('level', [1e-5, 0.1, 3.0])
def test_noise_of_any_length_and_level_is_no_reason_to_fail(
    recogniser: Recogniser, n: int, level: float
) -> None:
    noise = np.random.default_rng(n).normal(0, level, n)
    assert_sound(hears(recogniser, noise))


def test_recognition_is_refused_once_it_is_canceled(recogniser: Recogniser) -> None:
    cancel = CancelToken()
    cancel.cancel('somebody said stop')
    with pytest.raises(Refusal, match='somebody said stop') as refused:
        recogniser.recognise(np.zeros(RATE_HZ, np.float32), cancel)
    assert refused.value.outcome is Outcome.CANCELED


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='espeak-ng is not installed')
def test_a_sentence_in_a_clear_voice_is_heard_again_and_again(recogniser: Recogniser) -> None:
    voice = speech(Speaker('espeak', 'en-us'), SENTENCE)
    pause = np.zeros(RATE_HZ // 4, np.float32)
    said = np.concatenate((pause, voice, pause))
    first, second = hears(recogniser, said), hears(recogniser, said)
    assert first.text == second.text == SENTENCE
    assert first.confidence == pytest.approx(second.confidence, abs=0.05)
    assert first.complete
    assert_sound(first)


def test_a_recogniser_says_its_name_and_can_be_closed(recogniser: Recogniser) -> None:
    assert recogniser.name
    recogniser.close()


@pytest.mark.parametrize('name', ['embedded', 'pocketsphinx'])
def test_a_recogniser_that_needs_a_grammar_says_so(name: str) -> None:
    with pytest.raises(ConfigurationError, match='needs a grammar'):
        make_recogniser(name, RecogniserSettings())


@pytest.mark.parametrize('name', ['embedded', 'pocketsphinx'])
def test_a_word_that_nobody_can_say_is_named_when_a_recogniser_is_made(name: str) -> None:
    if find_spec('pocketsphinx') is None or not WEIGHTS.exists():
        pytest.skip('the recognisers are not installed')
    with pytest.raises(ConfigurationError, match="'qwxgizmo'"):
        make_recogniser(name, RecogniserSettings(grammar=sequence('pick the qwxgizmo')))


def test_a_model_that_is_none_is_named(tmp_path: Path) -> None:
    pytest.importorskip('pocketsphinx')
    with pytest.raises(ConfigurationError, match='no model of PocketSphinx'):
        make_recogniser('pocketsphinx', RecogniserSettings(grammar=RULE, model=str(tmp_path)))


def test_the_embedded_recogniser_hears_english_alone() -> None:
    with pytest.raises(ConfigurationError, match="'zh'"):
        make_recogniser('embedded', RecogniserSettings(grammar=RULE, language='zh'))


def test_an_unknown_recogniser_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match='embedded, pocketsphinx'):
        make_recogniser('embeded', RecogniserSettings())
