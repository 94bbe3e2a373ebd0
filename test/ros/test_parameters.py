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

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, dataclass, field
from pathlib import Path

import pytest
import yaml
from rclpy.parameter import Parameter
from ros_fixture import Ros, open_ros

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.nodes import parameters as of_nodes
from vlm_robot.nodes.speech_parameters import SpeechParameters
from vlm_robot.resources import share_path
from vlm_robot.ros import parameters

pytestmark = pytest.mark.ros

NODES = {
    'vlm_node': of_nodes.VlmParameters,
    'task_node': of_nodes.TaskParameters,
    'motion_node': of_nodes.MotionParameters,
    'sim_node': of_nodes.SimParameters,
    'speech_node': SpeechParameters,
}


@dataclass(frozen=True)
class Inner:
    word: str = parameters.parameter('a', 'a word', choices=('a', 'b'))


@dataclass(frozen=True)
class Outer:
    rate_hz: float = parameters.parameter(2.0, 'a rate', minimum=1.0, maximum=9.0)
    box: tuple[float, ...] = parameters.parameter((), 'numbers')
    inner: Inner = field(default_factory=Inner)


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def declared(ros: Ros, **values: object) -> Outer:
    node = ros.bare_node(
        'probe',
        parameter_overrides=[Parameter(k.replace('__', '.'), value=v) for k, v in values.items()],
    )
    return parameters.declare(node, Outer)


@pytest.mark.parametrize('node', sorted(NODES))
def test_every_key_of_a_config_file_is_a_declared_parameter(node: str) -> None:
    content = yaml.safe_load(share_path('config', f'{node}.yaml').read_text())
    (keys,) = [section['ros__parameters'] for section in content.values()]

    assert set(keys) <= set(parameters.names(NODES[node]))


@pytest.mark.parametrize('file', ['robot.yaml', 'sim_camera.yaml'])
def test_every_key_of_a_file_on_top_of_those_is_a_declared_parameter(file: str) -> None:
    content = yaml.safe_load(share_path('config', file).read_text())

    for name, section in content.items():
        node = name.removeprefix('/**/')
        assert set(section['ros__parameters']) <= set(parameters.names(NODES[node]))


def test_values_come_from_overrides_and_defaults(ros: Ros) -> None:
    filled = declared(ros, rate_hz=3.5, inner__word='b')

    assert filled == Outer(rate_hz=3.5, inner=Inner('b'))
    with pytest.raises(FrozenInstanceError):
        filled.rate_hz = 1.0  # type: ignore[misc]


def test_a_list_may_be_empty_or_filled(ros: Ros) -> None:
    assert declared(ros, box=[1.0, 2.0]).box == (1.0, 2.0)


def test_an_empty_list_in_a_file_is_an_empty_list(ros: Ros, tmp_path: Path) -> None:
    file = tmp_path / 'parameters.yaml'
    file.write_text('/**: {ros__parameters: {box: []}}')
    node = ros.bare_node('probe', cli_args=['--ros-args', '--params-file', str(file)])

    assert parameters.declare(node, Outer).box == ()


def test_whole_numbers_are_numbers_in_a_list(ros: Ros) -> None:
    assert declared(ros, box=[1, 2]).box == (1.0, 2.0)


def test_a_whole_number_is_a_number(ros: Ros) -> None:
    assert type(declared(ros, rate_hz=3).rate_hz) is float


@pytest.mark.parametrize(
    ('name', 'hint'),
    [('rate_hs', "did you mean 'rate_hz'"), ('word', 'inner.word'), ('inner__wrd', 'inner.word')],
)
def test_a_name_that_nobody_declares_is_refused_with_what_may_be_meant(
    ros: Ros, name: str, hint: str
) -> None:
    written = name.replace('__', '.')

    with pytest.raises(UnknownNameError, match=f"parameter of probe '{written}'.*{hint}"):
        declared(ros, **{name: 1.0})


def test_what_ros_itself_declares_may_be_given(ros: Ros) -> None:
    given = {'use_sim_time': True, 'qos_overrides./clock.subscription.depth': 1}

    assert declared(ros, **given) == Outer()


@pytest.mark.parametrize(
    ('name', 'value', 'sentence'),
    [
        ('rate_hz', 'fast', "'rate_hz' has the wrong type: expected float like 2.0"),
        ('rate_hz', 0.5, "'rate_hz' is 0.5: expected 1 to 9"),
        ('rate_hz', float('nan'), "'rate_hz' is nan: expected 1 to 9"),
        ('box', ['a'], "'box' has the wrong type: expected a list of numbers"),
        ('inner__word', 'c', "'inner.word' is 'c': expected one of a, b"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_a_sentence(
    ros: Ros, name: str, value: object, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        declared(ros, **{name: value})


def test_parameters_cannot_be_changed_later_and_describe_themselves(ros: Ros) -> None:
    node = ros.bare_node('probe')
    parameters.declare(node, Outer)

    (answer,) = node.set_parameters([Parameter('rate_hz', value=5.0)])

    assert not answer.successful
    assert node.describe_parameter('rate_hz').description == 'a rate'
