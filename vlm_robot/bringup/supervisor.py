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

"""Starts a graph as processes, watches them, and ends them together."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from vlm_robot.bringup.graph import MISCONFIGURED, READY, Graph, NodeSpec
from vlm_robot.core.errors import VlmRobotError

_GRACE_S = 10.0
_NOTEWORTHY = re.compile(r'\[(WARN|ERROR|FATAL)\]|Traceback|Error: ')
_READY = re.compile(rf'\[INFO\].*: {READY}$')
_PR_SET_PDEATHSIG = 1


class GraphError(VlmRobotError):
    """
    A process of the graph ended, or was not ready in time.

    :param status: the exit status of the process that ended.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_misconfigured(self) -> bool:
        """Whether a node ended because of its configuration: see `ros.spin.run`."""
        return self.status == MISCONFIGURED


class Supervisor:
    """
    Runs the nodes of a graph. A context manager: leaving it ends every process.

    Restarts nothing: when one process ends, the graph has failed. Should this process itself be
    killed, the kernel ends the nodes (Linux).

    :param log_path: gets every line of every node, with its name in front.
    :param on_line: gets the lines that are warnings or worse.
    """

    def __init__(self, graph: Graph, *, log_path: Path, on_line: Callable[[str], None]) -> None:
        self._graph = graph
        self._log_path = log_path
        self._on_line = on_line
        self._lock = threading.Lock()
        self._log: IO[str] | None = None
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._ready: set[str] = set()
        self._changed = threading.Event()
        self._stopping = False

    def __enter__(self) -> Self:
        """Start every process; returns at once."""
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        self._log = self._log_path.open('w', encoding='utf-8')
        try:
            for spec in self._graph.nodes:
                self._start(spec)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process."""
        self.close()

    def wait_ready(self, timeout_s: float) -> None:
        """
        Wait until every node serves.

        :raises GraphError: when one ends, or the time is over.
        """
        end = time.monotonic() + timeout_s
        while True:
            self._changed.clear()
            missing = sorted(set(self._processes) - self._ready)
            if not missing:
                return
            self.check()
            if time.monotonic() > end:
                raise GraphError(
                    f'{", ".join(missing)} not ready within {timeout_s:g} s: see {self._log_path}'
                )
            self._changed.wait(0.1)

    def wait(self) -> None:
        """
        Wait until a process ends.

        :raises GraphError: when one does.
        """
        while True:
            self.check()
            self._changed.wait(0.5)

    def check(self) -> None:
        """:raises GraphError: when a process has ended."""
        for name, process in self._processes.items():
            status = process.poll()
            if status is not None:
                raise GraphError(
                    f'{name} ended with status {status}: see {self._log_path}', status=status
                )

    def close(self) -> None:
        """End every process, politely first; returns when none is left."""
        if self._stopping:
            return
        self._stopping = True
        with _uninterrupted():
            self._end()

    def _end(self) -> None:
        # SIGTERM, because SIGINT shows a traceback while a process is still importing
        self._signal(signal.SIGTERM)
        end = time.monotonic() + _GRACE_S
        for process in self._processes.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                process.wait()
        for reader in self._readers:
            reader.join(2.0)
        if self._log is not None:
            self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(number)

    def _start(self, spec: NodeSpec) -> None:
        process = subprocess.Popen(
            spec.command(),
            env=dict(spec.environment) | _console() | dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
            process_group=0,  # Ctrl-C in the terminal reaches us alone
            preexec_fn=_die_with_parent if sys.platform == 'linux' else None,
        )
        self._processes[spec.name] = process
        reader = threading.Thread(target=self._read, args=(spec.name, process), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # it is a pipe
        with process.stdout:
            for line in process.stdout:
                self._note(name, line.rstrip('\n'))
        self._changed.set()

    def _note(self, name: str, line: str) -> None:
        with self._lock:
            if self._log is not None and not self._log.closed:
                self._log.write(f'[{name}] {line}\n')
                self._log.flush()
        if _READY.search(line):
            self._ready.add(name)
            self._changed.set()
        elif _NOTEWORTHY.search(line) and not self._stopping:
            self._on_line(f'[{name}] {line}')


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no second Ctrl-C leave processes behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _console() -> dict[str, str]:
    """Make nodes log a line at a time, in a form that is easy to read."""
    return {
        'PYTHONUNBUFFERED': '1',
        'RCUTILS_LOGGING_BUFFERED_STREAM': '0',
        'RCUTILS_COLORIZED_OUTPUT': '0',
        'RCUTILS_CONSOLE_OUTPUT_FORMAT': '[{severity}] {name}: {message}',
    }


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
