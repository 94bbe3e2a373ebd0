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

"""Recognitions from a script: for tests, dry runs and demonstrations without a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings
from vlm_robot.speech.sound import Samples


class ScriptedRecogniser:
    """
    Answers utterances in their order with what a script says, and then hears nothing.

    :param settings: `model` is the path of a YAML file: `heard: [...]`, a list of texts, or of
        mappings with `text`, and perhaps `confidence` (1 if not told), `unknown` and `complete`.
    :raises ConfigurationError: for a file that is not a script.
    """

    def __init__(self, settings: RecogniserSettings) -> None:
        self.name = f'scripted:{Path(settings.model).stem}'
        self._left = iter(_read(settings.model))

    @classmethod
    def of(cls, heard: Iterable[Recognition | str]) -> ScriptedRecogniser:
        """Return one that answers with a list; a text is heard for sure."""
        made = cls.__new__(cls)
        made.name = 'scripted'
        made._left = iter([one if isinstance(one, Recognition) else _sure(one) for one in heard])
        return made

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """Return the next of the script for sound that is not empty."""
        cancel.check()
        return next(self._left, Recognition()) if samples.any() else Recognition()

    def close(self) -> None:
        """Do nothing."""


def _sure(text: str, confidence: float = 1.0) -> Recognition:
    return Recognition((Hypothesis(text, confidence),) if text else ())


def _read(path: str) -> list[Recognition]:
    try:
        script = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'script {path!r} cannot be read: {err}') from err
    if not isinstance(script, dict) or not isinstance(script.get('heard'), list):
        raise ConfigurationError(f'script {path!r} has no list named heard')
    return list(_entries(script['heard'], path))


def _entries(heard: list[Any], path: str) -> Iterator[Recognition]:
    for entry in heard:
        try:
            yield _entry(entry if isinstance(entry, Mapping) else {'text': entry})
        except (TypeError, ValueError) as err:
            raise ConfigurationError(
                f'script {path!r} has {entry!r}: expected a text, or text, confidence, unknown '
                f'and complete'
            ) from err


def _entry(entry: Mapping[str, Any]) -> Recognition:
    strange = set(entry) - {'text', 'confidence', 'unknown', 'complete'}
    confidence = float(entry.get('confidence', 1.0))
    if strange or not isinstance(entry.get('text', ''), str) or not 0 <= confidence <= 1:
        raise ValueError(entry)
    said = _sure(entry.get('text', ''), confidence)
    return Recognition(
        said.hypotheses,
        unknown=tuple(map(str, entry.get('unknown', ()))),
        complete=bool(entry.get('complete', True)),
    )
