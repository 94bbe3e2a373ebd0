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

"""Build the interface package and install it into the environment, beside ROS 2's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.workspace import SetupError, progress
from tools.workspace.environment import prepend
from tools.workspace.layout import Layout

PACKAGE = 'vlm_robot_interfaces'

# What the wheels' exported CMake files name: folders of the machine that built the wheels.
FOREIGN = r'/opt/python/[^/;"]+'
FOREIGN_HEADERS = re.compile(rf'{FOREIGN}/include/python3\.\d+')
FOREIGN_NUMPY = re.compile(rf'{FOREIGN}/lib/python3\.\d+/site-packages/numpy/_?core/include')

ASK_PATHS = """
import json, sys, sysconfig, numpy
print(json.dumps({
    'headers': sysconfig.get_path('include'),
    'numpy': numpy.get_include(),
    'modules': f'lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages',
}))
"""


@dataclass(frozen=True)
class PythonPaths:
    """Folders of the environment's Python."""

    headers: str
    numpy: str  # NumPy's headers
    modules: str  # relative to the environment


def build(layout: Layout) -> None:
    """Build from scratch and install."""
    paths = ask_paths(layout.python)
    if not layout.sourced:
        mend_exports(layout.venv / 'share', paths)
    folder = layout.work / 'build'
    shutil.rmtree(folder, ignore_errors=True)
    progress.run(
        f'{PACKAGE} (about a minute)',
        commands(layout, folder, paths),
        log=layout.work / 'log' / 'interfaces.txt',
        env=variables(layout),
    )
    remember_installed(folder / 'install_manifest.txt', layout.work / 'installed_interfaces.txt')


def ask_paths(python: Path) -> PythonPaths:
    """
    Ask an interpreter for its folders.

    :raises SetupError: when it cannot answer, for example without NumPy.
    """
    answer = subprocess.run([python, '-c', ASK_PATHS], capture_output=True, text=True)
    if answer.returncode != 0:
        raise SetupError(f'{python} cannot import numpy:\n{answer.stderr}')
    return PythonPaths(**json.loads(answer.stdout))


def mend_exports(share: Path, paths: PythonPaths) -> int:
    """
    Let the wheels' exported CMake files name folders of this machine.

    :param share: the folder with the packages' CMake files.
    :return: how many files were changed.
    """
    changed = 0
    for path in share.rglob('*.cmake'):
        text = path.read_text(encoding='utf-8')
        mended = FOREIGN_NUMPY.sub(lambda _: paths.numpy, text)
        mended = FOREIGN_HEADERS.sub(lambda _: paths.headers, mended)
        if mended != text:
            path.write_text(mended, encoding='utf-8')
            changed += 1
    return changed


def remember_installed(manifest: Path, record: Path) -> None:
    """
    Remove what the last build installed and this one did not: interfaces that were renamed.

    :param manifest: the files that this build installed, a path a line.
    :param record: the manifest of the last build; becomes that of this one.
    """
    installed = manifest.read_text(encoding='utf-8')
    if record.is_file():
        before = record.read_text(encoding='utf-8').splitlines()
        for path in set(before).difference(installed.splitlines()):
            Path(path).unlink(missing_ok=True)
    record.write_text(installed, encoding='utf-8')


def commands(layout: Layout, folder: Path, paths: PythonPaths) -> list[list[str | Path]]:
    """List the commands that configure, build and install the package."""
    return [
        [
            *('cmake', '-S', layout.root / PACKAGE, '-B', folder),
            f'-DCMAKE_INSTALL_PREFIX={layout.venv}',
            f'-DPYTHON_INSTALL_DIR={paths.modules}',
            f'-DPython3_EXECUTABLE={layout.python}',
            '-DBUILD_TESTING=OFF',
        ],
        ['cmake', '--build', folder, '--parallel', str(os.cpu_count() or 1)],
        ['cmake', '--install', folder],
    ]


def variables(layout: Layout) -> dict[str, str]:
    """List the variables that make CMake and the generators find ROS 2."""
    environ = dict(os.environ)
    prepend(environ, 'PATH', layout.venv / 'bin')
    for name in ('CMAKE_PREFIX_PATH', 'AMENT_PREFIX_PATH'):
        if not layout.sourced:
            environ.pop(name, None)
        prepend(environ, name, layout.venv)
    return environ
