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

"""The parser alone: what a known model's answer points at, without running the model."""

from __future__ import annotations

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.models.answer import ImageSize, Parsed, Task
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.profile import Profile, load_profile


def parse_answer(
    model: str,
    text: str,
    *,
    width: int,
    height: int,
    seen_width: int = 0,
    seen_height: int = 0,
    task: str = 'point',
) -> Parsed:
    """
    Read a model's raw answer. Whatever the text, the result says what could be read and why.

    :param model: name of a profile, or the path of one's own.
    :param width: of the image as the camera took it, like `height`.
    :param seen_width: of the image as the model saw it, like `seen_height`; 0: by the profile's
        resize rule. It matters for models that answer in pixels of the image that they saw.
    :param task: 'point', 'plan' or 'ask'.
    :raises UnknownNameError: for a model that has no profile.
    :raises ConfigurationError: for a task that the model does not do, or an image without pixels.
    """
    profile = load_profile(model)
    if min(width, height) < 1 or min(seen_width, seen_height) < 0:
        raise ConfigurationError(
            f'an image of {width!r} x {height!r} pixels, seen as {seen_width!r} x '
            f'{seen_height!r}, is none: expected 1 or more'
        )
    size = ImageSize(width, height, seen_width, seen_height)
    if not (seen_width and seen_height) and profile.units.scale == 'seen':
        size = _seen(profile, width, height)
    return make_convention(_syntax(profile, task), profile.units).parse(text, size)


def _syntax(profile: Profile, task: str) -> str:
    if task not in [known.value for known in Task]:
        raise ConfigurationError(f'unknown task {task!r}: expected plan, point or ask')
    syntax = profile.plan if task == Task.PLAN.value else profile.point
    if task == Task.ASK.value:
        syntax = syntax or profile.plan
    if not syntax:
        raise ConfigurationError(f'model {profile.name!r} does not {task}')
    return syntax


def _seen(profile: Profile, width: int, height: int) -> ImageSize:
    # with OpenCV, which only those pay for who need it
    from vlm_robot.models.backends.pictures import seen_size

    return seen_size(profile, width, height)
