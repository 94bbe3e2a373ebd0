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

"""The known recognisers by name, loaded when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.speech.grammar.rules import Rule
from vlm_robot.speech.recognisers.base import Recogniser

RECOGNISERS = {
    'embedded': 'vlm_robot.speech.recognisers.embedded:EmbeddedRecogniser',
    'pocketsphinx': 'vlm_robot.speech.recognisers.sphinx:SphinxRecogniser',
    'transformers': 'vlm_robot.speech.recognisers.speech_to_text:SpeechToTextRecogniser',
    'scripted': 'vlm_robot.speech.recognisers.scripted:ScriptedRecogniser',
}


@dataclass(frozen=True)
class RecogniserSettings:
    """
    What a recogniser is made of; each takes what it needs.

    :param grammar: what may be said; None for anything, where the recogniser can.
    :param model: a path or hub name, for those that have several; '' is the recogniser's own.
    :param device: where it runs; '' lets it choose.
    :param language: as an ISO 639-1 code; '' lets it find out.
    :param pronunciations: more words, each with its ARPAbet phones: 'gizmo G IH Z M OW'.
    """

    grammar: Rule | None = None
    model: str = ''
    device: str = ''
    language: str = ''
    pronunciations: tuple[str, ...] = ()


def make_recogniser(name: str, settings: RecogniserSettings) -> Recogniser:
    """
    Load a recogniser.

    :raises UnknownNameError: for a name that is not known.
    :raises ConfigurationError: for settings or a model that cannot be used.
    :raises MissingPackageError: where its library is not installed.
    """
    if name not in RECOGNISERS:
        raise UnknownNameError('recogniser', name, RECOGNISERS)
    module, _, attribute = RECOGNISERS[name].partition(':')
    recogniser: Recogniser = getattr(import_module(module), attribute)(settings)
    return recogniser
