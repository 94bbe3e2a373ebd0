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

"""Answers from a script: for tests, dry runs and demonstrations without a model."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.backends.watch import Watch, check_images
from vlm_robot.models.profile import Profile

_STEP_S = 0.005  # between two looks at whether a delayed answer is still wanted


class ScriptedBackend:
    """
    Answers each instruction with the text that a YAML file maps it to.

    :param model: path of a YAML file: `convention: <name>`, `answers: {instruction: answer}` and
        `delay_s: {instruction: seconds}`, which answers take; what stands under `'*'` is for
        instructions that are not listed.
    :param device: not used; every backend takes the same settings.
    :raises ConfigurationError: for a file that is not a script.
    """

    def __init__(self, model: str, device: str = '') -> None:
        script = _read(model)
        self.profile = Profile(
            name=f'scripted:{Path(model).stem}',
            source=model,
            chat=False,
            plan=str(script.get('convention', 'tabletop')),
            self_test='none',
        )
        self._answers = {_key(key): str(value) for key, value in script['answers'].items()}
        self._delays_s = {_key(key): value for key, value in _delays_s(script, model).items()}
        self._closed = threading.Event()

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Return the scripted answer; see `Backend.answer`."""
        watch = Watch(request, cancel)
        watch.check()
        check_images(request)
        key = _key(request.text)
        text = self._answers.get(key, self._answers.get('*'))
        if text is None:
            raise Refusal(Outcome.MODEL_ERROR, f'the script has no answer for {request.text!r}')
        self._wait(self._delays_s.get(key, self._delays_s.get('*', 0.0)), watch)
        watch.check()
        if on_text is not None:
            on_text(text)
        return Answer(text)

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Do nothing: a script needs no image."""

    def memory_bytes(self) -> int:
        """Return 0."""
        return 0

    def close(self) -> None:
        """End what waits for its delay."""
        self._closed.set()

    def _wait(self, delay_s: float, watch: Watch) -> None:
        """:raises Refusal: as soon as the answer is not wanted any more."""
        end = time.monotonic() + delay_s
        while (left_s := end - time.monotonic()) > 0 and not self._closed.is_set():
            watch.check()
            self._closed.wait(min(left_s, _STEP_S))


def _key(instruction: object) -> str:
    return str(instruction).strip().lower()


def _delays_s(script: dict[str, Any], path: str) -> dict[str, float]:
    delays_s = script.get('delay_s', {})
    try:
        found = {key: float(value) for key, value in delays_s.items()}
    except (AttributeError, TypeError, ValueError):
        found = {'*': math.nan}
    if not all(0 <= value < math.inf for value in found.values()):
        raise ConfigurationError(
            f'script {path!r} has the delays {delays_s!r}: expected seconds by instruction'
        )
    return found


def _read(path: str) -> dict[str, Any]:
    try:
        script = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'script {path!r} cannot be read: {err}') from err
    if not isinstance(script, dict) or not isinstance(script.get('answers'), dict):
        raise ConfigurationError(f'script {path!r} has no mapping named answers')
    return script
