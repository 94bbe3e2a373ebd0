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

"""Runs requests on an event loop of their own, under a watch, again where that may help."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.backends.http import UnavailableError
from vlm_robot.models.backends.watch import Watch

T = TypeVar('T')

ATTEMPTS = 5
_FIRST_WAIT_S = 0.25  # doubled each time
_LONGEST_WAIT_S = 8.0
_POLL_S = 0.02
_CLOSING_S = 1.0


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that does not wait for the look-up of a name that nobody wants any more."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Leave the thread to its end, which the resolver's own limit brings."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on an event loop of its own in the thread that calls."""

    def alone() -> T:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            return runner.run(work)

    if not _is_in_loop():
        return alone()
    # a notebook runs a loop of its own: loops do not nest
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def watched(work: Coroutine[Any, Any, T], watch: Watch) -> T:
    """
    Run a coroutine as long as its result is wanted.

    :raises Refusal: CANCELED or TIMEOUT, at most about 20 ms later; the work has ended then.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            watch.check()
            await asyncio.wait({task}, timeout=_POLL_S)
        watch.check()
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_CLOSING_S)
        if task.done() and not task.cancelled():
            task.exception()  # it was looked at


async def persistently(
    attempt: Callable[[], Awaitable[T]], watch: Watch, chance: random.Random
) -> T:
    """
    Try until the server is available: with growing waits, and no longer than there is time.

    :raises Refusal: MODEL_ERROR with what the server said last.
    """
    for number in range(ATTEMPTS):
        try:
            return await attempt()
        except UnavailableError as err:
            backoff_s = min(_FIRST_WAIT_S * 2**number, _LONGEST_WAIT_S)
            wait_s = max(err.wait_s, backoff_s * chance.uniform(0.5, 1.0))
            if number + 1 == ATTEMPTS:
                raise Refusal(Outcome.MODEL_ERROR, f'{err}, {ATTEMPTS} times') from err
            if wait_s >= watch.left_s():
                asks = f', and asks to come back in {err.wait_s:g} s' if err.wait_s else ''
                raise Refusal(
                    Outcome.MODEL_ERROR, f'{err}{asks}: there is no time left to ask again'
                ) from err
        await asyncio.sleep(wait_s)
    raise AssertionError('the last attempt returns or raises')
