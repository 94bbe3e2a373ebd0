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

"""What the tests of a server's trouble share: an image, answers, and how a refusal is caught."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from acts import streams

from vlm_robot.core.errors import Refusal
from vlm_robot.models.answer import Request, Task
from vlm_robot.models.backends.base import Backend

IMAGE = np.zeros((48, 64, 3), np.uint8)
GOOD = streams('missing', ' cube')
PAGE = b'<html><head><style>p {}</style></head><body><h1>Bad gateway</h1></body></html>'
DEADLINE_S = 20.0

Connect = Callable[..., Backend]


def refusal(backend: Backend, *, deadline_s: float = DEADLINE_S, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        backend.answer(Request('pick it', (IMAGE,), Task.PLAN, deadline_s), **more)
    assert '\n' not in caught.value.message
    assert len(caught.value.message) < 500
    return caught.value
