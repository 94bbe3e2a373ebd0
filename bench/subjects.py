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
The models that are measured.

Qwen2.5-VL of several sizes with random weights, built from its configuration, and the embedded
model. Random weights say nothing that ends, so the large models are taught a few answers: all
weights stay random but the last layer, which is solved for in closed form from what comes before
it. That takes one pass for each answer, whatever the size.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, ProcessorMixin
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

sys.path.insert(0, str(Path(__file__).parent.parent / 'test' / 'models'))

from rig import Rig, json_profile, picture
from tiny_models import StillQwenProcessor, qwen2_5_vl, stir
from tiny_tokenizer import tiny_tokenizer

from vlm_robot.models.answer import ImageSize, Parsed, Task
from vlm_robot.models.backends.checkpoint import load
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.decode.engine import Asked
from vlm_robot.models.decode.grammar import Grammar
from vlm_robot.models.profile import load_profile

Image = NDArray[np.uint8]

ENOUGH = 4000  # tokens
FRAMES = (picture(0, height=480, width=640), picture(1, height=480, width=640))
PUT = 'put the red cube in the blue bowl'


def two_steps(label: str, relation: str, point: str) -> str:
    """Return a plan of two steps."""
    pick = f'{{"skill":"pick","point":[{point}],"label":"{label}"}}'
    place = f'{{"skill":"place","relation":"{relation}","point":[98,700],"label":"blue bowl"}}'
    return f'{{"outcome":"ok","steps":[{pick},{place}]}}'


PLANS = {
    PUT: two_steps('red cube', 'in', '412,133'),
    'put the red cube on the blue bowl': two_steps('red cube', 'on', '412,133'),
    'put the green cube in the blue bowl': two_steps('green cube', 'in', '412,133'),
    'put the small red cube in the blue bowl': two_steps('red cube', 'in', '412,175'),
}
"""Instruction -> the plan that the models are taught; all but the first differ in one slot."""
CHANGED = {
    'relation': 'put the red cube on the blue bowl',
    'label': 'put the green cube in the blue bowl',
    'point': 'put the small red cube in the blue bowl',
}


PROMPTS = {'short prompt': False, 'rules in the prompt': True}
"""What a model that was tuned to plans is told, and one that was not."""


def shapes() -> list[str]:
    """Return the names of the shapes that this machine's device is for."""
    return ['3B', '7B'] if torch.cuda.is_available() else ['small']


@dataclass(frozen=True)
class Shape:
    """The size of a Qwen2.5-VL."""

    width: int
    layers: int
    heads: int
    key_heads: int
    inner: int
    vocabulary: int
    eye_width: int
    eye_layers: int
    eye_inner: int
    patches: int  # of an image at most; four are one token

    @property
    def rope(self) -> list[int]:
        """Return the halves of a head that turn with time, row and column."""
        half = self.width // self.heads // 2
        return [half - 2 * (3 * half // 8), 3 * half // 8, 3 * half // 8]


SHAPES = {
    'small': Shape(640, 8, 10, 2, 2560, 8192, 320, 6, 1280, 256),
    '3B': Shape(2048, 36, 16, 2, 11008, 151936, 1280, 32, 3420, 1564),
    '7B': Shape(3584, 28, 28, 4, 18944, 152064, 1280, 32, 3420, 1564),
}


class Subject(Rig):
    """Decodes with one model, wherever it is."""

    def asked(self, text: str, images: Sequence[Image], task: Task = Task.PLAN) -> Asked:
        """Prepare a request."""
        asked = super().asked(text, images, task)
        inputs = {key: self._placed(value) for key, value in asked.inputs.items()}
        return Asked(asked.task, asked.text, inputs, asked.images, asked.size)

    def _placed(self, value: Tensor) -> Tensor:
        return value.to(self.model.device, self.model.dtype if value.is_floating_point() else None)

    def anew(self, text: str, image: Image) -> None:
        """Forget everything, and have the grammar ready as it is on a robot that runs."""
        self.restart()
        self.grammar(self.asked(text, [image]))

    def grammar(self, asked: Asked) -> Grammar:
        """Return the grammar of an answer."""
        assert self.engine.grammars is not None
        grammar = self.engine.grammars.fitting(asked.size, ENOUGH)
        assert grammar is not None
        return grammar

    def ours(self, text: str, image: Image) -> str:
        """Return our answer as text."""
        return self.answer(self.asked(text, [image]), ENOUGH).text

    def with_generate(self, text: str, image: Image) -> str:
        """Return the answer of transformers' `generate` with our grammar's masks."""
        return self.text(self.generated(self.asked(text, [image]), ENOUGH))

    @torch.inference_mode()
    def unmasked(self, text: str, image: Image, *, tokens: int, **options: Any) -> str:
        """Return the answer of transformers' `generate` without a grammar."""
        inputs = dict(self.asked(text, [image]).inputs)
        ids = self.model.generate(
            **inputs,
            max_new_tokens=tokens,
            eos_token_id=list(self.engine.ends),
            **({'do_sample': False} | options),
        )
        return self.text(ids[0, inputs['input_ids'].shape[1] :].tolist())

    def read(self, text: str, image: Image) -> Parsed:
        """Parse an answer, in whose units the size that the model saw does not matter."""
        size = ImageSize(image.shape[1], image.shape[0])
        return make_convention(self.profile.plan, self.profile.units).parse(text, size)


@functools.cache
def embedded() -> Subject:
    """Return the embedded model."""
    profile = load_profile('tabletop')
    return Subject(profile, *load(profile.source, device='cpu', dtype=profile.dtype))


@functools.cache
def qwen(shape: str, *, rules: bool = False, taught: bool = True) -> Subject:
    """
    Return a Qwen2.5-VL with random weights, on a CUDA device in bfloat16 where there is one.

    :param rules: whether the prompt tells the rules of plans, as for a model that was not tuned.
    :param taught: whether it says what `PLANS` has, with rules the first of it; otherwise its
        answers have no meaning.
    """
    profile = json_profile(shape, **({} if rules else {'prompts': {'plan': '{instruction}'}}))
    subject = Subject(profile, *build(SHAPES[shape]))
    if taught:
        # a long prompt is taught only what is asked of it
        teach(subject, {PUT: PLANS[PUT]} if rules else PLANS, FRAMES[:1] if rules else FRAMES)
    return subject


def build(shape: Shape) -> tuple[PreTrainedModel, ProcessorMixin]:
    """Build a model and its processor."""
    small, its = qwen2_5_vl()
    processor = StillQwenProcessor(
        Qwen2VLImageProcessorPil(
            patch_size=14, size={'shortest_edge': 3136, 'longest_edge': 196 * shape.patches}
        ),
        tiny_tokenizer(),
        its.chat_template,
    )
    config = _config(small.config, shape)
    cuda = torch.cuda.is_available()
    torch.manual_seed(0)
    with torch.device('cuda' if cuda else 'cpu'):
        model = transformers.Qwen2_5_VLForConditionalGeneration(config)
    model = model.to(torch.bfloat16 if cuda else torch.float32)
    with torch.no_grad():
        stir(model)
    return model.eval(), processor


def _config(small: Any, shape: Shape) -> transformers.Qwen2_5_VLConfig:
    """Return the configuration of a small model with another one's sizes."""
    text = small.text_config.to_dict() | {
        'vocab_size': shape.vocabulary,
        'hidden_size': shape.width,
        'intermediate_size': shape.inner,
        'num_hidden_layers': shape.layers,
        'num_attention_heads': shape.heads,
        'num_key_value_heads': shape.key_heads,
        'layer_types': None,
        'max_window_layers': shape.layers,
    }
    text['rope_parameters'] = small.text_config.rope_parameters | {'mrope_section': shape.rope}
    vision = small.vision_config.to_dict() | {
        'depth': shape.eye_layers,
        'hidden_size': shape.eye_width,
        'intermediate_size': shape.eye_inner,
        'num_heads': shape.eye_width // 80,
        'out_hidden_size': shape.width,
        'fullatt_block_indexes': list(range(shape.eye_layers))[shape.eye_layers // 4 - 1 :: 8],
        'window_size': 112,
    }
    ids = ('image_token_id', 'video_token_id', 'vision_start_token_id', 'vision_end_token_id')
    return transformers.Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, **{key: getattr(small, key) for key in ids}
    )


@torch.inference_mode()
def teach(subject: Subject, plans: Mapping[str, str], frames: Sequence[Image]) -> None:
    """Solve for a last layer with which the model says these plans about these frames."""
    states, tokens = [], []
    for frame in frames:
        for words, plan in plans.items():
            said = _tokens(subject, plan)
            states.append(_states(subject, subject.asked(words, [frame]), said))
            tokens += said
    known = torch.cat(states).double()
    wanted = torch.nn.functional.one_hot(torch.tensor(tokens)).double().to(known.device)
    alike = known @ known.T
    alike.diagonal().add_(1e-6 * alike.diagonal().mean())
    solved = (known.T @ torch.linalg.solve(alike, wanted)).T
    head = subject.model.get_output_embeddings().weight
    head.zero_()
    head[: len(solved)] = solved.to(head.dtype)


def _tokens(subject: Subject, plan: str) -> list[int]:
    return [*subject.tokenizer.encode(plan, add_special_tokens=False), subject.engine.ends[0]]


def _states(subject: Subject, asked: Asked, said: Sequence[int]) -> Tensor:
    """Return the last layer's inputs where an answer's tokens are chosen: (tokens, width)."""
    inputs = dict(asked.inputs)
    length = inputs['input_ids'].shape[1]
    for key, value in inputs.items():
        if value.shape == (1, length):
            inputs[key] = torch.nn.functional.pad(value, (0, len(said) - 1))
    inputs['input_ids'][0, length:] = torch.tensor(said[:-1])
    del inputs['attention_mask']  # nothing is padded
    return subject.model.model(**inputs).last_hidden_state[0, length - 1 :].float()
