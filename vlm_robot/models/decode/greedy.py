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
Greedy decoding in few passes.

Token for token what one pass a token gives (see `vlm_robot.models.decode.plain`): a token that the
rules force takes no pass, and a pass verifies a draft of what comes next beside choosing a token.
Only what the model itself would have chosen is kept of a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from vlm_robot.models.decode.drafts import Drafts
from vlm_robot.models.decode.rules import Rules

Run = Callable[[Sequence[int], Sequence[int]], tuple[int, Tensor]]
"""Runs a pass over an answer so far and a draft; see `PrefixCache.run`."""


@dataclass(frozen=True)
class Chosen:
    """A token, and its probability among those that the rules left open."""

    token: int
    probability: float


@dataclass(frozen=True)
class _Pass:
    """What a pass says of the tokens after each place of what it was fed."""

    fed: list[int]
    first: int
    rows: Tensor

    def after(self, answer: list[int]) -> Tensor | None:
        """Return the logits of what comes after an answer, None where the pass has not seen it."""
        row = len(answer) - self.first
        if not 0 <= row < len(self.rows) or self.fed[: len(answer)] != answer:
            return None
        return self.rows[row]


def greedy(
    run: Run, rules: Rules, drafts: Drafts, *, limit: int, check: Callable[[], None]
) -> Iterator[Chosen]:
    """
    Yield the tokens of an answer as they become known; whoever takes them says when it ends.

    :param limit: the most tokens.
    :param check: called before each pass; raises to end the answer.
    """
    answer: list[int] = []
    latest: _Pass | None = None
    while len(answer) < limit:
        token = rules.forced()
        chosen = None if token is None else Chosen(token, 1.0)
        if chosen is None and latest is not None:
            row = latest.after(answer)
            chosen = None if row is None else choose(row, rules)
        if chosen is None:
            check()
            draft = drafts.ahead(limit - len(answer))
            draft = list(draft[: rules.accepts(draft)])
            latest = _Pass([*answer, *draft], *run(answer, draft))
            continue
        answer.append(chosen.token)
        rules.take(chosen.token)
        drafts.follow(chosen.token)
        yield chosen


def choose(row: Tensor, rules: Rules) -> Chosen:
    """
    Return the likeliest of the tokens that the rules leave open, the first one of equals.

    :raises ValueError: for logits that are no numbers.
    """
    logits = row.float().cpu().numpy()
    allowed = rules.allowed()
    if allowed is not None:
        logits = logits[allowed]
    best = int(np.argmax(logits))
    if not np.isfinite(logits[best]):
        raise ValueError('what the model computes are no numbers: its weights or type are wrong')
    total = np.exp(logits - logits[best]).sum()
    return Chosen(best if allowed is None else int(allowed[best]), float(1 / total))
