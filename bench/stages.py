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

"""Where the time of an answer goes, by hooks on the model's modules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from harness import CLOCKS
from subjects import ENOUGH, Image, Subject


@dataclass
class Passes:
    """Seconds of each pass through the language model, and of each through the image encoder."""

    whole_s: list[float] = field(default_factory=list)
    encoder_s: list[float] = field(default_factory=list)


@contextmanager
def timed(subject: Subject, *, clock: str) -> Iterator[Passes]:
    """Time the passes of a model while this lasts."""
    passes = Passes()
    eye = _encoder(subject.model)
    hooks = [
        *_timing(subject.model, passes.whole_s, clock),
        *_timing(eye, passes.encoder_s, clock),
    ]
    try:
        yield passes
    finally:
        for hook in hooks:
            hook.remove()


def _timing(module: torch.nn.Module, seconds: list[float], clock: str) -> list[Any]:
    begun: list[float] = []
    return [
        module.register_forward_pre_hook(lambda *_: begun.append(now(clock))),
        module.register_forward_hook(lambda *_: seconds.append(now(clock) - begun.pop())),
    ]


def now(clock: str) -> float:
    """Return the time once a device has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return CLOCKS[clock]()


def _encoder(model: Any) -> torch.nn.Module:
    module: torch.nn.Module = getattr(model, 'encoder', None) or model.model.visual
    return module


def anatomy(subject: Subject, text: str, image: Image, *, clock: str) -> dict[str, float]:
    """Answer once, and return the seconds of each stage."""
    start = now(clock)
    asked = subject.asked(text, [image])
    prepared = now(clock)
    with timed(subject, clock=clock) as passes:
        answer = subject.answer(asked, ENOUGH)
    answered = now(clock)
    subject.read(answer.text, image)
    parsed = now(clock)
    encoder_s = sum(passes.encoder_s)
    return {
        'preprocess': prepared - start,
        'encode': encoder_s,
        'prefill': passes.whole_s[0] - encoder_s,
        'decode': sum(passes.whole_s[1:]),
        'grammar, choice, text': answered - prepared - sum(passes.whole_s),
        'parse': parsed - answered,
        'whole': parsed - start,
    }


def one_token_s(
    subject: Subject, text: str, image: Image, *, passes: int, clock: str
) -> list[float]:
    """Return the seconds of passes that decode one token each, after a prompt."""
    prompt, found, answer = subject.prompt(subject.asked(text, [image])), [], [1]
    subject.engine.forget()
    with torch.inference_mode():
        subject.engine.cache.run(prompt, ())
        for _ in range(passes):
            start = now(clock)
            subject.engine.cache.run(prompt, answer)
            found.append(now(clock) - start)
            answer = [*answer, 1]
    return found
