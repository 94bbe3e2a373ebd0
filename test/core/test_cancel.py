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

from __future__ import annotations

import pytest

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome


def test_the_first_reason_stays() -> None:
    token = CancelToken()

    token.cancel('first')
    token.cancel('second', Outcome.TIMEOUT)

    assert token.verdict.message == 'first'
    with pytest.raises(Refusal, match='first') as caught:
        token.check()
    assert caught.value.outcome is Outcome.CANCELED


def test_a_listener_is_told_once_even_when_it_comes_late() -> None:
    told: list[str] = []
    token = CancelToken()
    with token.listening(lambda: told.append('early')):
        token.cancel('stop')
    with token.listening(lambda: told.append('late')):
        pass

    assert told == ['early', 'late']


def test_a_deadline_that_passes_cancels_with_timeout() -> None:
    token = CancelToken()

    with deadline(token, 0.01):
        assert token.wait(10.0)

    assert token.verdict.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize('limit_s', [0.0, -1.0, float('nan'), float('inf'), 1e300])
def test_a_limit_that_is_none_never_cancels(limit_s: float) -> None:
    token = CancelToken()

    with deadline(token, limit_s):
        pass

    assert not token.is_set()


def test_a_deadline_that_was_met_does_not_cancel_later() -> None:
    token = CancelToken()

    with deadline(token, 0.05):
        pass

    assert not token.wait(0.1)
