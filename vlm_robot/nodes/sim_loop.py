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

"""Runs a tabletop in real time on one thread, which steps, renders and answers questions."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.sim.tabletop import Tabletop

T = TypeVar('T')
_MAX_LAG_S = 0.5
"""Simulated time that is made up for after a stall; what is beyond is lost."""
_SLOW_SHARE = 0.5
"""Share of the time that slow samplers may take."""
_CHUNK = 10  # steps between two looks at the clock


@dataclass(frozen=True)
class Sampler:
    """Something that is done every `period_s` of simulated time, on the loop's thread."""

    period_s: float
    action: Callable[[], None]
    slow: bool = False  # rendering: left out as often as it takes to leave time for physics


class SimLoop:
    """
    Owns a tabletop: nobody else may touch it while the loop runs.

    :param make_tabletop: called on the loop's thread, because rendering is bound to a thread.
    :param samplers: what to do and how often.
    """

    def __init__(self, make_tabletop: Callable[[], Tabletop], samplers: Sequence[Sampler]) -> None:
        self._make = make_tabletop
        self._due_s = dict.fromkeys(samplers, 0.0)
        self._not_before_s = 0.0
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._players: dict[tuple[str, ...], tuple[float, Trajectory]] = {}
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._main, name='physics', daemon=True)
        self.real_time_factor = 1.0

    def start(self) -> None:
        """
        Start, and return when the scene is there.

        :raises Exception: what building the scene raised.
        """
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop, and free the scene."""
        self._stop.set()
        self._thread.join(5.0)

    @property
    def error(self) -> Exception | None:
        """What ended the loop, if something did."""
        return self._error

    def call(self, function: Callable[[Tabletop], T]) -> Future[T]:
        """Run a function of the tabletop on the loop's thread, between two steps."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(function(self._tabletop))
            except Exception as err:
                future.set_exception(err)

        self._calls.put(work)
        return future

    def play(self, names: tuple[str, ...], trajectory: Trajectory) -> None:
        """
        Begin to follow a trajectory; it takes the place of another for the same joints.

        Only for functions that `call` runs.
        """
        self._players[names] = (self._tabletop.time_s, trajectory)

    def _main(self) -> None:
        try:
            self._tabletop = self._make()
            self._ready.set()
            self._run()
        except Exception as err:
            self._error = err
        finally:
            self._ready.set()
            if hasattr(self, '_tabletop'):
                self._tabletop.close()

    def _run(self) -> None:
        tabletop, step_s = self._tabletop, self._tabletop.timestep_s
        origin = time.monotonic() - tabletop.time_s
        window = (time.monotonic(), tabletop.time_s)
        while not self._stop.is_set():
            self._answer()
            lag_s = time.monotonic() - origin - tabletop.time_s
            if lag_s > _MAX_LAG_S:
                origin += lag_s - _MAX_LAG_S
            for _ in range(min(int(lag_s / step_s), _CHUNK)):
                self._follow()
                tabletop.step()
            self._sample()
            window = self._measure(window)
            if lag_s < step_s:
                self._stop.wait(step_s)

    def _answer(self) -> None:
        while not self._calls.empty():
            self._calls.get()()

    def _follow(self) -> None:
        now_s = self._tabletop.time_s
        for names, (begin_s, trajectory) in tuple(self._players.items()):
            elapsed_s = now_s - begin_s
            positions, _ = trajectory.sample(elapsed_s)
            self._tabletop.command(dict(zip(names, positions.tolist(), strict=True)))
            if elapsed_s > trajectory.duration_s:
                del self._players[names]

    def _sample(self) -> None:
        now_s = self._tabletop.time_s
        for sampler, due_s in sorted(self._due_s.items(), key=lambda item: item[1]):
            if now_s < due_s or (sampler.slow and time.monotonic() < self._not_before_s):
                continue
            begin_s = time.monotonic()
            sampler.action()
            self._due_s[sampler] = max(due_s + sampler.period_s, now_s)
            if sampler.slow:
                end_s = time.monotonic()
                self._not_before_s = end_s + (end_s - begin_s) * (1 / _SLOW_SHARE - 1)

    def _measure(self, window: tuple[float, float]) -> tuple[float, float]:
        wall_s, sim_s = time.monotonic(), self._tabletop.time_s
        if wall_s - window[0] < 2.0:
            return window
        self.real_time_factor = (sim_s - window[1]) / (wall_s - window[0])
        return wall_s, sim_s
