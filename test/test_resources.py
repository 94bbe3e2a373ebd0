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

"""Shared files are found in a source tree and in an installation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vlm_robot import resources

PRINT_PATH = "from vlm_robot.resources import share_path; print(share_path('config', 'x.yaml'))"


def install(prefix: Path) -> Path:
    """Lay out what an installation into a prefix holds of this module."""
    modules = prefix / 'lib' / 'python3' / 'site-packages'
    package = modules / 'vlm_robot'
    package.mkdir(parents=True)
    source = Path(resources.__file__)
    for name in ('__init__.py', 'resources.py'):
        shutil.copy(source.parent / name, package / name)
    return modules


def share(prefix: Path) -> Path:
    """Put a shared file into a prefix."""
    path = prefix / 'share' / 'vlm_robot' / 'config' / 'x.yaml'
    path.parent.mkdir(parents=True)
    path.write_text('x: 1\n', encoding='utf-8')
    return path


def found_by(modules: Path, *, ament_prefix_path: str = '') -> str:
    """Ask an installed copy where the shared file is, in a process of its own."""
    code = f'import sys; sys.path.insert(0, {str(modules)!r}); {PRINT_PATH}'
    environ = {'AMENT_PREFIX_PATH': ament_prefix_path}
    command = [sys.executable, '-I', '-S', '-c', code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_source_tree_comes_first() -> None:
    root = Path(__file__).resolve().parents[1]
    assert resources.share_path('config') == root / 'config'


def test_an_installed_copy_finds_the_share_folder_of_its_own_prefix(tmp_path: Path) -> None:
    path = share(tmp_path)
    assert found_by(install(tmp_path)) == str(path)


def test_an_installed_copy_finds_the_share_folder_of_an_ament_prefix(tmp_path: Path) -> None:
    path = share(tmp_path / 'overlay')
    modules = install(tmp_path / 'elsewhere')
    prefixes = f'{tmp_path / "nothing"}:{tmp_path / "overlay"}'
    assert found_by(modules, ament_prefix_path=prefixes) == str(path)


def test_what_is_nowhere_is_an_error_that_names_the_folders_tried() -> None:
    with pytest.raises(FileNotFoundError, match=r"'no_such/file.yaml' is not in any of .*share"):
        resources.share_path('no_such', 'file.yaml')
