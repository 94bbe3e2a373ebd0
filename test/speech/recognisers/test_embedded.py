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

"""The embedded recogniser doubts words only where it is not sure of the sentence."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

pytestmark = pytest.mark.torch
pytest.importorskip('torch')

from vlm_robot.core.cancel import CancelToken  # noqa: E402
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
