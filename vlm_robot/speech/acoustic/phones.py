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

"""
What the acoustic model tells apart: CTC's blank, and the phones of ARPAbet without stress.

Silence has no symbol of its own: it is blanks, as is everything that goes on within a phone.
"""

from __future__ import annotations

from collections.abc import Iterable

from vlm_robot.speech.sound import RATE_HZ

FRAME = 384
"""Samples from one row of the model's answer to the next."""
FRAME_S = FRAME / RATE_HZ
BLANK = '<blank>'
PHONES: tuple[str, ...] = (
    BLANK,
    'AA', 'AE', 'AH', 'AO', 'AW', 'AY', 'B', 'CH', 'D', 'DH', 'EH', 'ER', 'EY', 'F', 'G', 'HH',
    'IH', 'IY', 'JH', 'K', 'L', 'M', 'N', 'NG', 'OW', 'OY', 'P', 'R', 'S', 'SH', 'T', 'TH', 'UH',
    'UW', 'V', 'W', 'Y', 'Z', 'ZH',
)  # fmt: skip
"""The columns of the model's answer."""

_INDEX = {phone: index for index, phone in enumerate(PHONES)}


def indices(phones: Iterable[str]) -> list[int]:
    """
    Return the columns of phones; their stress, as in 'AH0', is left out.

    :raises ValueError: for what is no phone.
    """
    return [_column(phone) for phone in phones]


def _column(phone: str) -> int:
    column = _INDEX.get(phone.rstrip('012').upper(), 0)
    if not column:
        raise ValueError(f'{phone!r} is no phone: known are {", ".join(PHONES[1:])}')
    return column
