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

"""Keeps a decoder to the sentences of a grammar, as a model writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor, PreTrainedTokenizerBase

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.recognisers.transcribing.fitting import ARTICLES


class Bias:
    """
    A grammar, compiled for a tokenizer.

    :param vocabulary: size of the model's output.
    :param end: the token that ends a text.
    :raises ConfigurationError: for a grammar or tokenizer that cannot be used.
    """

    def __init__(
        self, grammar: Automaton, tokenizer: PreTrainedTokenizerBase, *, vocabulary: int, end: int
    ) -> None:
        self._end = end
        try:
            self._tokens: LLTokenizer = from_tokenizer(
                tokenizer, n_vocab=vocabulary, eos_token=end
            )
        except (ValueError, TypeError) as err:  # of llguidance, for tokenizers it cannot read
            raise ConfigurationError(f'no grammar fits the tokenizer: {_reason(err)}') from err
        self._matcher = LLMatcher(self._tokens, LLMatcher.grammar_from_lark(as_lark(grammar)))
        if self._matcher.is_error():
            reason = self._matcher.get_error().split('\n')[0]
            raise ConfigurationError(f'the grammar of commands does not compile: {reason}')

    def allowed(self, taken: list[int]) -> np.ndarray:
        """
        Return what may come next.

        :param taken: the tokens of the text so far.
        :return: vocabulary indices; the end alone, after what is no beginning of a sentence.
        """
        matcher = self._matcher.deep_copy()
        if matcher.try_consume_tokens(taken) < len(taken) or matcher.is_stopped():
            return np.array([self._end])
        bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
        found = np.flatnonzero(np.unpackbits(bits, bitorder='little'))
        return found if found.size else np.array([self._end])


class KeepWithin(LogitsProcessor):
    """
    Lets `generate` take only what a grammar allows; rows are independent, as beams need it.

    :param start: how many tokens precede the text.
    """

    def __init__(self, bias: Bias, start: int) -> None:
        self._bias = bias
        self._start = start

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """See `LogitsProcessor`."""
        kept = torch.full_like(scores, -torch.inf)
        for row, tokens in enumerate(input_ids[:, self._start :].tolist()):
            allowed = torch.as_tensor(self._bias.allowed(tokens), device=scores.device)
            allowed = allowed[allowed < scores.shape[1]]
            kept[row, allowed] = scores[row, allowed]
        return kept


def as_lark(grammar: Automaton) -> str:
    """
    Return a grammar of the sentences as models write them, for llguidance.

    Each word follows a space, as tokenizers of running text have it, or a comma and a space; its
    first letter may be large, and the last may have a full stop.
    """
    arcs: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for arc in grammar.arcs:
        arcs[arc.source][arc.target].append(arc.word)
    terminals: dict[str, str] = {}
    rules = ['start: s0', 'end: "" | /[.!?]/']
    for state in range(grammar.states):
        forms = list(_forms(arcs[state], terminals))
        forms += ['end'] if state in grammar.finals else []
        rules.append(f's{state}: {" | ".join(forms)}')
    rules += [f'{name}: /,? ({text})/' for text, name in terminals.items()]
    return '\n'.join(rules)


def _forms(arcs: dict[int, list[str]], terminals: dict[str, str]) -> Iterator[str]:
    for target, words in arcs.items():
        text = '|'.join(map(_written, _spoken(words)))
        yield f'{terminals.setdefault(text, f"W{len(terminals)}")} s{target}'
        if 'the' in words:
            yield f's{target}'


def _spoken(words: Iterable[str]) -> list[str]:
    found = set(words)
    return sorted(found | ARTICLES if 'the' in found else found)


def _written(word: str) -> str:
    first, rest = word[0], word[1:]
    return f'[{first}{first.upper()}]{rest}' if first != first.upper() else word


def _reason(err: Exception) -> str:
    return str(err).strip().split('\n')[0] or type(err).__name__
