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

"""Waits for a server have an end: it is asked again, the deadline passes, or somebody cancels."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate

import pytest
from acts import (
    hangs_up,
    sends,
    sends_raw,
    stalls,
)
from refusals import DEADLINE_S, GOOD, IMAGE, PAGE, Connect, refusal
from servers import Act, ChatServer, Handler, serving

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Request
from vlm_robot.models.backends.asking import ATTEMPTS, persistently
from vlm_robot.models.backends.http import UnavailableError
from vlm_robot.models.backends.watch import Watch

ERROR = Outcome.MODEL_ERROR


def garbage(handler: Handler) -> None:
    handler.wfile.write(b'\x00\x01 this is not HTTP\r\n\r\n')
    handler.close_connection = True


@pytest.mark.parametrize(
    'act',
    [
        *(sends({'error': 'busy'}, status=status) for status in (429, 500, 501, 502, 503, 504)),
        sends({'error': 'busy'}, status=429, Retry_After='0.01'),
        sends({'error': 'busy'}, status=503, Retry_After=formatdate(0, usegmt=True)),
        sends({'error': 'busy'}, status=503, Retry_After='soon'),
        sends_raw(PAGE, kind='text/html', status=502),
        hangs_up,
        garbage,
    ],
)
def test_a_server_that_cannot_answer_now_is_asked_again(connect: Connect, act: Act) -> None:
    with serving(act, GOOD) as server:
        backend = connect(server.url)
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing cube'
        assert len(server.received) == 2


class Hasty(random.Random):
    """Chance that leaves nothing to wait for."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


def test_a_server_that_never_can_is_given_up() -> None:
    asked: list[int] = []

    async def attempt() -> str:
        asked.append(1)
        raise UnavailableError('it is busy')

    watch = Watch(Request('go', ()), None)
    with pytest.raises(Refusal, match=f'it is busy, {ATTEMPTS} times') as caught:
        asyncio.run(persistently(attempt, watch, Hasty()))
    assert caught.value.outcome is ERROR
    assert len(asked) == ATTEMPTS


def test_a_wait_that_the_deadline_does_not_allow_is_not_begun(connect: Connect) -> None:
    with serving(sends({'error': 'busy'}, status=429, Retry_After='3600'), GOOD) as server:
        backend = connect(server.url)
        refused = refusal(backend)
        assert refused.outcome is ERROR
        assert 'asks to come back in 3600 s: there is no time left' in refused.message
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing cube'


def test_a_server_that_is_down_is_named(connect: Connect) -> None:
    with socket.create_server(('127.0.0.1', 0)) as free:
        url = f'http://127.0.0.1:{free.getsockname()[1]}/v1'
    refused = refusal(connect(url), deadline_s=1.0)
    assert refused.outcome in (ERROR, Outcome.TIMEOUT)
    assert url in refused.message or refused.outcome is Outcome.TIMEOUT


WAITS = {
    'for the first word': stalls(),
    'for the next word': stalls('pick', ' <x_1>'),
    'to ask again': sends({'error': 'busy'}, status=503, Retry_After='3600'),
}


@pytest.mark.parametrize('wait', WAITS)
def test_a_cancel_ends_the_wait_and_the_next_request_is_answered(
    connect: Connect, wait: str
) -> None:
    cancel = CancelToken()
    with serving(WAITS[wait], GOOD) as server:
        backend = connect(server.url)
        canceler = _when_asked(server, lambda: cancel.cancel('enough'))
        refused = refusal(backend, deadline_s=0.0, cancel=cancel)
        canceler.join()
        assert refused.outcome is Outcome.CANCELED
        assert wait == 'to ask again' or server.hung_up.wait(DEADLINE_S), 'the server goes on'
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing cube'


@pytest.mark.parametrize('wait', ['for the first word', 'for the next word'])
def test_a_deadline_ends_the_wait_and_the_next_request_is_answered(
    connect: Connect, wait: str
) -> None:
    with serving(WAITS[wait], GOOD) as server:
        backend = connect(server.url)
        refused = refusal(backend, deadline_s=0.3)
        assert refused.outcome is Outcome.TIMEOUT
        assert 'within 0.3 s' in refused.message
        assert server.hung_up.wait(DEADLINE_S), 'the server goes on'
        assert backend.answer(Request('go', (IMAGE,))).text == 'missing cube'


def test_nothing_runs_on_after_a_refusal(connect: Connect) -> None:
    before = set(threading.enumerate())
    with serving(stalls()) as server:
        refusal(connect(server.url), deadline_s=0.1)
        assert server.hung_up.wait(DEADLINE_S)
    assert set(threading.enumerate()) <= before


def _when_asked(server: ChatServer, then: Callable[[], None]) -> threading.Thread:
    def wait() -> None:
        assert server.asked.wait(DEADLINE_S)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread
