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

"""Parameter files are read as rcl reads them, or refused by file and line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ros_fixture import Ros, open_ros

from vlm_robot.bringup.parameter_files import Value, read_parameters
from vlm_robot.core.errors import ConfigurationError

WRITTEN = (
    *('1', '-7', '+1', '010', '08', '0x1F', '0o10', '1_000', '1:30', '9223372036854775808'),
    *('1.0', '5.', '-.5', '1e-3', '1E+3', '1e', 'inf', '.inf', '-.Inf', '.', 'infinite'),
    *('y', 'N', 'yes', 'Off', 'true', 'TRUE', 'tRue', '"true"', "'1'", '""', '2026-01-01', '='),
    *('[1, 2]', '[1.0, 2.5]', '[a, "1"]', '[true, no]', '|\n      text', 'two words'),
)
PLACES = ('', '/left', '/a/left')
NAMES = (
    *('probe', '/probe', '/**/probe', '/**', '/*', '/*/probe', '/left/probe', 'left/probe'),
    *('/left/*', '/left/**', '/left/**/probe', '/**/prob', '/**/probes', '/a/left/probe', '/a/*'),
)


@pytest.fixture(scope='module')
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / 'mine.yaml'


def values(file: Path) -> dict[str, Value]:
    return {given.name: given.value for part in read_parameters(file) for given in part.parameters}


def values_of_ros(ros: Ros, file: Path, namespace: str = '') -> dict[str, object]:
    """Return what rcl makes of a file, for a node named probe."""
    node = ros.bare_node(
        'probe',
        namespace=namespace,
        cli_args=['--ros-args', '--params-file', str(file)],
        automatically_declare_parameters_from_overrides=True,
    )
    found = {name: p.value for name, p in node.get_parameters_by_prefix('').items()}
    return {k: v if isinstance(v, (str, int, float)) else tuple(v) for k, v in found.items()}


def with_value(file: Path, written: str) -> Path:
    file.write_text(f'/**/probe:\n  ros__parameters:\n    value: {written}\n', encoding='utf-8')
    return file


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_parameters(file)
    sentence = str(caught.value)
    assert str(file) in sentence
    assert '\n' not in sentence
    return sentence


@pytest.mark.ros
@pytest.mark.parametrize('written', WRITTEN)
def test_a_value_is_what_ros_reads(ros: Ros, file: Path, written: str) -> None:
    with_value(file, written)
    (value,) = values(file).values()
    of_ros = values_of_ros(ros, file)['value']

    assert (type(value), value) == (type(of_ros), of_ros)


@pytest.mark.ros
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet='0123456789.+-eExXaAinfNFyYoOst_', min_size=1, max_size=6))
def test_what_looks_like_a_number_or_a_word_is_what_ros_reads(
    ros: Ros, file: Path, written: str
) -> None:
    with_value(file, f'[{written}]')  # a list: what is refused in it is refused by both
    try:
        (value,) = values(file)['value']
    except ConfigurationError:
        return
    (of_ros,) = values_of_ros(ros, file)['value']

    assert type(value) is type(of_ros)
    assert value == of_ros or math.isnan(float(value))


@pytest.mark.ros
@pytest.mark.parametrize('namespace', PLACES)
@pytest.mark.parametrize('name', NAMES)
def test_a_section_is_for_the_nodes_that_ros_gives_it_to(
    ros: Ros, file: Path, name: str, namespace: str
) -> None:
    file.write_text(f'{name}:\n  ros__parameters:\n    value: 1\n')
    (section,) = read_parameters(file)

    assert section.is_for(f'{namespace}/probe') == ('value' in values_of_ros(ros, file, namespace))


def test_groups_and_namespaces_may_be_nested(file: Path) -> None:
    file.write_text('left:\n  probe:\n    ros__parameters:\n      gate: {dry_run: true}\n')

    (section,) = read_parameters(file)
    (given,) = section.parameters

    assert (section.name, given.name, given.value) == ('left/probe', 'gate.dry_run', True)
    assert section.is_for('/left/probe')
    assert given.place.endswith('line 4')


@pytest.mark.parametrize(
    'text', ['', '# nothing\n', '{}', '/**/probe:\n  ros__parameters:\n    # a: 1\n', 'probe: {}']
)
def test_a_file_may_say_nothing(file: Path, text: str) -> None:
    file.write_text(text)

    assert values(file) == {}


@pytest.mark.parametrize(
    ('text', 'line', 'sentence'),
    [
        ('a:\n  ros__parameters:\n\tb: 1\n', 3, 'is no YAML'),
        ('a: [', 1, 'is no YAML'),
        ('- a\n', 1, 'is no parameter file'),
        ('words\n', 1, "is no parameter file: it has 'words'"),
        ('a:\n  b: 1\n', 2, "'b' is below 'a', and not below its ros__parameters"),
        ('a:\n  ros_parameters:\n    b: 1\n', 3, "'b' is below 'a/ros_parameters'"),
        ('a:\n  ros__parameters:\n    [b, c]: 1\n', 3, 'a list cannot be a name'),
        ('a:\n  ros__parameters: 3\n', 2, "ros__parameters is '3'"),
        ('a:\n  ros__parameters:\n    b: ~\n', 3, "'b' has no value"),
        ('a:\n  ros__parameters:\n    b:\n', 3, "'b' has no value"),
        ('a:\n  ros__parameters:\n    b: [[1]]\n', 3, "'b' is a list with a list in it"),
        ('a:\n  ros__parameters:\n    b: 1\n    b: 2\n', 4, "'b' is there twice"),
        ('a:\n  ros__parameters:\n    g.b: 1\n    g: {b: 2}\n', 4, "'g.b' is there twice"),
        ('a:\n  ros__parameters:\n    b: &x 1\n    c: *x\n', 4, r"ROS reads no '\*x'"),
        ('a:\n  ros__parameters:\n    b: !!python/name:os.system\n', 3, 'ROS reads no'),
    ],
)
def test_what_ros_could_misread_is_refused_by_its_line(
    file: Path, text: str, line: int, sentence: str
) -> None:
    file.write_text(text)

    said = refusal(file)

    assert f'line {line}' in said
    assert re.search(sentence, said)


@pytest.mark.parametrize('content', [b'\xff\xfe\x00', b'a: \x00', b'[' * 5000])
def test_what_is_no_text_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert 'mine.yaml' in refusal(file)
