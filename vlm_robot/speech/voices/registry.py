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

"""The known voices by engine, loaded when asked for."""

from __future__ import annotations

from importlib import import_module

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.speech.voices.base import Voice

VOICES = {
    'espeak': 'vlm_robot.speech.voices.espeak:EspeakVoice',
    'piper': 'vlm_robot.speech.voices.piper:PiperVoice',
}


def make_voice(engine: str, voice: str = '') -> Voice | None:
    """
    Return what speaks.

    :param engine: '' for nothing: the robot is silent.
    :param voice: of the engine: a name ('en-gb+f3') for espeak, the path of an .onnx file for
        piper; '' for the engine's own.
    :raises UnknownNameError: for an engine that is not known.
    :raises ConfigurationError: for a voice that the engine does not have.
    :raises MissingPackageError: where the engine is not installed.
    """
    if not engine:
        return None
    if engine not in VOICES:
        raise UnknownNameError('speech engine', engine, VOICES)
    module, _, attribute = VOICES[engine].partition(':')
    made: Voice = getattr(import_module(module), attribute)(voice)
    return made
