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

"""The metadata of the two packages agrees with the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from enum import IntEnum
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from catkin_pkg.package import Package, parse_package

import vlm_robot
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Direction, Relation, Skill

ROOT = Path(__file__).resolve().parents[1]
INTERFACES = ROOT / 'vlm_robot_interfaces'
PACKAGES = (ROOT, INTERFACES)
KINDS = ('msg', 'srv', 'action')

CONSTANT = re.compile(r'^u?int\d+ +([A-Z][A-Z0-9_]*) *= *(\d+)', re.MULTILINE)
MESSAGE_PACKAGE = re.compile(r'^([a-z][a-z0-9_]*)/[A-Z]', re.MULTILINE)
ROS_MODULE = re.compile(
    r'^(rclpy|launch|launch_ros|tf2_ros|cv_bridge|std_srvs|\w+_msgs|\w+_interfaces)$'
)
# Modules whose package has another name.
PACKAGE_OF = {'tf2_ros': 'tf2_ros_py'}


def interface_files() -> list[Path]:
    return sorted(path for kind in KINDS for path in INTERFACES.glob(f'{kind}/*.{kind}'))


def constants(message: str) -> list[tuple[str, int]]:
    text = (INTERFACES / 'msg' / f'{message}.msg').read_text(encoding='utf-8')
    return sorted((name, int(value)) for name, value in CONSTANT.findall(text))


def members(*enums: type[IntEnum]) -> list[tuple[str, int]]:
    return sorted({(member.name, member.value) for enum in enums for member in enum})


def names(dependencies: Iterable[object]) -> set[str]:
    return {str(dependency) for dependency in dependencies}


def imported_modules(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in folder.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found.add(node.module.partition('.')[0])
    return found


def parsed(folder: Path) -> Package:
    return parse_package(str(folder / 'package.xml'))


@pytest.mark.parametrize('folder', PACKAGES, ids=lambda folder: folder.name)
def test_package_xml_is_valid_without_warnings(folder: Path) -> None:
    warnings: list[str] = []
    package = parse_package(str(folder / 'package.xml'), warnings=warnings)
    package.validate(warnings=warnings)
    assert warnings == []
    assert package.package_format == 3


def test_both_packages_have_the_version_of_the_code() -> None:
    assert {parsed(folder).version for folder in PACKAGES} == {vlm_robot.__version__}


def test_each_package_names_its_build_type() -> None:
    assert [parsed(folder).get_build_type() for folder in PACKAGES] == [
        'ament_python',
        'ament_cmake',
    ]


def test_every_ros_package_that_the_code_imports_is_declared() -> None:
    used = {name for name in imported_modules(ROOT / 'vlm_robot') if ROS_MODULE.match(name)}
    declared = names(parsed(ROOT).exec_depends)
    assert {PACKAGE_OF.get(name, name) for name in used} - declared == set()


def test_every_interface_file_is_built() -> None:
    text = (INTERFACES / 'CMakeLists.txt').read_text(encoding='utf-8')
    listed = re.findall(r'^\s+((?:msg|srv|action)/\w+\.\w+)$', text, re.MULTILINE)
    assert sorted(listed) == sorted(
        path.relative_to(INTERFACES).as_posix() for path in interface_files()
    )


def test_every_package_that_the_interfaces_use_is_declared() -> None:
    used = {
        name
        for path in interface_files()
        for name in MESSAGE_PACKAGE.findall(path.read_text(encoding='utf-8'))
    }
    package = parsed(INTERFACES)
    assert used - {package.name} == names(package.build_depends) & names(package.exec_depends)


def test_the_outcome_codes_are_the_constants_of_the_plan_message() -> None:
    assert constants('Plan') == members(Outcome)


def test_the_skill_catalogue_is_the_constants_of_the_step_message() -> None:
    assert constants('Step') == members(Skill, Relation, Direction)


def test_the_console_scripts_are_installed() -> None:
    scripts = {
        script.name: script.value
        for script in entry_points(group='console_scripts')
        if script.value.startswith('vlm_robot.')
    }
    assert scripts == {
        'vlm-robot': 'vlm_robot.cli.main:main',
        'vlm_node': 'vlm_robot.nodes.vlm_node:main',
        'task_node': 'vlm_robot.nodes.task_node:main',
        'motion_node': 'vlm_robot.nodes.motion_node:main',
        'sim_node': 'vlm_robot.nodes.sim_node:main',
        'speech_node': 'vlm_robot.nodes.speech_node:main',
    }


def test_the_makefile_knows_every_marker_of_the_tests() -> None:
    settings = tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))
    markers = settings['tool']['pytest']['ini_options']['markers']
    text = (ROOT / 'Makefile').read_text(encoding='utf-8')
    listed = re.search(r'^MARKERS := (.*)$', text, re.MULTILINE)
    excluded = re.search(r'^CORE := (.*)$', text, re.MULTILINE)
    assert listed is not None
    assert excluded is not None
    known = [marker.partition(':')[0] for marker in markers]
    assert listed[1].split() == known
    assert excluded[1] == ' and '.join(f'not {marker}' for marker in known)
