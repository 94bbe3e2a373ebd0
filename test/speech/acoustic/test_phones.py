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

"""The phones that the acoustic model tells apart."""

from __future__ import annotations

import pytest

from vlm_robot.speech.acoustic.phones import BLANK, PHONES, indices


def test_there_are_the_blank_and_39_phones_each_once() -> None:
    assert PHONES[0] == BLANK
    assert len(set(PHONES)) == len(PHONES) == 40


def test_a_phone_s_column_does_not_depend_on_its_stress_or_case() -> None:
    assert indices(['AH0', 'AH1', 'AH2', 'ah']) == [PHONES.index('AH')] * 4


def test_the_columns_of_all_phones_are_their_order() -> None:
    assert indices(PHONES[1:]) == list(range(1, len(PHONES)))


@pytest.mark.parametrize('wrong', ['', 'XX', BLANK, 'A H'])
def test_what_is_no_phone_is_refused_by_its_name(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"^'{wrong}' is no phone: known are AA"):
        indices(['AH', wrong])
