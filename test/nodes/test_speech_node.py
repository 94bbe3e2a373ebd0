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

"""speech_node: sound becomes instructions, and stop words stop, whatever else is going on."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Bool, Empty, Int16MultiArray, String

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.nodes.speech_node import SpeechNode
from vlm_robot.ros import qos
from vlm_robot.ros.speech.audio_messages import array_message
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.heard import Kind
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundError, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot_interfaces.msg import Heard

pytestmark = pytest.mark.ros

COMMAND = 'put the red cube in the bowl'
DOUBTFUL = (Guard().ask + Guard().accept) / 2


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('sound')


@pytest.fixture(scope='module')
def command(folder: Path) -> Path:
    return wav(folder, COMMAND, name='command.wav')


def wav(folder: Path, *texts: str, name: str) -> Path:
    """Synthesise texts, with silence around each."""
    silence = np.zeros(int(0.9 * RATE_HZ), np.float32)
    path = folder / name
    parts: list[Samples] = [silence]
    for text in texts:
        subprocess.run(['flite', '-voice', 'rms', '-t', text, '-o', str(path)], check=True)
        samples, rate = soundfile.read(path, dtype='float32')
        assert rate == RATE_HZ
        parts += [samples, silence]
    soundfile.write(path, np.concatenate(parts), RATE_HZ)
    return path


class Hears:
    """A recogniser that hears one thing in what is long, and another in what is short."""

    name = 'long or short'

    def __init__(self, long: Recognition | str = '', short: Recognition | str = '') -> None:
        self._long, self._short = map(sure, (long, short))

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        return self._long if samples.size > 1.6 * RATE_HZ else self._short

    def close(self) -> None:
        pass


class Blocking:
    """A recogniser that waits until it is let go, or canceled."""

    name = 'blocking'

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.canceled = threading.Event()

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        self.begun.set()
        cancel.wait()
        self.canceled.set()
        cancel.check()
        return Recognition()

    def close(self) -> None:
        pass


class Listener:
    """A speech_node, and what it says."""

    def __init__(self, ros: Ros, *answers: Recognition | str, **given: Any) -> None:
        self.ros = ros
        self.instructions = ros.collect(String, 'instruction', qos.COMMAND)
        self.stops = ros.collect(Empty, 'stop', qos.COMMAND)
        self.messages = ros.collect(Heard, 'speech_node/heard', qos.COMMAND)
        self.diagnostics = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)
        parts = {
            key: given.pop(key) for key in ('recogniser', 'open_source', 'voice') if key in given
        }
        parts.setdefault('recogniser', Hears(*answers))
        given = {'partial_s': 0.0, 'stop__enabled': False, 'paced': False} | given
        self.node = ros.start(partial(SpeechNode, **parts), **given)

    def heard(self) -> list[tuple[Kind, str]]:
        return [(Kind(message.kind), message.text) for message in self.messages]

    def done(self) -> list[str]:
        return [message.data for message in self.instructions]

    def status(self, name: str) -> DiagnosticStatus | None:
        for array in reversed(self.diagnostics):
            for status in array.status:
                if status.name == f'speech_node: {name}':
                    return status
        return None

    def wait_for_sound(self, level: bytes, words: str) -> None:
        def is_so() -> bool:
            status = self.status('sound')
            return status is not None and status.level == level and words in status.message

        wait_until(is_so)


def sure(text: Recognition | str, confidence: float = 1.0) -> Recognition:
    if isinstance(text, Recognition):
        return text
    return Recognition((Hypothesis(text, confidence),) if text else ())


def test_a_file_becomes_exactly_one_instruction_and_says_how_sure_it_was(
    ros: Ros, command: Path
) -> None:
    listener = Listener(ros, sure(COMMAND, 0.9), source='file', file=str(command))

    wait_until(lambda: listener.heard())
    listener.wait_for_sound(DiagnosticStatus.OK, 'no more sound')

    assert listener.done() == [COMMAND]
    assert listener.heard() == [(Kind.INSTRUCTION, COMMAND)]
    (message,) = listener.messages
    assert message.confidence == pytest.approx(0.9)
    assert message.header.frame_id == str(command)
    assert listener.stops == []


def test_a_stop_word_is_published_while_the_recogniser_is_busy_and_cancels_it(
    ros: Ros, folder: Path
) -> None:
    said = wav(folder, COMMAND, 'stop', name='stop.wav')
    recogniser = Blocking()

    listener = Listener(
        ros, recogniser=recogniser, source='file', file=str(said), stop__enabled=True
    )

    wait_until(lambda: listener.stops)
    assert recogniser.begun.is_set()
    wait_until(recogniser.canceled.is_set)
    assert listener.done() == []


def test_a_stop_word_that_only_the_recogniser_hears_stops_too(ros: Ros, command: Path) -> None:
    listener = Listener(ros, 'stop', source='file', file=str(command))

    wait_until(lambda: listener.heard())

    assert listener.heard() == [(Kind.STOP, 'stop')]
    wait_until(lambda: listener.stops)
    assert listener.done() == []


def test_what_is_not_sure_is_asked_and_done_after_a_yes(ros: Ros, folder: Path) -> None:
    said = wav(folder, COMMAND, 'yes', name='yes.wav')

    listener = Listener(ros, sure(COMMAND, DOUBTFUL), 'yes', source='file', file=str(said))

    wait_until(lambda: len(listener.messages) == 2)
    assert listener.messages[0].question == f'did you mean "{COMMAND}"?'
    assert listener.heard() == [(Kind.QUESTION, COMMAND), (Kind.INSTRUCTION, COMMAND)]
    wait_until(lambda: listener.done() == [COMMAND])


def test_a_question_that_nobody_answers_is_dropped(ros: Ros, command: Path) -> None:
    listener = Listener(
        ros, sure(COMMAND, DOUBTFUL), source='file', file=str(command), question_timeout_s=0.3
    )

    wait_until(lambda: len(listener.messages) == 2)

    assert Kind(listener.messages[-1].kind) is Kind.ANSWER
    assert 'nobody answered' in listener.messages[-1].reason
    assert listener.done() == []


def test_a_file_waits_until_somebody_takes_instructions(ros: Ros, command: Path) -> None:
    diagnostics = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)
    node = partial(SpeechNode, recogniser=Hears(COMMAND))
    ros.start(node, source='file', file=str(command), paced=False, stop__enabled=False)
    wait_until(lambda: diagnostics)
    assert 'waits until somebody' in diagnostics[-1].status[0].message

    got = ros.collect(String, 'instruction', qos.COMMAND)

    wait_until(lambda: [message.data for message in got] == [COMMAND])


def test_a_file_that_is_none_is_named_and_heard_once_it_is_there(
    ros: Ros, command: Path, tmp_path: Path
) -> None:
    path = tmp_path / 'later.wav'
    listener = Listener(ros, COMMAND, source='file', file=str(path))
    listener.wait_for_sound(DiagnosticStatus.ERROR, 'later.wav')
    path.write_text('this is no sound')
    listener.wait_for_sound(DiagnosticStatus.ERROR, 'later.wav')

    path.write_bytes(command.read_bytes())

    wait_until(lambda: listener.done() == [COMMAND])


def test_a_microphone_that_goes_away_is_named_and_heard_when_it_is_back(
    ros: Ros, command: Path
) -> None:
    sound, _ = soundfile.read(command, dtype='float32')
    back = threading.Event()

    class Fragile:
        name = 'fragile'

        def blocks(self) -> Iterator[Block]:
            if not back.is_set():
                raise SoundError(SoundFault.LOST, 'somebody pulled the plug')
            yield Block(sound, time.monotonic())

        def close(self) -> None:
            pass

    listener = Listener(ros, COMMAND, open_source=Fragile)
    listener.wait_for_sound(DiagnosticStatus.ERROR, 'somebody pulled the plug')

    back.set()

    wait_until(lambda: listener.done() == [COMMAND])
    listener.wait_for_sound(DiagnosticStatus.OK, '')


def test_bad_messages_on_the_topic_are_named_and_good_sound_after_them_is_heard(
    ros: Ros, command: Path
) -> None:
    sound, _ = soundfile.read(command, dtype='float32')
    listener = Listener(ros, COMMAND, source='topic')
    publisher = ros.node.create_publisher(Int16MultiArray, 'audio', qos.COMMAND)
    wait_until(publisher.get_subscription_count)

    publisher.publish(Int16MultiArray(data=[1, 2, 3]))
    listener.wait_for_sound(DiagnosticStatus.WARN, 'not sound')
    publisher.publish(array_message(np.ones((RATE_HZ, 1), np.float32), RATE_HZ))
    listener.wait_for_sound(DiagnosticStatus.WARN, 'clipped')
    publisher.publish(array_message(np.stack([sound, sound], axis=1), RATE_HZ))

    wait_until(lambda: listener.done() == [COMMAND])


def test_what_a_button_is_held_for_is_heard(ros: Ros, command: Path) -> None:
    sound, _ = soundfile.read(command, dtype='float32')
    listener = Listener(ros, COMMAND, source='topic', listen='push', partial_s=0.1)
    audio = ros.node.create_publisher(Int16MultiArray, 'audio', qos.COMMAND)
    button = ros.node.create_publisher(Bool, 'speech_node/push_to_talk', qos.COMMAND)
    wait_until(lambda: audio.get_subscription_count() and button.get_subscription_count())

    button.publish(Bool(data=True))
    wait_until(lambda: listener.node.is_pressed)
    audio.publish(array_message(sound[:, None], RATE_HZ))
    wait_until(lambda: (Kind.PARTIAL, COMMAND) in listener.heard())
    assert listener.done() == []
    button.publish(Bool(data=False))

    wait_until(lambda: listener.done() == [COMMAND])


def test_a_confident_no_word_at_all_is_nothing(ros: Ros, command: Path) -> None:
    listener = Listener(ros, source='file', file=str(command))

    wait_until(lambda: listener.heard())

    assert listener.heard() == [(Kind.NOTHING, '')]
    assert listener.messages[0].reason == 'no words were heard'


class Sine:
    """A voice that hums."""

    name = 'sine'

    def speak(self, text: str) -> Samples:
        t = np.arange(RATE_HZ // 2) / RATE_HZ
        return (0.3 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)


def test_how_an_instruction_ended_is_said_and_published_as_sound(ros: Ros) -> None:
    sounds = ros.collect(Int16MultiArray, 'speech_node/speech', qos.COMMAND)
    Listener(ros, source='none', voice=Sine())
    status = ros.node.create_publisher(DiagnosticStatus, 'task_node/status', qos.STATE)
    say = ros.node.create_publisher(String, 'speech_node/say', qos.COMMAND)
    wait_until(lambda: status.get_subscription_count() and say.get_subscription_count())

    values = {'outcome': 'NOT_FOUND', 'message': 'I see no cow'}
    status.publish(DiagnosticStatus(values=[KeyValue(key=k, value=v) for k, v in values.items()]))
    wait_until(lambda: len(sounds) == 1)
    say.publish(String(data='hello'))
    wait_until(lambda: len(sounds) == 2)

    assert sounds[0].layout.dim[0].label == f'frames@{RATE_HZ}'


@pytest.mark.parametrize(
    ('given', 'sentence'),
    [
        ({'source': 'file'}, "'file' is ''"),
        ({'confidence__ask': 0.9}, "'confidence.ask' is 0.9: expected at most"),
        ({'words__kinds': ['c4']}, "'c4'"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused_at_the_start(
    ros: Ros, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Listener(ros, **({'source': 'none'} | given))


def test_the_kinds_of_the_message_are_those_of_the_value() -> None:
    assert {kind.name: int(kind) for kind in Kind} == {
        name: getattr(Heard, name) for name in Kind.__members__
    }
