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

"""From words and images to a model's inputs, by its processor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vlm_robot.models.answer import Task
from vlm_robot.models.profile import Profile
from vlm_robot.models.prompts import Prompt, make_prompt

Images = Sequence[NDArray[np.uint8]]


class Template:
    """
    Writes prompts as a model was trained on them.

    :param processor: of transformers: its chat template writes the prompts of chat models.
    """

    def __init__(self, profile: Profile, processor: Any) -> None:
        self._profile = profile
        self._processor = processor
        self._marks = _special(processor.tokenizer)

    def inputs(self, task: Task, text: str, images: Images) -> dict[str, Tensor]:
        """
        Return what the model takes, as one row.

        :param text: an instruction; what would be a special token in it is only words.
        """
        prompt = make_prompt(self._profile, task, self._as_words(text))
        if not self._profile.chat:
            return self._processed(prompt.system + prompt.user, images)
        text = self._chat(prompt, len(images))
        start = self._processor.tokenizer.bos_token
        if start and text.startswith(start):
            return self._processed(text, images, add_special_tokens=False)
        return self._processed(text, images)

    def images_of(self, task: Task, images: Images) -> Images:
        """Return the images that a task's prompt has a place for."""
        if self._profile.chat:
            return images
        template = self._profile.prompts.get(task, '')
        places = template.count(getattr(self._processor, 'image_token', '<image>'))
        return images[: max(places, 1)]

    def _processed(self, text: str, images: Images, **options: bool) -> dict[str, Tensor]:
        row = [list(images)] if self._profile.chat else list(images)
        batch = self._processor(images=row, text=[text], return_tensors='pt', **options)
        return {key: value for key, value in batch.items() if torch.is_tensor(value)}

    def _chat(self, prompt: Prompt, images: int) -> str:
        """System, images, instruction; a template that knows no system gets its words first."""
        user = [*({'type': 'image'} for _ in range(images)), _words(prompt.user)]
        messages = [{'role': 'user', 'content': user}]
        if not prompt.system:
            return self._templated(messages)
        system = {'role': 'system', 'content': [_words(prompt.system)]}
        try:
            text = self._templated([system, *messages])
        except Exception:  # templates raise as they like; what is wrong without, too, is raised
            text = ''
        if prompt.system.strip() in text:
            return text
        return self._templated([{'role': 'user', 'content': [_words(prompt.system), *user]}])

    def _templated(self, messages: list[dict[str, Any]]) -> str:
        return str(
            self._processor.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        )

    def _as_words(self, text: str) -> str:
        text = text.encode('utf-8', 'replace').decode('utf-8')  # no halves of characters
        while self._marks.search(text):
            text = self._marks.sub(lambda mark: ' '.join(re.findall(r'\w+', mark[0])), text)
        return text


def _words(text: str) -> dict[str, str]:
    return {'type': 'text', 'text': text}


def _special(tokenizer: Any) -> re.Pattern[str]:
    """Match what a tokenizer takes for more than words, however it is written."""
    added = {token.content.strip() for token in tokenizer.added_tokens_decoder.values()}
    marks = sorted(filter(re.compile(r'[^\w\s]').search, added), key=len, reverse=True)
    return re.compile('|'.join(map(re.escape, marks)) or r'(?!)', re.IGNORECASE)
