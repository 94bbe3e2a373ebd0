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

"""
The exceptions of this package.

::

    VlmRobotError
    ├── Refusal              carries an Outcome: an instruction, frame, answer or step was refused
    ├── ConfigurationError   a parameter, profile, model or checkpoint is wrong (found at start-up)
    ├── UnknownNameError     a name is not in a registry (the message lists the known ones)
    ├── MissingPackageError  an optional package is not installed (the message names the extra)
    └── CalibrationRefused   in calibration/: no camera pose comes out of the samples; has a Fault
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from vlm_robot.core.outcome import Outcome, Verdict


class VlmRobotError(Exception):
    """Base of all errors raised by this package."""


class Refusal(VlmRobotError):  # noqa: N818  what was refused is no error
    """
    Something was refused with an outcome code and a sentence.

    :param outcome: why, as a code; never OK.
    :param message: why, as one sentence.
    :param raw: the raw model text, where there is one.
    """

    def __init__(self, outcome: Outcome, message: str, *, raw: str = '') -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.raw = raw

    @property
    def verdict(self) -> Verdict:
        """The outcome and message as a value."""
        return Verdict(self.outcome, self.message)


class ConfigurationError(VlmRobotError):
    """A parameter, profile, model or checkpoint cannot be used."""


class UnknownNameError(ConfigurationError):
    """
    A name is not registered.

    :param kind: what the name stands for, for example 'model'.
    :param name: the offending name.
    :param known: the registered names.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f'; did you mean {close[0]!r}?' if close else ''
        super().__init__(f'unknown {kind} {name!r}: known are {", ".join(names)}{hint}')


class MissingPackageError(VlmRobotError):
    """
    An optional package is not installed.

    :param package: what could not be imported.
    :param extra: the extra of this package that installs it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f'{package!r} is not installed: install it with pip install "vlm_robot[{extra}]"'
        )
