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

"""Asks servers with the interface of OpenAI: vLLM, SGLang, llama.cpp, Ollama, Gemini and more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.backends import chat
from vlm_robot.models.backends.asking import run, watched
from vlm_robot.models.backends.dialogue import Dialogue, Question
from vlm_robot.models.backends.endpoint import make_endpoint
from vlm_robot.models.backends.http import HttpServer
from vlm_robot.models.backends.pictures import Pictures, seen_size
from vlm_robot.models.backends.watch import Watch, check_images
from vlm_robot.models.profile import Profile, load_profile


class OpenAIBackend:
    """
    A model behind a server's chat completions, which knows it by its profile's source.

    Answers are checked here, whatever the server promises: an invalid plan or point is shown to
    its model once, then it is an INVALID_ANSWER that carries the raw text.

    :param model: name of a profile, or the path of a profile's YAML file.
    :param device: not used: the server has chosen.
    :param url: base address, for example `http://127.0.0.1:8000/v1`.
    :param key_env: environment variable that holds the server's key; '': it wants none.
    :param key_file: file with the key instead, readable by its owner only.
    :param allow_plain_http: 'true' lets the key travel unencrypted to another machine.
    :raises ConfigurationError: for a profile, an address or a key that cannot be used.
    """

    def __init__(
        self,
        model: str = '',
        device: str = '',
        *,
        url: str = '',
        key_env: str = '',
        key_file: str = '',
        allow_plain_http: str = '',
    ) -> None:
        self.profile: Profile = load_profile(model)
        if not self.profile.chat:
            raise ConfigurationError(
                f'model {self.profile.name!r} takes no chats: expected a profile with chat: true'
            )
        endpoint = make_endpoint(
            url,
            key_env=key_env,
            key_file=key_file,
            allow_plain_http=allow_plain_http.lower() == 'true',
        )
        self._dialogue = Dialogue(self.profile, HttpServer(endpoint))
        self._pictures = Pictures(self.profile, lossless=endpoint.is_local)

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """
        Ask the server; see `Backend.answer`.

        `on_text` gets the pieces of an invalid answer, too, and then those of the next.
        """
        watch = Watch(request, cancel)
        watch.check()
        check_images(request)
        start = time.perf_counter()
        question = self._question(request)
        prepared = time.perf_counter()
        completion = run(watched(self._dialogue.answer(question, watch, on_text), watch))
        timings_s = {'preprocess': prepared - start, 'server': time.perf_counter() - prepared}
        return Answer(completion.text, completion.tokens, timings_s, question.size)

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Encode images before they are asked about."""
        for image in images:
            self._pictures.url(image)

    def memory_bytes(self) -> int:
        """Return 0: the weights are elsewhere."""
        return 0

    def close(self) -> None:
        """Do nothing: a connection lasts for one answer."""

    def _question(self, request: Request) -> Question:
        urls = [self._pictures.url(image) for image in request.images]
        height, width = request.images[0].shape[:2]
        return Question(
            request.task,
            chat.messages(self.profile, request, urls),
            seen_size(self.profile, width, height),
        )
