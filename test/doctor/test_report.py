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

from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.doctor.finding import Finding, Level, error, ok, warn
from vlm_robot.doctor.report import lines

words = st.text(st.characters(categories=('L', 'N')), min_size=1, max_size=12)
sentences = st.lists(words, min_size=1, max_size=30).map(' '.join)
findings = st.lists(st.builds(Finding, st.sampled_from(Level), words, sentences), max_size=8)


@given(findings, st.integers(60, 200))
def test_no_word_is_lost_and_no_line_is_too_long(found: list[Finding], width: int) -> None:
    *said, _ = lines(found, width=width)

    assert all(len(line) <= width for line in said)
    spoken = ' '.join(said).split()
    for finding in found:
        assert set(finding.sentence.split()) <= set(spoken)


def test_the_last_line_counts() -> None:
    *_, last = lines([ok('a', 'x'), warn('b', 'y'), error('c', 'z')], width=80)

    assert last == '1 in order, 1 to look at, 1 wrong'


def test_colours_are_for_terminals_only() -> None:
    plain = '\n'.join(lines([error('c', 'z')], width=80))
    coloured = '\n'.join(lines([error('c', 'z')], width=80, coloured=True))

    assert '\033' not in plain
    assert '\033[31mBAD' in coloured
