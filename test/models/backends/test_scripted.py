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

"""Scripted answers may take their time, but never longer than they are wanted."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import yaml

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Request
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import make_backend

IMAGE = np.zeros((4, 4, 3), np.uint8)
NEVER_S = 3600.0


def scripted(folder: Path, delay_s: object) -> Backend:
    script = folder / 'script.yaml'
    content = {'answers': {'*': 'missing', 'slow': 'unsupported'}, 'delay_s': delay_s}
    script.write_text(yaml.safe_dump(content), encoding='utf-8')
    return make_backend('scripted', {'model': str(script)})


class CancelOnceWaitedFor:
    """Is set from the tenth look on: by then the answer is being waited for."""

    def __init__(self) -> None:
        self.looked = 0

    def is_set(self) -> bool:
        self.looked += 1
        return self.looked > 10


def test_only_the_instruction_that_is_named_waits(tmp_path: Path) -> None:
    backend = scripted(tmp_path, {'Slow': NEVER_S})
    assert backend.answer(Request('anything else', (IMAGE,), deadline_s=60.0)).text == 'missing'
    with pytest.raises(Refusal) as caught:
        backend.answer(Request('slow', (IMAGE,), deadline_s=0.05))
    assert caught.value.outcome is Outcome.TIMEOUT


def test_a_star_delays_every_answer_that_comes_all_the_same(tmp_path: Path) -> None:
    backend = scripted(tmp_path, {'*': 0.02})
    cancel = threading.Event()
    assert backend.answer(Request('slow', (IMAGE,)), cancel=cancel).text == 'unsupported'


def test_a_cancel_ends_the_wait(tmp_path: Path) -> None:
    cancel = CancelOnceWaitedFor()
    with pytest.raises(Refusal) as caught:
        scripted(tmp_path, {'*': NEVER_S}).answer(Request('slow', (IMAGE,)), cancel=cancel)
    assert caught.value.outcome is Outcome.CANCELED
    assert cancel.looked == 11


@pytest.mark.parametrize('delay_s', [{'*': -1}, {'*': float('inf')}, {'*': 'long'}, [1], 3, None])
def test_delays_that_are_none_are_a_configuration_error(tmp_path: Path, delay_s: object) -> None:
    with pytest.raises(ConfigurationError, match='expected seconds by instruction'):
        scripted(tmp_path, delay_s)
