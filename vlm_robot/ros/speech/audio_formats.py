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

"""Samples as messages hold them <-> frames of floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.examination import Frames
from vlm_robot.speech.sources.resampling import check_format

LONGEST_S = 10.0


@dataclass(frozen=True)
class Format:
    """
    How one kind of sample is written.

    :param field: of `audio_common_msgs/AudioData`.
    :param dtype: of a sample.
    :param middle: what stands for 0.
    :param full: what stands for 1, from the middle.
    """

    field: str
    dtype: str
    middle: float = 0.0
    full: float = 1.0


PORTAUDIO: Mapping[int, Format] = {
    1: Format('float32_data', 'float32'),
    2: Format('int32_data', 'int32', full=2.0**31),
    8: Format('int16_data', 'int16', full=2.0**15),
    16: Format('int8_data', 'int8', full=2.0**7),
    32: Format('uint8_data', 'uint8', middle=128, full=2.0**7),
}
"""PaSampleFormat of portaudio.h -> how it is written; 24 bits have no field."""
INT16 = PORTAUDIO[8]


@dataclass(frozen=True)
class Sound:
    """
    What a message held.

    :param frames: (N, channels), N at least 1; perhaps not finite.
    """

    frames: Frames
    rate_hz: int


def to_sound(data: Any, kind: Format, *, rate_hz: int, channels: int, name: str) -> Sound:
    """
    Return samples that may be anything as frames.

    :param data: interleaved.
    :param name: of the topic, for the sentence.
    :raises SoundError: WRONG_FORMAT or NOT_SOUND.
    """
    check_format(name, rate_hz, channels)
    samples = np.asarray(data, dtype=kind.dtype)
    if not samples.size:
        raise bad_message(name, 'holds no samples')
    if samples.size % channels:
        raise bad_message(
            name, f'holds {samples.size} samples, which {channels} channels do not divide'
        )
    length_s = samples.size / channels / rate_hz
    if length_s > LONGEST_S:
        raise bad_message(
            name, f'holds {length_s:.1f} s of sound: expected {LONGEST_S:.0f} s at most'
        )
    floats = (samples.astype(np.float64) - kind.middle) / kind.full
    return Sound(floats.astype(np.float32).reshape(-1, channels), rate_hz)


def to_int16(frames: Frames) -> NDArray[np.int16]:
    """Return frames as 16 bits, interleaved; what is too loud is cut off."""
    scaled = np.round(frames.astype(np.float64).reshape(-1) * INT16.full)
    return np.clip(np.nan_to_num(scaled), -32768, 32767).astype(np.int16)


def bad_message(name: str, what: str) -> SoundError:
    """Return that a message is no sound."""
    return SoundError(SoundFault.NOT_SOUND, f'a message on {name!r} {what}')
