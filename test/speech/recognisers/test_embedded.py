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

"""The embedded recogniser doubts what it is not sure of, and what sounds unfinished."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.torch
pytest.importorskip('torch')

from vlm_robot.core.cancel import CancelToken  # noqa: E402
from vlm_robot.speech.decoding.decoder import Decoded, Sentence  # noqa: E402
from vlm_robot.speech.grammar.instructions import instruction_rule  # noqa: E402
from vlm_robot.speech.grammar.vocabulary import vocabulary  # noqa: E402
from vlm_robot.speech.recognisers.embedded import EmbeddedRecogniser  # noqa: E402
from vlm_robot.speech.recognisers.registry import RecogniserSettings  # noqa: E402
from vlm_robot.tuning.speech.speakers import Speaker, speech  # noqa: E402


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='espeak-ng is not installed')
@pytest.mark.parametrize(('sure', 'unknown'), [(30.0, ()), (-30.0, ('dragon',))])
def test_a_word_is_doubted_only_in_a_sentence_that_is_not_sure(
    monkeypatch: pytest.MonkeyPatch, sure: float, unknown: tuple[str, ...]
) -> None:
    recogniser = EmbeddedRecogniser(RecogniserSettings(grammar=instruction_rule(vocabulary())))
    calibration = replace(recogniser._calibration, intercept=sure)
    monkeypatch.setattr(recogniser, '_calibration', calibration)
    monkeypatch.setattr(recogniser, '_unknown', lambda *args: iter(['dragon']))
    samples = speech(Speaker('espeak', 'en-us+Hugo'), 'pick up the red cube')
    heard = recogniser.recognise(samples, CancelToken())
    assert heard.text == 'pick up the red cube'
    assert heard.complete
    assert heard.unknown == unknown


@pytest.mark.parametrize(
    ('lead', 'text', 'complete'),
    [(0.0, 'pick up the red cube', True), (5.0, 'pick up the red cube', False),
     (20.0, 'pick up the red', False)],
)  # fmt: skip
def test_what_may_be_only_a_beginning_is_not_complete(
    monkeypatch: pytest.MonkeyPatch, lead: float, text: str, complete: bool
) -> None:
    whole, begun = (
        Sentence(tuple(words.split()), 0.0, ()) for words in ('pick up the red cube', text)
    )
    decoded = Decoded((whole,), beginning=begun if lead else None, lead=lead, phones=12)
    recogniser = EmbeddedRecogniser(RecogniserSettings(grammar=instruction_rule(vocabulary())))
    monkeypatch.setattr(recogniser, '_decoder', SimpleNamespace(decode=lambda *args: decoded))
    heard = recogniser.recognise(np.zeros(16000, np.float32), CancelToken())
    assert (heard.text, heard.complete) == (text, complete)
    assert (heard.confidence > 0) == (lead < 20)
