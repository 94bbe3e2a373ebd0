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

"""A model with all that decodes for it, and the plain ways to decode that it must equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import LogitsProcessorList, PreTrainedModel, ProcessorMixin

from vlm_robot.models.answer import Answer, ImageSize, Task
from vlm_robot.models.decode.engine import Asked, Engine
from vlm_robot.models.decode.family import Family, Prompt
from vlm_robot.models.decode.images import seen_size
from vlm_robot.models.decode.plain import RulesProcessor, plain_greedy
from vlm_robot.models.decode.prefix import name_images
from vlm_robot.models.decode.rules import NoRules, Rules
from vlm_robot.models.decode.template import Template
from vlm_robot.models.profile import Profile

LIMIT = 60  # tokens that are compared

Images = Sequence[NDArray[np.uint8]]


def picture(seed: int, *, height: int = 60, width: int = 90) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def json_profile(name: str = 'json', **values: object) -> Profile:
    own = {'source': 'nowhere', 'plan': 'plan_json', 'point': 'json_points'}
    return Profile(name=name, **(own | values))


def chat_profile(name: str) -> Profile:
    """A profile as an architecture needs it: PaliGemma has no chat."""
    if not name.startswith('paligemma'):
        return json_profile(name)
    prompts = dict.fromkeys((Task.PLAN, Task.ASK), '<image>plan {instruction}')
    return json_profile(name, chat=False, prompts=prompts)


@dataclass
class Rig:
    """Decodes with one model."""

    profile: Profile
    model: PreTrainedModel
    processor: ProcessorMixin
    static: bool = False

    def __post_init__(self) -> None:
        self.template = Template(self.profile, self.processor)
        self.restart()

    @property
    def tokenizer(self):  # type: ignore[no-untyped-def]
        return self.processor.tokenizer

    def restart(self) -> None:
        """Forget everything."""
        self.engine = Engine(self.profile, self.model, self.tokenizer, static=self.static)

    def asked(self, text: str, images: Images, task: Task = Task.PLAN) -> Asked:
        inputs = self.template.inputs(task, text, images)
        height, width = images[0].shape[:2]
        size = ImageSize(width, height, *seen_size(inputs, images[0], self.processor))
        return Asked(task, text, inputs, name_images(images), size)

    def answer(self, asked: Asked, limit: int = LIMIT) -> Answer:
        return self.engine.answer(asked, check=lambda: None, limit=limit)

    def text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def rules(self, asked: Asked) -> Rules:
        if asked.task is not Task.PLAN or self.engine.grammars is None:
            return NoRules()
        grammar = self.engine.grammars.fitting(asked.size, 4000)
        assert grammar is not None
        return grammar.rules()

    def prompt(self, asked: Asked) -> Prompt:
        ids = asked.inputs['input_ids'][0].tolist()
        return self.family.prompt(ids, asked.inputs, asked.images, len(ids) + LIMIT)

    @property
    def family(self) -> Family:
        return replace(self.engine.family, static=False)

    @torch.inference_mode()
    def plain(self, asked: Asked, limit: int = LIMIT) -> tuple[list[int], list[float]]:
        """Return the tokens of plain masked greedy decoding, and their probabilities."""
        ends = self.engine.ends
        chosen = plain_greedy(
            self.family,
            self.prompt(asked),
            self.rules(asked),
            end=lambda token: token in ends,
            limit=limit,
        )
        kept = [c for c in chosen if c.token not in ends]
        return [c.token for c in kept], [c.probability for c in kept]

    @torch.inference_mode()
    def generated(self, asked: Asked, limit: int = LIMIT) -> list[int]:
        """Return the tokens of transformers' `generate` with the same masks."""
        inputs = {key: value for key, value in asked.inputs.items() if key != 'labels'}
        length = inputs['input_ids'].shape[1]
        masks = RulesProcessor(lambda: self.rules(asked), length)
        ids = self.model.generate(
            **inputs,
            max_new_tokens=limit,
            do_sample=False,
            logits_processor=LogitsProcessorList([masks]),
            eos_token_id=list(self.engine.ends),
        )
        answer = ids[0, length:].tolist()
        return [token for token in answer if token not in self.engine.ends]
