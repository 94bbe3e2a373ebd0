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

import pytest

from vlm_robot.cli.main import main
from vlm_robot.cli.speech_devices import line
from vlm_robot.speech.sources.devices import Device


def test_the_default_microphone_has_a_star() -> None:
    device = Device(3, 'USB Headset', 1, 48_000, is_default=True)
    assert line(device).split() == ['*', '3', '1', '48000', 'USB', 'Headset']
    assert line(Device(4, 'desk', 2, 16_000)).split() == ['4', '2', '16000', 'desk']


def test_the_microphones_are_listed_or_their_absence_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('sys.argv', ['vlm-robot', 'speech', 'devices'])
    status = main()
    said = capsys.readouterr()
    assert status == 0
    assert 'channels' in said.out or 'there is no microphone' in said.out
