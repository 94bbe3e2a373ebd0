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

"""The tolerant JSON reader."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.models.conventions.json_reader import Array, Atom, Table, Value, read

plain = st.recursive(
    st.integers(-1000, 1000)
    | st.floats(0.001, 1000)
    | st.text(alphabet='abc \'"\\\n[]{},:é', max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('abc', min_size=1), inner),
    max_leaves=12,
)


def simple(value: Value) -> object:
    """What json.loads would have made of it; an empty object is an empty list."""
    if isinstance(value, Table):
        return {key: simple(item) for key, item in value.pairs}
    if isinstance(value, Array):
        return [simple(item) for item in value.items]
    return value.text if value.quoted else value.number


def same(value: object) -> object:
    if isinstance(value, dict):
        return {key: same(item) for key, item in value.items()} or []
    return [same(item) for item in value] if isinstance(value, list) else value


@given(st.lists(plain, min_size=1))
def test_what_is_json_is_read_as_json(value: list[object]) -> None:
    # brackets alone begin a document only where data may follow
    (document,) = read(json.dumps({'a': value}))
    assert simple(document) == same({'a': value})


@given(st.text(alphabet='[]{}()"\',: 1a\\\n'))
def test_every_value_lies_in_the_text(text: str) -> None:
    def check(value: Value, start: int, end: int) -> None:
        assert start <= value.start <= value.end <= end
        inner = value.items if isinstance(value, Array) else ()
        inner = [item for _, item in value.pairs] if isinstance(value, Table) else inner
        for item in inner:
            check(item, value.start, value.end)

    for document in read(text):
        check(document, 0, len(text))


def test_an_atom_knows_its_place_and_whether_it_is_whole() -> None:
    text = 'x {"a": "cup", "b": 12'
    (document,) = read(text)
    assert isinstance(document, Table)
    assert not document.whole
    (_, cup), (_, number) = document.pairs
    assert isinstance(cup, Atom)
    assert isinstance(number, Atom)
    assert (text[cup.start : cup.end], cup.whole) == ('cup', True)
    assert (number.number, number.whole) == (12.0, False)


def test_mismatched_brackets_close_what_they_are_meant_for() -> None:
    (document,) = read('[{"a": [1, 2}]')
    assert simple(document) == [{'a': [1.0, 2.0]}]
    assert isinstance(document, Array)
    (table,) = document.items
    assert isinstance(table, Table)
    assert (document.whole, table.whole, table.pairs[0][1].whole) == (True, True, False)


def test_numbers_with_units_are_words() -> None:
    (document,) = read('{"a": [50%, 12px, 1.2.3, 5]}')
    assert isinstance(document, Table)
    (_, values), *_ = document.pairs
    assert isinstance(values, Array)
    assert [item.number for item in values.items if isinstance(item, Atom)] == [None] * 3 + [5.0]


def test_bare_words_beside_each_other_are_one_value() -> None:
    (document,) = read("{label: child's red cup, b: None}")
    assert isinstance(document, Table)
    assert [item.text for _, item in document.pairs if isinstance(item, Atom)] == [
        "child's red cup", 'None',
    ]  # fmt: skip


def test_brackets_beyond_the_depth_limit_are_read_over() -> None:
    deep = '[' * 5000 + '7' + ']' * 5000
    (document, after) = read(f'{deep} [1, 2]')
    depth = 0
    while isinstance(document, Array) and document.items:
        document, depth = document.items[0], depth + 1
    assert depth == 32
    assert simple(after) == [1.0, 2.0]
