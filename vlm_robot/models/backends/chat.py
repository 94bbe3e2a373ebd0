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

"""Requests in the form of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vlm_robot.models.answer import Request, Task
from vlm_robot.models.plan_schema import plan_schema
from vlm_robot.models.profile import Profile
from vlm_robot.models.prompts import make_prompt

Message = dict[str, Any]

OPTIONAL = ('response_format', 'logprobs')
"""Fields that some servers refuse; an answer is had without them, too."""

_SHOWN = 2000  # characters of an invalid answer that its model is shown


def messages(profile: Profile, request: Request, image_urls: Sequence[str]) -> list[Message]:
    """Return the system's words, then the images and the text."""
    prompt = make_prompt(profile, request.task, _words(request.text))
    content: list[Message] = [
        {'type': 'image_url', 'image_url': {'url': url}} for url in image_urls
    ]
    content.append({'type': 'text', 'text': prompt.user})
    system = [{'role': 'system', 'content': prompt.system}] if prompt.system else []
    return [*system, {'role': 'user', 'content': content}]


def repair(asked: Sequence[Message], answer: str, reason: str) -> list[Message]:
    """Return the messages that show a model its invalid answer and ask for another."""
    return [
        *asked,
        {'role': 'assistant', 'content': answer[:_SHOWN].strip() or '(nothing)'},
        {
            'role': 'user',
            'content': f'That is not a valid answer: {reason}. Answer the instruction again, '
            'in the form that was asked for and with nothing else.',
        },
    ]


def body(profile: Profile, task: Task, asked: Sequence[Message]) -> dict[str, Any]:
    """Return a request's JSON object with every field that we would like to be heard."""
    fields: dict[str, Any] = {
        'model': profile.source,
        'messages': list(asked),
        'temperature': 0,
        'max_tokens': profile.max_new_tokens,
        'stream': True,
        'logprobs': True,
    }
    if profile.stop:
        fields['stop'] = list(profile.stop)
    if task is Task.PLAN and profile.plan == 'plan_json':
        schema = {'name': 'plan', 'strict': True, 'schema': plan_schema(profile)}
        fields['response_format'] = {'type': 'json_schema', 'json_schema': schema}
    return fields


def _words(text: str) -> str:
    """Return an instruction that cannot write special tokens into the prompt."""
    return text.replace('<', ' ').replace('>', ' ').encode('utf-8', 'replace').decode('utf-8')
