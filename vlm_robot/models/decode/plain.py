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
Plain masked greedy decoding: one pass a token, nothing remembered but what `generate` remembers.

This is what `vlm_robot.models.decode.greedy` must equal token for token, and what it is measured
against.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import LogitsProcessor

from vlm_robot.models.decode.family import Family, Prompt
from vlm_robot.models.decode.greedy import Chosen, choose
from vlm_robot.models.decode.rules import Rules


def plain_greedy(
    family: Family, prompt: Prompt, rules: Rules, *, end: Callable[[int], bool], limit: int
) -> list[Chosen]:
    """
    Decode an answer with one pass for each token.

    :param end: whether a token ends the answer; it is the last one then.
    """
    memory = family.memory(prompt)
    chosen: list[Chosen] = []
    fed, start = list(prompt.ids), 0
    while len(chosen) < limit:
        row = family.run(prompt, memory, fed, start=start, keep=1)[0]
        chosen.append(choose(row, rules))
        rules.take(chosen[-1].token)
        if end(chosen[-1].token):
            break
        start += len(fed)
        fed = [chosen[-1].token]
    return chosen


class RulesProcessor(LogitsProcessor):
    """
    Masks the logits of transformers' `generate` for one prompt.

    :param make_rules: returns the rules of an answer before its first token.
    :param prompt: number of its tokens.
    """

    def __init__(self, make_rules: Callable[[], Rules], prompt: int) -> None:
        self._make_rules = make_rules
        self._prompt = prompt
        self._rules = make_rules()
        self._taken: list[int] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return scores with what the rules do not allow at minus infinity."""
        answer = input_ids[0, self._prompt :].tolist()
        if answer[:-1] != self._taken:
            self._rules, self._taken = self._make_rules(), []
        for token in answer[len(self._taken) :]:
            self._rules.take(token)
        self._taken = answer
        allowed = self._rules.allowed()
        if allowed is None:
            return scores
        masked = torch.full_like(scores, -torch.inf)
        index = torch.from_numpy(allowed).to(scores.device)
        masked[0, index] = scores[0, index]
        return masked
