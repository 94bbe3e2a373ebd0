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

"""The virtual environment: its packages, vlm_robot in it, and running commands in it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tools.workspace import SetupError, progress
from tools.workspace.layout import Layout, base_python

PIP_OPTIONS = ('--disable-pip-version-check', '--no-input', '--progress-bar', 'off')


def create(layout: Layout) -> None:
    """Create the environment, or complete one that was interrupted."""
    python = base_python()
    wanted = {'version': '.'.join(map(str, sys.version_info[:2])), 'home': str(python.parent)}
    command: list[str | Path] = [python, '-m', 'venv']
    if layout.sourced:
        command.append('--system-site-packages')
    if made_with(layout.venv) not in ({}, wanted):
        command.append('--clear')
    log = layout.work / 'log' / 'venv.txt'
    progress.run('virtual environment', [[*command, layout.venv]], log=log)


def made_with(venv: Path) -> dict[str, str]:
    """
    Tell which Python an environment was made with.

    :return: its `version` (two numbers) and `home`, the interpreter's folder; empty if there is
        no environment.
    """
    try:
        text = (venv / 'pyvenv.cfg').read_text(encoding='utf-8')
    except FileNotFoundError:
        return {}
    home = re.search(r'^home\s*=\s*(.+?)\s*$', text, re.MULTILINE)
    version = re.search(r'^version\s*=\s*(\d+\.\d+)', text, re.MULTILINE)
    return {'version': version[1] if version else '', 'home': home[1] if home else ''}


def install_packages(layout: Layout) -> None:
    """Install the locked packages."""
    count = sum(len(pins(lock)) for lock in layout.locks)
    files = [argument for lock in layout.locks for argument in ('--requirement', lock)]
    command = [*pip(layout), 'install', *PIP_OPTIONS, *files]
    title = f'{count} Python packages (minutes, the first time)'
    progress.run(title, [command], log=layout.work / 'log' / 'packages.txt')


def pins(lock: Path) -> list[str]:
    """
    Read the `name==version` lines of a lock file.

    :raises SetupError: when there is no such file.
    """
    try:
        lines = lock.read_text(encoding='utf-8').splitlines()
    except FileNotFoundError as error:
        raise SetupError(f'{lock.name} does not exist: make lock writes it') from error
    return [line for line in lines if '==' in line and not line.startswith('#')]


def install_vlm_robot(layout: Layout) -> None:
    """Install vlm_robot so that the source tree is what runs, with its console scripts."""
    options = ('--no-deps', '--no-build-isolation', '--editable')
    command = [*pip(layout), 'install', *PIP_OPTIONS, *options, layout.root]
    progress.run('vlm_robot', [command], log=layout.work / 'log' / 'vlm_robot.txt')


def pip(layout: Layout) -> tuple[str | Path, ...]:
    """Name the environment's pip."""
    return (layout.python, '-m', 'pip')


def variables(layout: Layout, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """
    List the variables for commands that run in the environment.

    With wheels, Python itself finds the libraries in the environment. A sourced ROS 2 finds
    libraries by variables, and so the environment's own ones (the interfaces) join them.
    """
    found = {**environ, 'VIRTUAL_ENV': str(layout.venv)}
    prepend(found, 'PATH', layout.venv / 'bin')
    if layout.sourced:
        prepend(found, 'LD_LIBRARY_PATH', layout.venv / 'lib')
        prepend(found, 'AMENT_PREFIX_PATH', layout.venv)
    return found


def prepend(environ: dict[str, str], name: str, folder: Path) -> None:
    """Put a folder first on a search path."""
    rest = environ.get(name)
    environ[name] = f'{folder}{os.pathsep}{rest}' if rest else str(folder)


def execute(layout: Layout, command: Sequence[str]) -> NoReturn:
    """
    Become a command of the environment.

    :raises SetupError: when there is no such command.
    """
    try:
        os.execvpe(command[0], list(command), variables(layout))
    except OSError as error:
        raise SetupError(f'{command[0]!r} cannot be run: {error.strerror}') from error
