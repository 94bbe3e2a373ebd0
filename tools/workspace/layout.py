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

"""Which ROS 2 the workspace uses, and where its parts are."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.workspace import SetupError

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ('kilted', 'jazzy')  # the first is the default
PYTHONS = ((3, 11), (3, 13))  # oldest and newest that the locked packages support


@dataclass(frozen=True)
class Layout:
    """The parts of one workspace; each ROS 2 has its own environment and build folder."""

    root: Path
    distro: str
    sourced: bool  # ROS 2 is a sourced installation, not wheels

    @property
    def suffix(self) -> str:
        """Ending of the folders' names; empty for the default."""
        if self.sourced:
            return f'-{self.distro}-sourced'
        return '' if self.distro == WHEELS[0] else f'-{self.distro}'

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / f'.venv{self.suffix}'

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / 'bin' / 'python'

    @property
    def work(self) -> Path:
        """Build folder and logs."""
        return self.root / f'.ros{self.suffix}'

    @property
    def locks(self) -> tuple[Path, ...]:
        """The lock files that are installed: ROS 2 has one unless it is sourced."""
        names = ['requirements.lock']
        if not self.sourced:
            names.append(f'requirements-ros-{self.distro}.lock')
        return tuple(self.root / name for name in names)


def choose(wanted: str, *, sourced: str, root: Path = ROOT) -> Layout:
    """
    Choose between a sourced ROS 2 and wheels.

    :param wanted: the distribution that was asked for; empty for no wish.
    :param sourced: the sourced distribution; empty when there is none.
    :raises SetupError: when the wish cannot be met.
    """
    if sourced:
        if wanted not in ('', sourced):
            raise SetupError(
                f'ROS={wanted} was asked for, but ROS 2 {sourced} is sourced: '
                'use a shell without it'
            )
        return Layout(root, sourced, sourced=True)
    if wanted and wanted not in WHEELS:
        raise SetupError(f'ROS={wanted} is not known: wheels exist for {", ".join(WHEELS)}')
    return Layout(root, wanted or WHEELS[0], sourced=False)


def sourced_distro(environ: Mapping[str, str] = os.environ) -> str:
    """
    Name the sourced ROS 2 distribution.

    :return: ROS_DISTRO when rclpy is on the PYTHONPATH that sourcing sets; empty otherwise.
    """
    folders = [Path(part) for part in environ.get('PYTHONPATH', '').split(os.pathsep) if part]
    found = any((folder / 'rclpy' / '__init__.py').is_file() for folder in folders)
    return environ.get('ROS_DISTRO', '') if found else ''


def base_python() -> Path:
    """Find the interpreter that environments are made with, also from inside of one."""
    if sys.prefix == sys.base_prefix:
        return Path(sys.executable)
    return Path(sys.base_prefix) / 'bin' / f'python{sys.version_info[0]}.{sys.version_info[1]}'


def check_python(version: tuple[int, int]) -> None:
    """
    Check that the locked packages exist for this Python.

    :raises SetupError: when they do not.
    """
    if not PYTHONS[0] <= version <= PYTHONS[1]:
        oldest, newest = ('.'.join(map(str, bound)) for bound in PYTHONS)
        raise SetupError(
            f'Python {version[0]}.{version[1]} is not supported, {oldest} to {newest} are: '
            'name one with make PYTHON=python3.x'
        )
