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

"""speech_node: what is said becomes an instruction; "stop" is heard whatever else is going on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import Bool, Empty, String

from vlm_robot.nodes import speech_parts as parts
from vlm_robot.nodes.speech_listening import ListeningThread
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.nodes.speech_status import SpeechStatus
from vlm_robot.nodes.speech_talking import Talking
from vlm_robot.ros import parameters, qos
from vlm_robot.ros.speech.audio_topic import AudioTopic
from vlm_robot.ros.speech.heard_messages import heard_message
from vlm_robot.ros.spin import run
from vlm_robot.ros.streams.diagnostics import Diagnostics
from vlm_robot.speech.desk import Desk
from vlm_robot.speech.dialogue import Span
from vlm_robot.speech.ears import Ears
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.own_voice import OwnVoice
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.sound import SoundError
from vlm_robot.speech.sources.base import Source
from vlm_robot.speech.stopping.base import StopHeard
from vlm_robot.speech.understanding import Understanding
from vlm_robot.speech.voices.base import Voice
from vlm_robot_interfaces.msg import Heard as HeardMessage

_LOOK_S = 0.25
_THROTTLE_S = 10.0


class SpeechNode(Node):
    """
    Hears: `instruction` is what was said, `stop` a stop word, and `~/heard` all of it.

    Two threads beside the executor: the ears take the sound and hear stop words, and never wait;
    the recogniser makes words out of utterances.

    :param recogniser: in place of the one that the parameters name; `open_source`, which is
        called again when its source went away, and `voice` likewise.
    """

    def __init__(
        self,
        *,
        recogniser: Recogniser | None = None,
        open_source: Callable[[], Source] | None = None,
        voice: Voice | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__('speech_node', **arguments)
        p = self.parameters = parameters.declare(self, SpeechParameters)
        rule = parts.grammar(p)
        self._dialogue = parts.dialogue(p, rule)
        self._recogniser = recogniser or parts.recogniser(p, rule)
        self._instructions = self.create_publisher(String, 'instruction', qos.COMMAND)
        self._stops = self.create_publisher(Empty, 'stop', qos.COMMAND)
        self._heard = self.create_publisher(HeardMessage, '~/heard', qos.COMMAND)
        own_voice = OwnVoice()
        self._ears = Ears(
            parts.segmenter(p),
            parts.spotter(p),
            on_stop=self._on_stop_word,
            on_said=lambda said: self._desk.put(said),
            own_voice=own_voice,
            partial_s=p.partial_s,
        )
        self._understanding = Understanding(
            self._recogniser,
            self._dialogue,
            accept=self._ears.accept,
            tell=self._tell,
            timeout_s=p.recogniser.timeout_s,
        )
        self._talking = Talking(self, p, own_voice, self._ears, self._dialogue, voice)
        self._listening = self._listen(open_source)
        self._desk = Desk(self._understanding.take, on_dropped=self._understanding.drop)
        self._subscribe()
        self._listening.start()

    def close(self) -> None:
        """Stop listening, recognising and speaking."""
        self._listening.close()
        self._desk.close()
        self._talking.close()
        self._recogniser.close()

    def _listen(self, open_source: Callable[[], Source] | None) -> ListeningThread:
        p = self.parameters
        chosen = self._source(open_source)
        self._source_name = chosen.name
        self._status = SpeechStatus(
            self.get_name(), self._ears, source=chosen.name, recogniser=self._recogniser.name
        )
        Diagnostics(self).add(self._status.statuses)
        return ListeningThread(
            chosen,
            self._ears,
            self._status,
            is_awaited=lambda: (
                p.source != 'file' or self._instructions.get_subscription_count() > 0
            ),
            on_failure=self.get_logger().error,
        )

    def _source(self, open_source: Callable[[], Source] | None) -> Source:
        p = self.parameters
        topic = AudioTopic(self, on_fault=self._on_bad_message, channel=p.channel)
        return parts.patient_source(
            p,
            topic=topic.source,
            instead=open_source,
            on_fault=lambda err: self._listening.fails(err.message),
            on_sound=lambda: self._listening.begins(),
        )

    def _subscribe(self) -> None:
        self.is_pressed = False
        if self.parameters.listen == 'push':
            self.create_subscription(Bool, '~/push_to_talk', self._on_button, qos.COMMAND)
        self.create_timer(_LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_button(self, message: Bool) -> None:
        if message.data == self.is_pressed:
            return
        self.is_pressed = message.data
        if message.data:
            self._talking.hush()
            self._ears.press()
        else:
            self._ears.release(time.monotonic())

    def _on_stop_word(self, hit: StopHeard, at_s: float) -> None:
        self._stops.publish(Empty())  # before anything else
        self._drop_all(at_s)
        self._publish(Heard(Kind.STOP, hit.word, hit.score), Span(at_s, at_s))

    def _on_bad_message(self, err: SoundError) -> None:
        self._ears.levels.note(err.fault, time.monotonic())
        self.get_logger().warning(err.message, throttle_duration_sec=_THROTTLE_S)

    def _tell(self, heard: Heard, span: Span) -> None:
        """Act on something heard, on whichever thread it was judged."""
        if heard.kind is Kind.STOP:
            self._stops.publish(Empty())
            self._drop_all(span.end_s)
        if heard.kind is Kind.INSTRUCTION:
            self._instructions.publish(String(data=heard.text))
        self._publish(heard, span)
        self._talking.tell(heard)

    def _drop_all(self, at_s: float) -> None:
        """Let nothing that was said before a stop word become an instruction."""
        self._understanding.stopped(at_s)
        self._desk.cancel_all('a stop word was said')
        self._talking.hush()

    def _publish(self, heard: Heard, span: Span) -> None:
        late_s = max(time.monotonic() - span.end_s, 0.0)
        stamp_ns = self.get_clock().now().nanoseconds - round(late_s * 1e9)
        self._heard.publish(heard_message(heard, max(stamp_ns, 0), self._source_name))
        self._status.heard(heard, late_s)
        if heard.kind is not Kind.PARTIAL:
            self.get_logger().info(_line(heard))

    def _look(self) -> None:
        """Drop a question that nobody answers; somebody who speaks may be answering."""
        if self._ears.somebody_speaks or self._desk.busy:
            return
        now_s = max(time.monotonic(), self._ears.levels.heard_s)
        if dropped := self._dialogue.expire(now_s):
            self._tell(dropped, Span(now_s, now_s))


def _line(heard: Heard) -> str:
    why = heard.question or heard.reason
    return ' '.join(filter(None, (heard.kind.name, repr(heard.text) if heard.text else '', why)))


def main() -> int:
    """Run the node until it is asked to stop."""
    return run(SpeechNode)


if __name__ == '__main__':
    sys.exit(main())
