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

"""Parameters of a node as text."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.bags.parameter_file import filled, from_text, is_of_a_replay, to_text
from vlm_robot.core.errors import ConfigurationError

names = st.from_regex(r'[a-z]{1,5}(\.[a-z]{1,5}){0,2}', fullmatch=True)
values = st.booleans() | st.integers() | st.text() | st.lists(st.floats(allow_nan=False))


@dataclass(frozen=True)
class Inner:
    words: tuple[str, ...] = ('a',)
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Outer:
    enabled: bool = True
    count: int = 3
    limit_s: float = 1.5
    inner: Inner = field(default_factory=Inner)


@settings(max_examples=25)
@given(st.dictionaries(names, values, min_size=1, max_size=4))
def test_what_is_written_is_read_again(given_: dict[str, object]) -> None:
    assert from_text(to_text({'/robot/vlm_node': given_}), origin='x') == given_


@pytest.mark.parametrize('node', ['/**/vlm_node', '/**', 'vlm_node', '/robot/vlm_node'])
def test_parameters_of_other_nodes_are_left_out(node: str) -> None:
    text = (
        f'{node}: {{ros__parameters: {{a: {{b: 1}}, c.d: 2}}}}\nsim_node: {{ros__parameters: 3}}'
    )

    assert from_text(text, origin='x') == {'a.b': 1, 'c.d': 2}


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('a: [', 'x is no YAML'),
        ('hello', 'x is no parameter file'),
        ('sim_node: {ros__parameters: {a: 1}}', "x has no ros__parameters of 'vlm_node'"),
        ('vlm_node: 3', "x has no ros__parameters of 'vlm_node'"),
        ('!!python/object/apply:os.system [ls]', 'x is no YAML'),
    ],
)
def test_what_is_no_parameter_file_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        from_text(text, origin='x')


def test_values_fill_a_group_of_parameters_and_unknown_ones_are_left_out() -> None:
    values = {'limit_s': 2, 'inner.numbers': [1, 2.5], 'inner.words': ['b', 'c'], 'strange': 1}

    assert filled(Outer(), values) == Outer(limit_s=2.0, inner=Inner(('b', 'c'), (1.0, 2.5)))


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('enabled', 1),
        ('count', True),
        ('count', 1.5),
        ('limit_s', 'long'),
        ('limit_s', float('nan')),
        ('inner.words', [1]),
        ('inner.numbers', ['one']),
        ('inner.numbers', {'a': 1}),
        ('count', None),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"parameter '{name}' is "):
        filled(Outer(), {name: value})


def test_addresses_and_keys_of_servers_are_not_recorded() -> None:
    wanted = ['camera.rectified', 'extrinsics.source', 'grounding.enabled', 'backend.model']
    private = ['backend.url', 'backend.key_file', 'backend.key_env', 'use_sim_time']

    assert [name for name in (*wanted, *private) if is_of_a_replay(name)] == wanted
