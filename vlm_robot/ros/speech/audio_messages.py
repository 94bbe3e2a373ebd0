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

"""
Audio messages <-> frames of floats.

`audio_common_msgs/AudioStamped` (github.com/mgonzs13/audio_common, which ROS distributes) where it
is installed; else `std_msgs/Int16MultiArray`, interleaved, whose first dimension is labelled
'frames@16000', for the rate, and whose second 'channels'.
"""

from __future__ import annotations

import array
import re
from typing import Any

from std_msgs.msg import Int16MultiArray, MultiArrayDimension

from vlm_robot.ros.speech.audio_formats import (
    INT16,
    PORTAUDIO,
    Sound,
    bad_message,
    to_int16,
    to_sound,
)
from vlm_robot.speech.sources.examination import Frames

_RATE = re.compile(r'frames@([0-9]{1,9})')
_FRAMES, _CHANNELS = 'frames@<rate in Hz>', 'channels'


def audio_message_type() -> Any:
    """Return the type of the messages on an audio topic."""
    try:
        from audio_common_msgs.msg import AudioStamped
    except ImportError:  # none, or the older package of the same name, which knows no rate
        return Int16MultiArray
    return AudioStamped


def sound_of(message: Any, topic: str) -> Sound:
    """
    Return what an audio message holds, whichever of the two types it is.

    :param topic: for the sentence.
    :raises SoundError: NOT_SOUND or WRONG_FORMAT, for every message that cannot be used.
    """
    if hasattr(message, 'layout'):
        return _of_array(message, topic)
    info, data = message.audio.info, message.audio.audio_data
    kind = PORTAUDIO.get(int(info.format))
    if kind is None:
        known = ', '.join(f'{number} ({k.dtype})' for number, k in PORTAUDIO.items())
        raise bad_message(topic, f'has format {info.format!r}: known are {known}')
    rate_hz, channels = int(info.rate), int(info.channels)
    return to_sound(
        getattr(data, kind.field), kind, rate_hz=rate_hz, channels=channels, name=topic
    )


def audio_message(frames: Frames, rate_hz: int, stamp: Any = None) -> Any:
    """
    Return frames as a message of `audio_message_type`, of 16 bits.

    :param frames: (N, channels).
    :param stamp: when the first was heard, where the message can say that.
    """
    kind = audio_message_type()
    if kind is Int16MultiArray:
        return array_message(frames, rate_hz)
    message = kind()
    if stamp is not None:
        message.header.stamp = stamp
    info = message.audio.info
    info.format, info.rate = 8, rate_hz
    info.chunk, info.channels = frames.shape
    message.audio.audio_data.int16_data = array.array('h', to_int16(frames).tobytes())
    return message


def array_message(frames: Frames, rate_hz: int) -> Int16MultiArray:
    """Return frames, (N, channels), as an array of 16 bits that says its rate."""
    n, channels = frames.shape
    message = Int16MultiArray()
    message.layout.dim = [
        MultiArrayDimension(label=f'frames@{rate_hz}', size=n, stride=n * channels),
        MultiArrayDimension(label=_CHANNELS, size=channels, stride=channels),
    ]
    message.data = array.array('h', to_int16(frames).tobytes())
    return message


def _of_array(message: Int16MultiArray, topic: str) -> Sound:
    dims = message.layout.dim
    labels = [dim.label for dim in dims]
    rate = _RATE.fullmatch(labels[0]) if labels else None
    if rate is None or labels[1:] != [_CHANNELS]:
        raise bad_message(
            topic, f'has the dimensions {labels!r}: expected {[_FRAMES, _CHANNELS]!r}'
        )
    n, channels = int(dims[0].size), int(dims[1].size)
    if n * channels != len(message.data) or message.layout.data_offset:
        raise bad_message(
            topic,
            f'holds {len(message.data)} samples from {message.layout.data_offset} on, '
            f'and claims {n} frames of {channels} channels',
        )
    return to_sound(message.data, INT16, rate_hz=int(rate[1]), channels=channels, name=topic)
