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

"""Listens to an audio topic."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from vlm_robot.ros.qos import sensor
from vlm_robot.ros.speech.audio_messages import audio_message_type, sound_of
from vlm_robot.speech.sound import SoundError
from vlm_robot.speech.sources.pushed import PushedSource
from vlm_robot.speech.sources.resampling import ALL_CHANNELS

_DEPTH = 50  # a second of messages of 20 ms: a node that is held up for a moment loses none


class AudioTopic:
    """
    A subscription that hands what comes to a source.

    :param topic: relative to the node.
    :param on_fault: told of each message that cannot be used; the topic is listened to on.
    :param channel: which one is taken, from 0; ALL_CHANNELS for their mean.
    """

    def __init__(
        self,
        node: Node,
        *,
        on_fault: Callable[[SoundError], None],
        topic: str = 'audio',
        channel: int = ALL_CHANNELS,
    ) -> None:
        self._node = node
        self._on_fault = on_fault
        self._topic = node.resolve_topic_name(topic)
        self.source = PushedSource(self._topic, channel=channel)
        self._subscription = node.create_subscription(
            audio_message_type(), topic, self._take, sensor(_DEPTH)
        )

    def close(self) -> None:
        """Stop listening."""
        self.source.close()
        self._node.destroy_subscription(self._subscription)

    def _take(self, message: Any) -> None:
        now_s = time.monotonic()
        try:
            sound = sound_of(message, self._topic)
            self.source.push(sound.frames, sound.rate_hz, now_s)
        except SoundError as err:
            self._on_fault(err)
