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

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from std_msgs.msg import Int16MultiArray

from vlm_robot.ros.speech.audio_messages import array_message, audio_message, sound_of
from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.examination import Frames

FORMATS = {'float32': 1, 'int32': 2, 'int16': 8, 'int8': 16, 'uint8': 32}


def stamped(data: Any, kind: str, *, rate: int = 16_000, channels: int = 1) -> Any:
    """Return what audio_common_msgs/AudioStamped holds; the package is not on PyPI."""
    fields = {f'{name}_data': [] for name in FORMATS}
    fields[f'{kind}_data'] = data
    info = SimpleNamespace(format=FORMATS[kind], channels=channels, rate=rate, chunk=len(data))
    audio = SimpleNamespace(audio_data=SimpleNamespace(**fields), info=info)
    return SimpleNamespace(audio=audio)


def fault_of(message: Any) -> SoundError:
    with pytest.raises(SoundError, match="'/audio'") as caught:
        sound_of(message, '/audio')
    return caught.value


@given(
    frames=arrays(
        np.float32,
        st.tuples(st.integers(1, 50), st.integers(1, 8)),
        elements=st.floats(-1, 1, width=32),
    ),
    rate_hz=st.integers(4_000, 192_000),
)
@settings(max_examples=40)
def test_what_is_written_into_a_message_is_read_from_it(frames: Frames, rate_hz: int) -> None:
    sound = sound_of(audio_message(frames, rate_hz), '/audio')
    assert sound.rate_hz == rate_hz
    assert sound.frames.shape == frames.shape
    assert np.abs(sound.frames - frames).max() <= 1 / 32768


@pytest.mark.parametrize(
    ('kind', 'data'),
    [('float32', [0.5, -0.5]), ('int32', [2**30, -(2**30)]), ('int16', [2**14, -(2**14)]),
     ('int8', [64, -64]), ('uint8', [192, 64])],
)  # fmt: skip
def test_every_kind_of_sample_is_read_at_its_own_scale(kind: str, data: list[float]) -> None:
    sound = sound_of(stamped(data, kind, rate=44_100, channels=2), '/audio')
    assert sound.rate_hz == 44_100
    assert np.array_equal(sound.frames, np.array([[0.5, -0.5]], np.float32))


def test_channels_are_interleaved() -> None:
    message = array_message(np.array([[0.0, 0.25], [0.5, -1.0]], np.float32), 48_000)
    assert list(message.data) == [0, 8192, 16384, -32768]
    assert [dim.label for dim in message.layout.dim] == ['frames@48000', 'channels']


@pytest.mark.parametrize(
    ('message', 'said'),
    [
        (stamped([0.0], 'float32', rate=0), '0 Hz'),
        (stamped([0.0], 'float32', rate=-16_000), '-16000'),
        (stamped([0.0], 'float32', rate=10**9), '1000000000'),
        (stamped([0.0], 'float32', channels=0), '0 channels'),
        (stamped([0.0], 'float32', channels=65), '65 channels'),
        (stamped([0.0], 'float32', channels=-1), '-1 channels'),
        (stamped([0, 0, 0], 'int16', channels=2), '3 samples'),
        (stamped([], 'int16'), 'no samples'),
        (stamped(np.zeros(10 * 16_000 + 1), 'float32'), '10.0 s'),
    ],
)
def test_a_message_that_cannot_be_sound_is_refused_with_its_value(message: Any, said: str) -> None:
    error = fault_of(message)
    assert said in error.message
    assert error.fault in (SoundFault.NOT_SOUND, SoundFault.WRONG_FORMAT)


def test_a_format_without_samples_of_its_own_is_refused() -> None:
    message = stamped([0], 'int16')
    message.audio.info.format = 4
    assert 'format 4' in fault_of(message).message


def changed(**changes: Any) -> Int16MultiArray:
    message = array_message(np.zeros((4, 2), np.float32), 16_000)
    for name, value in changes.items():
        match name:
            case 'labels':
                for dim, label in zip(message.layout.dim, value, strict=True):
                    dim.label = label
            case 'sizes':
                for dim, size in zip(message.layout.dim, value, strict=True):
                    dim.size = size
            case 'offset':
                message.layout.data_offset = value
            case 'dims':
                message.layout.dim = message.layout.dim[:value]
    return message


@pytest.mark.parametrize(
    'changes',
    [{'labels': ('frames', 'channels')}, {'labels': ('frames@', 'channels')},
     {'labels': ('frames@16000', 'colours')}, {'labels': ('frames@99999999999', 'channels')},
     {'labels': ('frames@0', 'channels')}, {'sizes': (4, 3)}, {'sizes': (0, 0)},
     {'sizes': (4294967295, 4294967295)}, {'offset': 2}, {'dims': 0}, {'dims': 1}],
)  # fmt: skip
def test_an_array_that_does_not_say_what_it_holds_is_refused(changes: dict[str, Any]) -> None:
    assert fault_of(changed(**changes)).message


def test_an_empty_message_is_refused() -> None:
    assert '[]' in fault_of(Int16MultiArray()).message
