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

"""What is said to a server until it has given a valid answer, or has had its chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import ImageSize, ParseStatus, Task
from vlm_robot.models.backends import chat
from vlm_robot.models.backends.asking import persistently
from vlm_robot.models.backends.completion import Completion
from vlm_robot.models.backends.http import Connection, HttpServer, RejectedError
from vlm_robot.models.backends.watch import Watch
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.profile import Profile

OnText = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """A request as messages, and the size of the image that its points refer to."""

    task: Task
    messages: Sequence[chat.Message]
    size: ImageSize


class Dialogue:
    """
    Asks one server, and remembers which optional fields it does not take.

    :raises UnknownNameError: for a profile with an unknown syntax.
    """

    def __init__(self, profile: Profile, server: HttpServer) -> None:
        self._profile = profile
        self._server = server
        self._chance = random.Random()
        self._unwanted: frozenset[str] = frozenset()
        syntaxes = {Task.PLAN: profile.plan, Task.POINT: profile.point}
        self._conventions = {
            task: make_convention(name, profile.units) for task, name in syntaxes.items() if name
        }

    async def answer(
        self, question: Question, watch: Watch, on_text: OnText | None = None
    ) -> Completion:
        """
        Return an answer that can be read: the first, or the one after its model saw what is wrong.

        :raises Refusal: MODEL_ERROR, or INVALID_ANSWER with the raw text.
        """
        async with self._server.connect() as connection:
            ask = partial(self._ask, connection, watch, on_text, question.task)
            completion = await ask(question.messages)
            flaw = self._flaw(question, completion)
            if flaw:
                completion = await ask(chat.repair(question.messages, completion.text, flaw))
                flaw = self._flaw(question, completion)
        if flaw:
            message = f'the model gave no valid answer, twice: {flaw}'
            raise Refusal(Outcome.INVALID_ANSWER, message, raw=completion.text)
        return completion

    def _flaw(self, question: Question, completion: Completion) -> str:
        """Return why an answer cannot be read, '' if it can; any words answer a question."""
        convention = self._conventions.get(question.task)
        if convention is None:
            return ''
        parsed = convention.parse(completion.text, question.size)
        readable = parsed.status in (ParseStatus.OK, ParseStatus.NONE)
        return '' if readable else parsed.reason

    async def _ask(
        self,
        connection: Connection,
        watch: Watch,
        on_text: OnText | None,
        task: Task,
        messages: Sequence[chat.Message],
    ) -> Completion:
        """Ask with every optional field that the server takes."""
        fields = chat.body(self._profile, task, messages)
        unwanted = self._unwanted
        while True:
            sent = {name: value for name, value in fields.items() if name not in unwanted}
            attempt = partial(connection.post, sent, on_text)
            try:
                completion = await persistently(attempt, watch, self._chance)
            except RejectedError as err:
                left = [name for name in chat.OPTIONAL if name in sent]
                if not left:
                    message = f'the server refuses the request: {err}'
                    raise Refusal(Outcome.MODEL_ERROR, message) from err
                unwanted |= {_blamed(str(err), left)}
            else:
                self._unwanted = unwanted  # it was these, not something else in the request
                return completion


def _blamed(message: str, fields: Sequence[str]) -> str:
    """Return the field that a server names in its complaint, else the first."""
    return next((name for name in fields if name in message), fields[0])
