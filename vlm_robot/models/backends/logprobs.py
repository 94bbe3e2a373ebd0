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

"""From a server's log probabilities to the places of tokens in an answer."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Sequence
from typing import Any

from vlm_robot.models.answer import Token


def align(text: str, entries: Sequence[Any]) -> tuple[Token, ...]:
    """
    Return the tokens of an answer, nothing where the entries do not make up its text.

    A server may report what it does not show: the end mark, or a space that it cut off.

    :param entries: `{'token': str, 'logprob': float, 'bytes': [int] or None}`, in order.
    """
    parts = [_part(entry) for entry in entries]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return ()
    edges = list(_edges([data for data, _ in known]))
    whole = b''.join(data for data, _ in known).decode('utf-8', 'ignore')
    shift = whole.find(text)
    if shift < 0:
        return ()
    placed = [min(max(edge - shift, 0), len(text)) for edge in edges]
    return tuple(
        Token(start, end, probability)
        for start, end, (_, probability) in zip(placed, placed[1:], known, strict=False)
        if end > start
    )


def _part(entry: Any) -> tuple[bytes, float] | None:
    """Return a token's bytes and probability, None for what is no token."""
    if not isinstance(entry, dict):
        return None
    token, data, logprob = entry.get('token'), entry.get('bytes'), entry.get('logprob')
    if isinstance(data, list) and all(type(b) is int and 0 <= b < 256 for b in data):
        token = bytes(data)
    elif isinstance(token, str):
        token = token.encode('utf-8', 'replace')
    if not isinstance(token, bytes) or not isinstance(logprob, (int, float)):
        return None
    try:
        probability = math.exp(min(float(logprob), 0.0))
    except OverflowError:  # JSON's integers have no bounds
        return None
    return None if math.isnan(probability) else (token, probability)


def _edges(parts: Sequence[bytes]) -> Iterator[int]:
    """List where tokens start and end, in characters; a token may end within a character."""
    decoder = codecs.getincrementaldecoder('utf-8')('ignore')
    end = 0
    yield end
    for part in parts:
        end += len(decoder.decode(part))
        yield end
