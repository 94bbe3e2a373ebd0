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

"""System packages: what is missing, and installing it."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools.workspace import SetupError, progress

LIBRARY_FOLDERS = ('/usr/lib', '/usr/lib64', '/usr/local/lib')
GL_DRIVERS = ('dri/*_dri.so', '*/dri/*_dri.so', 'libgallium-*.so', '*/libgallium-*.so')


@dataclass(frozen=True)
class Need:
    """Something that the system must have, and the Debian package that brings it."""

    package: str
    is_there: Callable[[], bool]


def has_library(*names: str) -> bool:
    """Tell whether one of several shared libraries can be loaded."""
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def has_commands(*names: str) -> bool:
    """Tell whether all of several commands are on the PATH."""
    return all(shutil.which(name) is not None for name in names)


def has_modules(*names: str) -> bool:
    """Tell whether this Python has all of several modules."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in names)


def has_headers() -> bool:
    """Tell whether extensions of this Python can be compiled."""
    return (Path(sysconfig.get_path('include')) / 'Python.h').is_file()


def has_gl_driver() -> bool:
    """Tell whether OpenGL can draw: with a GPU's driver or Mesa's software renderer."""
    if has_library('libEGL_nvidia.so.0'):
        return True
    return any(
        any(Path(folder).glob(driver)) for folder in LIBRARY_FOLDERS for driver in GL_DRIVERS
    )


NEEDS = (
    Need('make', partial(has_commands, 'make')),
    Need('cmake', partial(has_commands, 'cmake')),
    Need('g++', partial(has_commands, 'cc', 'c++')),
    Need('python3-venv', partial(has_modules, 'venv', 'ensurepip')),
    Need('python3-dev', has_headers),
    Need('libegl1', partial(has_library, 'libEGL.so.1')),
    Need('libegl-mesa0', partial(has_library, 'libEGL_mesa.so.0', 'libEGL_nvidia.so.0')),
    Need('libgl1', partial(has_library, 'libGL.so.1')),
    Need('libgl1-mesa-dri', has_gl_driver),
    Need('libportaudio2', partial(has_library, 'libportaudio.so.2')),
    Need('espeak-ng', partial(has_commands, 'espeak-ng')),
    Need('flite', partial(has_commands, 'flite')),
    Need('libglib2.0-0', partial(has_library, 'libgthread-2.0.so.0')),
)


def missing(needs: Sequence[Need] = NEEDS) -> tuple[str, ...]:
    """Name the Debian packages of what is not there."""
    return tuple(need.package for need in needs if not need.is_there())


def ensure(log: Path, *, needs: Sequence[Need] = NEEDS, may_install: bool | None = None) -> None:
    """
    Install what is missing when this process may, or say how.

    :param log: takes the output of apt-get.
    :param may_install: whether to run apt-get; by default when this is root on a Debian system.
    :raises SetupError: when something is missing and is not installed here.
    """
    packages = missing(needs)
    if not packages:
        return
    if may_install is None:
        may_install = os.geteuid() == 0 and has_commands('apt-get')
    if not may_install:
        raise SetupError(how_to_install(packages))
    environ = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    title = f'system packages {" ".join(packages)}'
    progress.run(title, apt_commands(packages), log=log, env=environ)
    packages = missing(needs)
    if packages:
        raise SetupError(f'still missing after apt-get install: {", ".join(packages)}')


def how_to_install(packages: Sequence[str]) -> str:
    """Tell a person what to type."""
    line = ' '.join(('sudo apt-get install --no-install-recommends', *packages))
    return f'system packages are missing; install them and run make again:\n  {line}'


def apt_commands(packages: Sequence[str]) -> list[list[str]]:
    """List the commands that install packages without asking."""
    return [
        ['apt-get', 'update'],
        ['apt-get', 'install', '--yes', '--no-install-recommends', *packages],
    ]
