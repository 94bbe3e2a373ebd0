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

"""Recognitions from a script."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.recognisers.scripted import ScriptedRecogniser

SOUND = np.full(100, 0.1, np.float32)


def script(folder: Path, text: str) -> RecogniserSettings:
    path = folder / 'heard.yaml'
    path.write_text(text, encoding='utf-8')
    return RecogniserSettings(model=str(path))


def test_a_script_is_heard_in_order_and_then_nothing(tmp_path: Path) -> None:
    settings = script(
        tmp_path,
        """
        heard:
          - pick up the red cube
          - {text: push the mug left, confidence: 0.4, complete: false}
          - {text: '', unknown: [dragon]}
        """,
    )
    recogniser = make_recogniser('scripted', settings)
    found = [recogniser.recognise(SOUND, CancelToken()) for _ in range(4)]
    assert found == [
        Recognition((Hypothesis('pick up the red cube', 1.0),)),
        Recognition((Hypothesis('push the mug left', 0.4),), complete=False),
        Recognition(unknown=('dragon',)),
        Recognition(),
    ]


def test_silence_does_not_use_up_the_script() -> None:
    recogniser = ScriptedRecogniser.of(['yes', Recognition((Hypothesis('no', 0.2),))])
    assert recogniser.recognise(np.zeros(100, np.float32), CancelToken()).text == ''
    assert recogniser.recognise(SOUND, CancelToken()).text == 'yes'
    assert recogniser.recognise(SOUND, CancelToken()).confidence == 0.2


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('heard: [', 'cannot be read'),
        ('said: []', 'no list named heard'),
        ('heard: [{text: yes, confidence: 2}]', "'confidence': 2"),
        ('heard: [{text: "yes", sure: 1}]', "'sure': 1"),
        ('heard: [3]', 'expected a text'),
    ],
)
def test_a_file_that_is_no_script_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_recogniser('scripted', script(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='cannot be read'):
        make_recogniser('scripted', RecogniserSettings(model=str(tmp_path / 'no.yaml')))
