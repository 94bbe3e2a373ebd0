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

"""Progress of a training on disk, so that a run which was interrupted goes on."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vlm_robot.core.errors import ConfigurationError

SAVE_S = 60.0
"""Seconds between two saves."""


class Progress:
    """
    A file with the state of everything that a training changes.

    :param path: the file; it is replaced as a whole, so that it is never half written.
    :param parts: name -> model, optimiser or schedule.
    :param every_s: seconds between two saves.
    """

    def __init__(self, path: Path, parts: Mapping[str, Any], *, every_s: float) -> None:
        self._path = path
        self._parts = parts
        self._every_s = every_s
        self._saved = time.monotonic()

    def resume(self) -> int:
        """
        Load what was saved.

        :return: how many steps were done, 0 without a file.
        :raises ConfigurationError: for a file that is not progress of the same training.
        """
        if not self._path.exists():
            return 0
        try:
            state = torch.load(self._path, weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(state[name])
            return int(state['step'])
        except (
            RuntimeError,
            ValueError,
            KeyError,
            TypeError,
            EOFError,
            OSError,
            pickle.UnpicklingError,
        ) as err:
            reason = str(err).strip().split('\n')[0] or type(err).__name__
            raise ConfigurationError(
                f'{str(self._path)!r} is not progress of this training: {reason}'
            ) from err

    def done(self, step: int, *, of: int) -> None:
        """Take note of a step, and save when it is time or the last one."""
        if time.monotonic() - self._saved >= self._every_s or step == of:
            self._save(step)
            self._saved = time.monotonic()

    def _save(self, step: int) -> None:
        states = {name: part.state_dict() for name, part in self._parts.items()}
        part = self._path.with_suffix('.part')
        torch.save(states | {'step': step}, part)
        part.rename(self._path)
