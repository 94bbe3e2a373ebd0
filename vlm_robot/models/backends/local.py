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

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import StoppingCriteria, StoppingCriteriaList

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.models.answer import Answer, Request, Token
from vlm_robot.models.backends.checkpoint import load
from vlm_robot.models.backends.watch import Watch, check_images, raise_unless_ok
from vlm_robot.models.profile import Profile, load_profile
from vlm_robot.models.prompts import make_prompt


class LocalBackend:
    """
    A model of transformers' `AutoModelForImageTextToText`, loaded on construction.

    :param model: name of a profile, or the path of a profile's YAML file.
    :param device: 'cpu', 'cuda' or 'auto'.
    :raises ConfigurationError: for a model that cannot be loaded.
    """

    def __init__(self, model: str = 'tabletop', device: str = 'auto') -> None:
        self.profile: Profile = load_profile(model)
        if self.profile.threads > 0:
            torch.set_num_threads(self.profile.threads)
        self._model, self._processor = load(
            self.profile.source, device=device, dtype=self.profile.dtype
        )

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
        stop = _Stop(watch)
        start = time.perf_counter()
        try:
            inputs = self._inputs(request)
            prepared = time.perf_counter()
            output = self._generate(inputs, stop)
        except (RuntimeError, ValueError, TypeError) as err:
            raise Refusal(Outcome.MODEL_ERROR, f'{self.profile.name} failed: {err}') from err
        raise_unless_ok(stop.verdict)
        done = time.perf_counter()
        ids = output.sequences[0, inputs['input_ids'].shape[1] :]
        text, tokens = self._read(ids, output.scores)
        timings_s = {'preprocess': prepared - start, 'generate': done - prepared}
        if on_text is not None:
            on_text(text)
        return Answer(text, tokens, timings_s)

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Do nothing yet."""

    def memory_bytes(self) -> int:
        """Return the weights' size."""
        return sum(p.numel() * p.element_size() for p in self._model.parameters())

    def close(self) -> None:
        """Free the model's memory."""
        del self._model, self._processor
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _inputs(self, request: Request) -> dict[str, torch.Tensor]:
        # an instruction must not be able to write special tokens into the prompt
        text = request.text.replace('<', ' ').replace('>', ' ').lower()
        prompt = make_prompt(self.profile, request.task, text).user
        batch = self._processor(images=[request.images[0]], text=[prompt], return_tensors='pt')
        return {key: value.to(self._model.device) for key, value in batch.items()}

    def _generate(self, inputs: dict[str, torch.Tensor], stop: _Stop) -> Any:
        with torch.inference_mode():
            return self._model.generate(
                **inputs,
                max_new_tokens=self.profile.max_new_tokens,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
                stopping_criteria=StoppingCriteriaList([stop]),
            )

    def _read(
        self, ids: torch.Tensor, scores: tuple[torch.Tensor, ...]
    ) -> tuple[str, tuple[Token, ...]]:
        """Return the text without end marks, and each token's place in it and probability."""
        tokenizer = self._processor.tokenizer
        end = {tokenizer.eos_token_id, tokenizer.pad_token_id}
        kept = [int(i) for i in ids]
        while kept and kept[-1] in end:
            kept.pop()
        lengths = [len(tokenizer.decode(kept[:n])) for n in range(len(kept) + 1)]
        tokens = tuple(
            Token(lengths[n], lengths[n + 1], float(scores[n][0].softmax(-1)[kept[n]]))
            for n in range(len(kept))
        )
        return tokenizer.decode(kept), tokens


class _Stop(StoppingCriteria):
    """Stops generation between two passes when canceled or late; `verdict` says which."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.verdict = OK

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        self.verdict = self._watch.verdict()
        stop = not self.verdict.ok
        return torch.full((input_ids.shape[0],), stop, dtype=torch.bool, device=input_ids.device)
