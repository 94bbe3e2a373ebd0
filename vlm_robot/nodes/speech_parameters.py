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

"""The parameters of speech_node. Their defaults are here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_robot.ros.parameters import parameter
from vlm_robot.speech.guard import Guard

_GUARD = Guard()


@dataclass(frozen=True)
class RecogniserParameters:
    """What makes words out of sound."""

    name: str = parameter(
        'embedded',
        'embedded and pocketsphinx know the words below, transformers any',
        choices=('embedded', 'pocketsphinx', 'transformers', 'scripted'),
    )
    model: str = parameter('', "a path or hub name; empty is the recogniser's own")
    device: str = parameter('', 'where it runs; empty lets the recogniser choose')
    language: str = parameter('', 'as an ISO 639-1 code; empty lets it find out')
    timeout_s: float = parameter(10.0, 'limit for one utterance; 0 is none', minimum=0.0)


@dataclass(frozen=True)
class WordParameters:
    """What may be said beyond what the skills and the model's things are called."""

    kinds: tuple[str, ...] = parameter(('',), 'more nouns for things')
    colours: tuple[str, ...] = parameter(('',), 'more adjectives for things')
    pronunciations: tuple[str, ...] = parameter(
        ('',), "words with their ARPAbet phones: 'gizmo G IH Z M OW'"
    )
    restrict: bool = parameter(
        False, 'refuse every word that is not known, also of a recogniser that knows any'
    )


@dataclass(frozen=True)
class WakeParameters:
    """Words that have to be said first."""

    phrase: str = parameter('', "such as 'hey robot'; empty: whatever is said counts")
    open_s: float = parameter(
        5.0, 'how long after the phrase alone a command may begin', minimum=0.0
    )


@dataclass(frozen=True)
class ConfidenceParameters:
    """How sure the recogniser has to be."""

    accept: float = parameter(
        _GUARD.accept, 'least confidence that is acted on at once', minimum=0.0, maximum=1.0
    )
    ask: float = parameter(
        _GUARD.ask,
        'least confidence that is asked back; below is refused',
        minimum=0.0,
        maximum=1.0,
    )


@dataclass(frozen=True)
class StopParameters:
    """The stop words, which are always listened for."""

    enabled: bool = parameter(True, 'listen for stop, halt and freeze beside the recogniser')
    threshold: float = parameter(
        0.0,
        'score that counts as one; 0 is what was measured to be best',
        minimum=0.0,
        maximum=0.999,
    )


@dataclass(frozen=True)
class AnswerParameters:
    """Speech out."""

    enabled: bool = parameter(False, 'say questions, refusals and outcomes aloud')
    engine: str = parameter('espeak', 'what speaks', choices=('espeak', 'piper'))
    voice: str = parameter('', "a voice of the engine; empty is the engine's own")
    device: str = parameter('', 'loudspeaker by name or index; empty is the default one')


@dataclass(frozen=True)
class SpeechParameters:
    """Parameters of speech_node."""

    source: str = parameter(
        'microphone', 'what is listened to', choices=('microphone', 'file', 'topic', 'none')
    )
    device: str = parameter('', 'microphone by name or index; empty is the default one')
    file: str = parameter('', 'a sound file, with the source file')
    paced: bool = parameter(True, 'a file is heard as fast as it was spoken')
    channel: int = parameter(
        -1, 'which channel is taken, from 0; -1 is the mean of all', minimum=-1, maximum=63
    )
    listen: str = parameter(
        'voice',
        'whenever somebody speaks, or while ~/push_to_talk is true',
        choices=('voice', 'push'),
    )
    max_utterance_s: float = parameter(
        12.0, 'longest utterance; what goes on is not recognised', minimum=1.0, maximum=30.0
    )
    partial_s: float = parameter(
        0.4, 'between two partial results on ~/heard; 0 for none', minimum=0.0
    )
    question_timeout_s: float = parameter(
        8.0, 'how long "yes" answers a question', minimum=0.1, maximum=60.0
    )
    recogniser: RecogniserParameters = field(default_factory=RecogniserParameters)
    words: WordParameters = field(default_factory=WordParameters)
    wake: WakeParameters = field(default_factory=WakeParameters)
    confidence: ConfidenceParameters = field(default_factory=ConfidenceParameters)
    stop: StopParameters = field(default_factory=StopParameters)
    answers: AnswerParameters = field(default_factory=AnswerParameters)
