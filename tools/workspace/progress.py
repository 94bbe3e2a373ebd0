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

"""Run slow commands: one line each on the terminal, their output in a log."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tools.workspace import SetupError

TAIL_LINES = 25


@dataclass(frozen=True)
class Line:
    """One line on the screen: it ticks on a terminal, and is written at both ends elsewhere."""

    title: str
    screen: TextIO
    started: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Say what begins."""
        self._write(f'{self.title} ...', last=not self.screen.isatty())

    def tick(self) -> None:
        """Show that it goes on."""
        if self.screen.isatty():
            self._write(f'{self.title} ... {self._seconds()} s', last=False)

    def end(self, result: str = 'done') -> None:
        """Say how it ended."""
        self._write(f'{self.title}: {result} ({self._seconds()} s)', last=True)

    def _seconds(self) -> int:
        return round(time.monotonic() - self.started)

    def _write(self, text: str, *, last: bool) -> None:
        clear = '\r\x1b[K' if self.screen.isatty() else ''
        print(f'{clear}{text}', end='\n' if last else '', file=self.screen, flush=True)


def run(
    title: str,
    commands: Sequence[Sequence[str | Path]],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    screen: TextIO | None = None,
) -> None:
    """
    Run commands one after the other and show that they are running.

    :param title: what they do, for a person.
    :param log: takes their output.
    :param screen: where progress is shown, by default the standard output.
    :raises SetupError: when one fails; the message holds the end of its output.
    """
    line = Line(title, screen or sys.stdout)
    line.begin()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('w', encoding='utf-8') as output:
        for command in commands:
            text = ' '.join(map(str, command))
            print(f'$ {text}', file=output, flush=True)
            status = _wait(command, output, env=env, line=line)
            if status != 0:
                line.end('failed')
                raise SetupError(f'{_tail(log)}\n{text!r} ended with status {status}; see {log}')
    line.end()


def _wait(
    command: Sequence[str | Path], output: TextIO, *, env: Mapping[str, str] | None, line: Line
) -> int:
    """Run one command to its end and return its status."""
    try:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
    except OSError as error:
        print(error, file=output, flush=True)
        return 127
    with process:
        while True:
            try:
                return process.wait(timeout=1.0)
            except subprocess.TimeoutExpired:
                line.tick()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding='utf-8', errors='replace').splitlines()
    return '\n'.join(lines[-TAIL_LINES:])
