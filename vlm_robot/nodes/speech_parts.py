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

"""What speech_node is made of, made from its parameters; nothing here needs ROS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.activity_settings import ActivitySettings, Listening
from vlm_robot.speech.dialogue import Dialogue
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.rules import Rule, Words
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.recognisers.registry import RecogniserSettings, make_recogniser
from vlm_robot.speech.sound import SoundError
from vlm_robot.speech.sources.base import Block, Source
from vlm_robot.speech.sources.microphone import Microphone
from vlm_robot.speech.sources.patience import PatientSource
from vlm_robot.speech.sources.sound_file import SoundFileSource
from vlm_robot.speech.stopping.base import StopSpotter
from vlm_robot.speech.wake import Wake


def grammar(p: SpeechParameters) -> Rule:
    """
    Return the rule of what may be said.

    :raises ConfigurationError: for words that are none.
    """
    known = vocabulary(_given(p.words.kinds), _given(p.words.colours))
    return instruction_rule(known, wake=p.wake.phrase)


def recogniser(p: SpeechParameters, rule: Rule) -> Recogniser:
    """
    Load the recogniser.

    :raises VlmRobotError: as `make_recogniser`.
    """
    settings = RecogniserSettings(
        grammar=rule,
        model=p.recogniser.model,
        device=p.recogniser.device,
        language=p.recogniser.language,
        pronunciations=_given(p.words.pronunciations),
    )
    return make_recogniser(p.recogniser.name, settings)


def dialogue(p: SpeechParameters, rule: Rule) -> Dialogue:
    """
    Return what judges utterances.

    :raises ConfigurationError: when more is accepted than asked.
    """
    if p.confidence.ask > p.confidence.accept:
        raise ConfigurationError(
            f"parameter 'confidence.ask' is {p.confidence.ask!r}: expected at most "
            f'confidence.accept, which is {p.confidence.accept!r}'
        )
    known = known_words(rule)
    guard = Guard(p.confidence.accept, p.confidence.ask, known=known if p.words.restrict else None)
    wake = Wake(p.wake.phrase, open_s=p.wake.open_s, known=known)
    return Dialogue(guard, wake, question_timeout_s=p.question_timeout_s)


def segmenter(p: SpeechParameters) -> Segmenter:
    """
    Return what cuts sound into utterances.

    :raises MissingPackageError: without its detector.
    """
    return Segmenter(ActivitySettings(mode=Listening(p.listen), longest_s=p.max_utterance_s))


def spotter(p: SpeechParameters) -> StopSpotter | None:
    """
    Return what hears stop words; None where nobody wants it.

    :raises VlmRobotError: when it cannot be loaded.
    """
    if not p.stop.enabled:
        return None
    from vlm_robot.speech.stopping.spotter import EmbeddedStopSpotter

    return EmbeddedStopSpotter(p.stop.threshold or None)


def patient_source(
    p: SpeechParameters,
    *,
    topic: Source,
    instead: Callable[[], Source] | None = None,
    on_fault: Callable[[SoundError], None],
    on_sound: Callable[[], None],
) -> Source:
    """
    Return what is listened to, which is opened again when it went away.

    :param topic: what the audio topic gives.
    :param instead: opens a source in place of the one that the parameters name.
    :raises ConfigurationError: for the source file without one.
    """
    if p.source == 'file' and not p.file:
        raise ConfigurationError("parameter 'file' is '': expected a sound file")
    path = Path(p.file).expanduser()
    chosen: dict[str, tuple[str, Callable[[], Source]]] = {
        'file': (p.file, lambda: SoundFileSource(path, channel=p.channel, paced=p.paced)),
        'microphone': (
            p.device or 'the default microphone',
            lambda: Microphone(p.device, channel=p.channel),
        ),
        'topic': (topic.name, lambda: topic),
        'none': ('nothing', Nothing),
    }
    name, make = chosen[p.source]
    return PatientSource(name, instead or make, on_fault=on_fault, on_sound=on_sound)


class Nothing:
    """A source without sound."""

    name = 'nothing'

    def blocks(self) -> Iterator[Block]:
        """Yield nothing."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""


def known_words(rule: Rule) -> frozenset[str]:
    """Return every word of a rule."""
    if isinstance(rule, Words):
        return frozenset(rule.text.lower().split())
    return frozenset().union(*map(known_words, rule.rules))


def _given(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word.strip())
