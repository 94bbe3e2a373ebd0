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

"""The set-up makes what is missing or out of date, and nothing else."""

from __future__ import annotations

import io
import sys
from functools import partial
from pathlib import Path

import pytest

from tools.workspace import SetupError, environment, interfaces, layout, lock, progress, system
from tools.workspace.__main__ import Part, refresh
from tools.workspace.stamps import content_key

KILTED = layout.Layout(Path('/ws'), 'kilted', sourced=False)
JAZZY = layout.Layout(Path('/ws'), 'jazzy', sourced=False)
SOURCED = layout.Layout(Path('/ws'), 'jazzy', sourced=True)
ABSENT = system.Need('libabsent1', lambda: False)


def two_parts(made: list[str], first: str, second: str) -> tuple[Part, Part]:
    """Make parts that note when they are made."""
    return (
        Part('first', (first,), lambda: made.append('first')),
        Part('second', (second,), lambda: made.append('second')),
    )


def test_everything_is_made_once(tmp_path: Path) -> None:
    made: list[str] = []
    for _ in range(2):
        refresh(two_parts(made, 'a', 'b'), tmp_path)
    assert made == ['first', 'second']


def test_a_change_makes_the_part_and_what_builds_on_it_again(tmp_path: Path) -> None:
    made: list[str] = []
    refresh(two_parts([], 'a', 'b'), tmp_path)
    refresh(two_parts(made, 'a', 'changed'), tmp_path)
    assert made == ['second']
    refresh(two_parts(made, 'changed', 'changed'), tmp_path)
    assert made == ['second', 'first', 'second']


def test_an_interrupted_part_is_made_again(tmp_path: Path) -> None:
    refresh(two_parts([], 'a', 'b'), tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh((Part('first', ('changed',), interrupt),), tmp_path)
    made: list[str] = []
    refresh(two_parts(made, 'a', 'b'), tmp_path)
    assert made == ['first']


def test_a_key_depends_on_names_and_contents_of_files(tmp_path: Path) -> None:
    keys = [content_key(tmp_path)]
    for name, text in (('a', 'x'), ('a', 'y'), ('b', 'y')):
        (tmp_path / name).write_text(text, encoding='utf-8')
        keys.append(content_key(tmp_path))
    assert len(set(keys)) == len(keys)
    assert content_key('ab', 'c') != content_key('a', 'bc')


@pytest.mark.parametrize(
    ('wanted', 'sourced', 'expected'),
    [('', '', KILTED), ('kilted', '', KILTED), ('jazzy', '', JAZZY), ('', 'jazzy', SOURCED)],
)
def test_a_sourced_ros_is_used_and_wheels_otherwise(
    wanted: str, sourced: str, expected: layout.Layout
) -> None:
    assert layout.choose(wanted, sourced=sourced, root=Path('/ws')) == expected


@pytest.mark.parametrize(
    ('wanted', 'sourced', 'message'),
    [('noetic', '', 'ROS=noetic is not known'), ('kilted', 'jazzy', 'ROS 2 jazzy is sourced')],
)
def test_a_ros_that_cannot_be_had_is_refused(wanted: str, sourced: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        layout.choose(wanted, sourced=sourced)


def test_each_ros_has_folders_of_its_own() -> None:
    places = (KILTED, JAZZY, SOURCED)
    assert len({place.venv for place in places} | {place.work for place in places}) == 6


def test_a_sourced_ros_needs_no_wheels() -> None:
    assert [path.name for path in SOURCED.locks] == ['requirements.lock']
    assert [path.name for path in JAZZY.locks] == [
        'requirements.lock',
        'requirements-ros-jazzy.lock',
    ]


def test_ros_is_sourced_only_when_its_python_packages_are_on_the_path(tmp_path: Path) -> None:
    environ = {'ROS_DISTRO': 'jazzy', 'PYTHONPATH': f'/nowhere:{tmp_path}'}
    assert layout.sourced_distro(environ) == ''
    (tmp_path / 'rclpy').mkdir()
    (tmp_path / 'rclpy' / '__init__.py').touch()
    assert layout.sourced_distro(environ) == 'jazzy'
    assert layout.sourced_distro({**environ, 'ROS_DISTRO': ''}) == ''


def test_only_a_sourced_ros_gets_library_variables() -> None:
    environ = {'PATH': '/bin', 'LD_LIBRARY_PATH': '/opt/ros/lib'}
    assert environment.variables(SOURCED, environ) == {
        'VIRTUAL_ENV': '/ws/.venv-jazzy-sourced',
        'PATH': '/ws/.venv-jazzy-sourced/bin:/bin',
        'LD_LIBRARY_PATH': '/ws/.venv-jazzy-sourced/lib:/opt/ros/lib',
        'AMENT_PREFIX_PATH': '/ws/.venv-jazzy-sourced',
    }
    assert environment.variables(KILTED, environ)['LD_LIBRARY_PATH'] == '/opt/ros/lib'


def test_an_environment_tells_which_python_made_it(tmp_path: Path) -> None:
    assert environment.made_with(tmp_path) == {}
    text = 'home = /usr/bin\nversion = 3.11.2\n'
    (tmp_path / 'pyvenv.cfg').write_text(text, encoding='utf-8')
    assert environment.made_with(tmp_path) == {'version': '3.11', 'home': '/usr/bin'}


@pytest.mark.parametrize('version', [(3, 10), (3, 14)])
def test_a_python_without_locked_packages_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(SetupError, match=r'3\.\d+ is not supported, 3\.11 to 3\.13 are'):
        layout.check_python(version)


def test_missing_system_packages_end_with_the_line_that_installs_them(tmp_path: Path) -> None:
    needs = (ABSENT, system.Need('libpresent1', lambda: True))
    with pytest.raises(
        SetupError, match=r'sudo apt-get install --no-install-recommends libabsent1$'
    ):
        system.ensure(tmp_path / 'log.txt', needs=needs, may_install=False)


def test_what_a_system_lacks_is_noticed() -> None:
    assert not system.has_library('libno-such-library.so.1')
    assert not system.has_commands('sh', 'no-such-command')
    assert not system.has_modules('sys', 'no_such_module')


def test_what_a_system_has_is_noticed() -> None:
    assert system.has_library('libno-such-library.so.1', 'libc.so.6')
    assert system.has_commands('sh')
    assert system.has_modules('sys', 'json')


def test_a_failing_command_is_an_error_with_the_end_of_its_output(tmp_path: Path) -> None:
    program = 'import sys; print("what went wrong"); sys.exit(3)'
    command = [sys.executable, '-c', program]
    screen = io.StringIO()
    run = partial(progress.run, 'part', [command], log=tmp_path / 'log.txt', screen=screen)
    with pytest.raises(SetupError, match=r'(?s)what went wrong.*ended with status 3'):
        run()
    assert screen.getvalue().startswith('part ...\npart: failed')


def test_a_command_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match='No such file'):
        progress.run('part', [[tmp_path / 'no']], log=tmp_path / 'log.txt', screen=io.StringIO())


def test_exported_cmake_files_come_to_name_folders_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / 'a' / 'export.cmake'
    path.parent.mkdir()
    builder = '/opt/python/cp312-cp312'
    path.write_text(
        f'"/kept;{builder}/include/python3.12;'
        f'{builder}/lib/python3.12/site-packages/numpy/_core/include"',
        encoding='utf-8',
    )
    paths = interfaces.PythonPaths(headers='/h', numpy='/n', modules='m')
    assert interfaces.mend_exports(tmp_path, paths) == 1
    assert path.read_text(encoding='utf-8') == '"/kept;/h;/n"'
    assert interfaces.mend_exports(tmp_path, paths) == 0


def test_files_of_an_interface_that_is_gone_are_removed(tmp_path: Path) -> None:
    old, kept, new = (tmp_path / name for name in ('old', 'kept', 'new'))
    for path in (old, kept, new):
        path.touch()
    manifest, record = tmp_path / 'manifest.txt', tmp_path / 'record.txt'
    for files in ((old, kept), (kept, new)):
        manifest.write_text('\n'.join(map(str, files)), encoding='utf-8')
        interfaces.remember_installed(manifest, record)
    assert [path.exists() for path in (old, kept, new)] == [False, True, True]


def test_a_lock_has_exact_public_versions_of_all_but_this_package() -> None:
    names = (('torch', '2.13.0+cpu'), ('types_PyYAML', '6.0'), ('vlm_robot', '0.1.0'))
    items = [{'metadata': {'name': name, 'version': version}} for name, version in names]
    assert lock.pinned({'install': items}) == ['torch==2.13.0', 'types-pyyaml==6.0']


def test_the_lock_files_of_this_tree_name_versions_and_nothing_else() -> None:
    for distro in layout.WHEELS:
        for path in layout.Layout(layout.ROOT, distro, sourced=False).locks:
            lines = path.read_text(encoding='utf-8').splitlines()[1:]
            assert environment.pins(path) == lines
            assert not any('/' in line or '+' in line or ' ' in line for line in lines)


def test_a_missing_lock_file_is_an_error_that_tells_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r'some\.lock does not exist: make lock writes it'):
        environment.pins(tmp_path / 'some.lock')
