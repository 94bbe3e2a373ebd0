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

"""Answers prompts with one model, and remembers what the next answer may share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Answer, ImageSize, Task
from vlm_robot.models.decode.drafts import Drafts, Reference
from vlm_robot.models.decode.families import make_family
from vlm_robot.models.decode.family import Prompt, image_token
from vlm_robot.models.decode.grammar import Grammar, make_grammars
from vlm_robot.models.decode.greedy import greedy
from vlm_robot.models.decode.prefix import PrefixCache
from vlm_robot.models.decode.rules import NoRules
from vlm_robot.models.decode.sketch import sketch
from vlm_robot.models.decode.transcript import Transcript
from vlm_robot.models.profile import Profile

_REMEMBERED = 8  # answers to draft from


@dataclass(frozen=True)
class Asked:
    """A request as a model takes it."""

    task: Task
    text: str  # the instruction
    inputs: Mapping[str, Tensor]  # of the processor
    images: bytes  # see `Prompt.images`
    size: ImageSize


class Engine:
    """
    Decodes greedily: a plan by its grammar where there is one, everything else freely.

    :param static: whether to use a key-value cache of fixed size.
    :raises ConfigurationError: for a tokenizer that the profile's plans cannot be written with.
    """

    def __init__(
        self,
        profile: Profile,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        static: bool = False,
    ) -> None:
        self.family = make_family(model, static=static)
        self.cache = PrefixCache(self.family)
        self._profile = profile
        self._tokenizer = tokenizer
        self.ends = _ends(model, tokenizer)
        text = model.config.get_text_config(decoder=True)
        self._context = getattr(text, 'max_position_embeddings', None) or sys.maxsize
        self.grammars = make_grammars(
            profile,
            tokenizer,
            vocabulary=max(text.vocab_size, len(tokenizer)),
            end=self.ends[0],
        )
        self._answers: dict[tuple[Task, str], list[int]] = {}

    @torch.inference_mode()
    def answer(
        self,
        asked: Asked,
        *,
        check: Callable[[], None],
        on_text: Callable[[str], None] | None = None,
        limit: int = sys.maxsize,
    ) -> Answer:
        """
        Answer.

        :param check: called before each pass; raises to end the answer.
        :param limit: cut the answer, whatever it is, after so many tokens.
        :raises Refusal: MODEL_ERROR for a prompt that leaves no room for an answer.
        """
        start = time.perf_counter()
        grammar, most = self._bounds(asked)
        run = _Passes(self.cache, self._prompt(asked, most))
        script = Transcript(
            self._decode, stop=() if grammar else self._profile.stop, on_text=on_text
        )
        for chosen in greedy(
            run,
            grammar.rules() if grammar else NoRules(),
            self._drafts(asked, grammar),
            limit=min(limit, most),
            check=check,
        ):
            if chosen.token in self.ends:
                break
            script.add(chosen)
            if script.stopped:
                break
        script.close()
        self._remember(asked, script.ids)
        done = time.perf_counter()
        timings_s = {'prefill': run.first - start, 'decode': done - run.first}
        return Answer(script.text, script.tokens(), timings_s, asked.size, run.count)

    @torch.inference_mode()
    def look(self, asked: Asked) -> None:
        """Compute what an answer about the same images will share."""
        _, most = self._bounds(asked)
        self.cache.run(self._prompt(asked, most), ())

    def forget(self) -> None:
        """Drop all keys and values."""
        self.cache.forget()

    def restart(self) -> None:
        """Drop what earlier answers left, to draft from too."""
        self.forget()
        self._answers.clear()

    def _prompt(self, asked: Asked, most: int) -> Prompt:
        ids = asked.inputs['input_ids'][0].tolist()
        return self.family.prompt(ids, asked.inputs, asked.images, len(ids) + most)

    def _bounds(self, asked: Asked) -> tuple[Grammar | None, int]:
        """Return the grammar of an answer, if there is one, and the most tokens that it has."""
        length = asked.inputs['input_ids'].shape[-1]
        room = self._context - length
        if asked.task is not Task.PLAN or self.grammars is None:
            if room < 1:
                raise self._too_long(length, 1)
            return None, min(self._profile.max_new_tokens, room)
        grammar = self.grammars.fitting(asked.size, room)
        if grammar is None:
            raise self._too_long(length, self.grammars.syntax.longest(asked.size, 1))
        return grammar, grammar.longest

    def _too_long(self, length: int, least: int) -> Refusal:
        return Refusal(
            Outcome.MODEL_ERROR,
            f'the prompt of {length} tokens leaves no room for an answer of {least} in the '
            f'context of {self._context} that {self._profile.name} has',
        )

    def _drafts(self, asked: Asked, grammar: Grammar | None) -> Drafts:
        if not self.family.traits.crops:
            return Drafts()  # what is wrong of a draft could not be forgotten
        syntax = self.grammars.syntax if grammar and self.grammars else None
        before = self._answers.get((asked.task, asked.text))
        if before is None and grammar:
            plans = [ids for (task, _), ids in self._answers.items() if task is Task.PLAN]
            before = plans[-1] if plans else None
        references = [Reference(before, syntax, sure=True)] if before else []
        if syntax is not None:
            guess = syntax.sketch(sketch(asked.text), asked.size)
            references.append(Reference(guess, syntax, sure=False))
        return Drafts(references)

    def _remember(self, asked: Asked, ids: list[int]) -> None:
        key = (asked.task, asked.text)
        image = image_token(self.family.model)
        if image in ids:  # in a draft it would stand for an image that is not there
            ids = ids[: ids.index(image)]
        self._answers.pop(key, None)
        self._answers[key] = ids
        for old in list(self._answers)[:-_REMEMBERED]:
            del self._answers[old]

    def _decode(self, ids: list[int]) -> str:
        skip = not self._profile.keep_special_tokens
        return str(self._tokenizer.decode(ids, skip_special_tokens=skip))


class _Passes:
    """
    The passes of one answer.

    `count` is how many there were, `first` when the first one was done.
    """

    def __init__(self, cache: PrefixCache, prompt: Prompt) -> None:
        self.count = 0
        self.first = time.perf_counter()
        self._cache = cache
        self._prompt = prompt

    def __call__(self, answer: Sequence[int], draft: Sequence[int]) -> tuple[int, Tensor]:
        result = self._cache.run(self._prompt, answer, draft)
        if self.count == 0:
            self.first = time.perf_counter()
        self.count += 1
        return result


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Return the tokens that end an answer, first the one that ends a chat's turn."""
    own = model.generation_config.eos_token_id
    ends = own if isinstance(own, list) else [own]
    ordered = [tokenizer.eos_token_id, *ends]
    if tokenizer.eos_token_id not in ends and ends[0] is not None:
        ordered = [*ends, tokenizer.eos_token_id]
    return tuple(dict.fromkeys(int(end) for end in ordered if end is not None))
