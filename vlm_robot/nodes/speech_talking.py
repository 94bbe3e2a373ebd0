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

"""When speech_node speaks, and what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticStatus
from std_msgs.msg import String

from vlm_robot.core.instruction import check_instruction
from vlm_robot.nodes.speech_answers import Answer, Answers, aloud, outcome_aloud
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.ros import qos
from vlm_robot.ros.speech.audio_messages import audio_message, audio_message_type
from vlm_robot.speech.dialogue import Dialogue
from vlm_robot.speech.ears import Ears
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.own_voice import OwnVoice
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.voices.base import Voice
from vlm_robot.speech.voices.output import Loudspeaker
from vlm_robot.speech.voices.player import Player
from vlm_robot.speech.voices.registry import make_voice

if TYPE_CHECKING:
    from rclpy.node import Node


class Talking:
    """
    Says aloud what is asked, refused and done, and what is published on `~/say`.

    :param dialogue: waits for an answer from the end of a question on.
    :param voice: in place of the one that the parameters name.
    :raises VlmRobotError: when the engine or its voice cannot be used.
    """

    def __init__(
        self,
        node: Node,
        p: SpeechParameters,
        own_voice: OwnVoice,
        ears: Ears,
        dialogue: Dialogue,
        voice: Voice | None = None,
    ) -> None:
        self._logger = node.get_logger()
        self._dialogue = dialogue
        self._timeout_s = p.question_timeout_s
        self._answers: Answers | None = None
        chosen = voice or make_voice(
            p.answers.engine if p.answers.enabled else '', p.answers.voice
        )
        node.create_subscription(String, '~/say', self._on_say, qos.COMMAND)
        if chosen is None:
            return
        self._sounds = node.create_publisher(audio_message_type(), '~/speech', qos.COMMAND)
        self._answers = Answers(
            chosen,
            Player(lambda: Loudspeaker(p.answers.device), on_fault=self._warn),
            own_voice,
            publish=self._publish,
            is_spoken_to=lambda: ears.somebody_speaks,
            on_failure=self._warn,
        )
        # volatile: how the last instruction ended before this node began is no news
        node.create_subscription(
            DiagnosticStatus, 'task_node/status', self._on_status, qos.COMMAND
        )

    def tell(self, heard: Heard) -> None:
        """Say what there is to say about something heard."""
        if heard.kind is Kind.QUESTION:
            self._say(Answer(aloud(heard), self._wait_for_answer))
        elif text := aloud(heard):
            self._say(Answer(text))

    def hush(self) -> None:
        """Be silent at once."""
        if self._answers is not None:
            self._answers.hush()

    def close(self) -> None:
        """End it."""
        if self._answers is not None:
            self._answers.close()

    def _say(self, answer: Answer) -> None:
        if self._answers is not None:
            self._answers.say(answer)

    def _wait_for_answer(self, now_s: float) -> None:
        self._dialogue.ask_until(now_s + self._timeout_s)

    def _on_say(self, message: String) -> None:
        verdict = check_instruction(message.data)
        if not verdict.ok:
            self._warn(f'{message.data[:80]!r} is not said: {verdict.message}')
        elif self._answers is None:
            self._warn(f"{message.data[:80]!r} is not said: parameter 'answers.enabled' is False")
        else:
            self._say(Answer(message.data))

    def _on_status(self, status: DiagnosticStatus) -> None:
        if text := outcome_aloud({value.key: value.value for value in status.values}):
            self._say(Answer(text))

    def _publish(self, samples: Samples) -> None:
        self._sounds.publish(audio_message(samples[:, None], RATE_HZ))

    def _warn(self, what: object) -> None:
        self._logger.warning(str(what))
