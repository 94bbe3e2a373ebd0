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

"""Runs a model in this process with transformers, on a CPU or a CUDA device."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError, Refusal, VlmRobotError
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Answer, ImageSize, Request, Task
from vlm_robot.models.backends.checkpoint import load
from vlm_robot.models.backends.watch import Watch, check_images
from vlm_robot.models.decode.engine import Asked, Engine
from vlm_robot.models.decode.images import at_most, halved, seen_size
from vlm_robot.models.decode.prefix import name_images
from vlm_robot.models.decode.template import Template
from vlm_robot.models.profile import Profile, load_profile

Images = tuple[NDArray[np.uint8], ...]

_WARM_UP_TOKENS = 8


class LocalBackend:
    """
    A model of transformers' `AutoModelForImageTextToText`, loaded on construction.

    It has answered one small request when the constructor returns. Under a grammar an answer is as
    long as its grammar lets it; `max_new_tokens` bounds the others.

    :param model: name of a profile, or the path of a profile's YAML file.
    :param device: 'cpu', 'cuda' or 'auto'.
    :raises ConfigurationError: for a model that cannot be loaded or cannot answer.
    :raises MissingPackageError: for a package that the profile needs.
    """

    def __init__(self, model: str = 'tabletop', device: str = 'auto') -> None:
        self.profile: Profile = load_profile(model)
        if self.profile.threads > 0:
            torch.set_num_threads(self.profile.threads)
        self._model, self._processor = load(
            self.profile.source,
            device=device,
            dtype=self.profile.dtype,
            adapter=self.profile.adapter,
            quantisation=self.profile.quantisation,
            trust_remote_code=self.profile.trust_remote_code,
        )
        self._template = Template(self.profile, self._processor)
        self._engine = self._make_engine()
        self._one_at_a_time = threading.Lock()
        self._warm_up()

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Answer greedily; see `Backend.answer`."""
        watch = Watch(request, cancel)
        watch.check()
        check_images(request)
        with self._one_at_a_time:
            return self._answer(request, watch, on_text)

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Compute what an instruction about the images will share; see `Backend.look`."""
        task = Task.PLAN if self.profile.plan else Task.POINT
        request = Request('', tuple(images), task)
        if not self._one_at_a_time.acquire(blocking=False):
            return  # an instruction is being answered
        try:
            check_images(request)
            self._engine.look(self._asked(request, self._images(request)))
        except Exception:  # who asks about these images is told what is wrong with them
            self._engine.forget()
        finally:
            self._one_at_a_time.release()

    def memory_bytes(self) -> int:
        """Return the size of weights, key-value cache and features."""
        held = (*self._model.parameters(), *self._model.buffers())
        return sum(tensor.nbytes for tensor in held) + self._engine.cache.memory_bytes()

    def close(self) -> None:
        """Free the model's memory."""
        with self._one_at_a_time:
            del self._engine, self._template, self._model, self._processor
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _make_engine(self) -> Engine:
        """
        Compile the language model where the profile says so: the first answers wait for it.

        On a CUDA device the cache has a fixed size then, whose addresses stay the same.
        """
        static = self.profile.compile and self._model.device.type == 'cuda'
        if self.profile.compile:
            self._model.get_decoder().compile(dynamic=True)
        return Engine(self.profile, self._model, self._processor.tokenizer, static=static)

    def _warm_up(self) -> None:
        """:raises ConfigurationError: for a model that loads but cannot answer."""
        task = Task.PLAN if self.profile.plan else Task.POINT
        request = Request('pick', (np.zeros((64, 64, 3), np.uint8),), task)
        try:
            self._ask(request, request.images, Watch(request, None), None, _WARM_UP_TOKENS)
        except Refusal as refusal:
            raise ConfigurationError(
                f'model {self.profile.name!r} cannot answer: {refusal.message}'
            ) from refusal
        self._engine.restart()

    def _answer(
        self, request: Request, watch: Watch, on_text: Callable[[str], None] | None
    ) -> Answer:
        """Answer, after running out of memory once more with a smaller image."""
        images = self._images(request)
        try:
            return self._ask(request, images, watch, on_text)
        except _OutOfMemoryError:
            _free(self._engine)
        images = tuple(map(halved, images))
        try:
            return self._ask(request, images, watch, on_text)
        except _OutOfMemoryError as err:
            _free(self._engine)
            height, width = images[0].shape[:2]
            raise Refusal(
                Outcome.MODEL_ERROR,
                f'{self.profile.name} ran out of memory with images of {width} x {height} pixels: '
                f'set max_pixels in its profile below {width * height}, or quantisation to 4bit',
            ) from err

    def _ask(
        self,
        request: Request,
        images: Images,
        watch: Watch,
        on_text: Callable[[str], None] | None,
        limit: int = sys.maxsize,
    ) -> Answer:
        """:raises Refusal: MODEL_ERROR for whatever goes wrong, but for a lack of memory."""
        start = time.perf_counter()
        try:
            asked = self._asked(request, images)
            prepared_s = time.perf_counter() - start
            answer = self._engine.answer(asked, check=watch.check, on_text=on_text, limit=limit)
        except VlmRobotError:
            raise
        except Exception as err:  # models and processors raise anything
            if _is_out_of_memory(err):
                raise _OutOfMemoryError from err
            reason = str(err).strip().split('\n')[0] or type(err).__name__
            raise Refusal(Outcome.MODEL_ERROR, f'{self.profile.name} failed: {reason}') from err
        return replace(answer, timings_s={'preprocess': prepared_s, **answer.timings_s})

    def _images(self, request: Request) -> Images:
        images = self._template.images_of(request.task, request.images)
        return tuple(at_most(image, self.profile.max_pixels) for image in images)

    def _asked(self, request: Request, images: Images) -> Asked:
        inputs = self._template.inputs(request.task, request.text, images)
        inputs = {key: _placed(value, self._model) for key, value in inputs.items()}
        height, width = request.images[0].shape[:2]
        seen = seen_size(inputs, images[0], self._processor)
        size = ImageSize(width, height, *seen)
        return Asked(request.task, request.text, inputs, name_images(images), size)


class _OutOfMemoryError(Exception):
    """The device or the host has no memory left."""


def _is_out_of_memory(err: Exception) -> bool:
    return isinstance(err, torch.OutOfMemoryError | MemoryError) or (
        isinstance(err, RuntimeError) and "can't allocate memory" in str(err)
    )


def _placed(value: torch.Tensor, model: PreTrainedModel) -> torch.Tensor:
    return value.to(model.device, model.dtype if value.is_floating_point() else None)


def _free(engine: Engine) -> None:
    engine.forget()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
