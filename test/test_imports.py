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

"""Which part of the package may import what."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'vlm_robot'
SOURCES = sorted(PACKAGE.rglob('*.py'))

OWNERS = {
    'torch': (
        'models/backends/local.py',
        'models/backends/checkpoint.py',
        'models/decode/',
        'models/tabletop/',
        'speech/acoustic/',
        'speech/recognisers/speech_to_text.py',
        'speech/recognisers/transcribing/',
        'speech/stopping/',
        'tuning/',
    ),
    'httpx': ('models/backends/http.py',),
    'rclpy': ('ros/', 'nodes/', 'cli/'),
    'mujoco': ('sim/', 'motion/', 'tuning/'),
}
OWNERS['transformers'] = OWNERS['tokenizers'] = OWNERS['llguidance'] = OWNERS['torch']
"""Library -> the modules that may import it."""

HEAVY = ('torch', 'transformers', 'mujoco', 'rclpy', 'httpx')


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that a file imports, at its top or in a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, 'imports are absolute'
            yield node.module or ''


@functools.cache
def imports_of(path: Path) -> set[str]:
    return set(imports(ast.parse(path.read_text(encoding='utf-8'))))


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def loaded_by(module: str) -> set[str]:
    """The heavy libraries that importing a module loads, in a fresh interpreter."""
    code = f'import sys, {module}; print(*(sys.modules.keys() & {set(HEAVY)!r}))'
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def test_the_core_imports_only_the_standard_library_numpy_pydantic_and_itself() -> None:
    allowed = {*sys.stdlib_module_names, 'numpy', 'pydantic'}
    strange = {
        f'{place(path)}: {name}'
        for path in SOURCES
        if place(path).startswith('core/')
        for name in imports_of(path)
        if name.partition('.')[0] not in allowed and not name.startswith('vlm_robot.core')
    }
    assert strange == set()


@pytest.mark.parametrize('library', sorted(OWNERS))
def test_a_heavy_library_is_imported_only_by_the_modules_that_own_it(library: str) -> None:
    users = {
        place(path)
        for path in SOURCES
        if any(name.partition('.')[0] == library for name in imports_of(path))
    }
    assert users, 'the rule is about a library that is used'
    assert {user for user in users if not user.startswith(OWNERS[library])} == set()


@pytest.mark.parametrize(
    'module',
    ['vlm_robot.models.planner', 'vlm_robot.models.backends.registry', 'vlm_robot.cli.main'],
)
def test_importing_a_light_module_loads_no_heavy_library(module: str) -> None:
    assert loaded_by(module) == set()


def test_the_check_of_loaded_libraries_sees_what_a_heavy_module_loads() -> None:
    assert 'mujoco' in loaded_by('vlm_robot.sim.objects')
