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

"""Plans of a model that names things and another one that points at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation
from vlm_robot.core.values import Frame, Plan
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.planner import Planner
from vlm_robot.models.pointer import Pointer
from vlm_robot.models.profile import Profile

FRAME = Frame(7, 'optical', np.zeros((1000, 1000, 3), np.uint8))
PLAN = (
    '{"outcome":"ok","steps":[{"skill":"pick","label":"cube"},'
    '{"skill":"place","relation":"between","label":"bowl","other":{"label":"mug"}}]}'
)
PLACES = {'cube': [1, 2], 'bowl': [30, 40], 'mug': [500, 600]}


class Told:
    """A backend that answers each text with what it was told to."""

    def __init__(self, profile: Profile, answers: Mapping[str, str]) -> None:
        self.profile = profile
        self.asked: list[str] = []
        self._answers = answers

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        self.asked.append(request.text)
        return Answer(self._answers[request.text])

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Do nothing."""

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        """Do nothing."""


def pair(answers: Mapping[str, str]) -> tuple[Planner, Told]:
    names = Told(Profile(source='x', plan='plan_json', grounder='finder'), {'go': PLAN})
    finder = Told(Profile(name='finder', source='x', point='json_points'), answers)
    return Planner(names, Pointer(finder)), finder


def found(label: str) -> str:
    return f'[{{"point_2d":{PLACES[label]},"label":"{label}"}}]'


def plan(**answers: str) -> Plan:
    planner, _ = pair({label: found(label) for label in PLACES} | answers)
    return planner.plan(FRAME, 'go')


def test_every_thing_of_a_plan_is_pointed_at_the_second_one_of_between_too() -> None:
    place = plan().steps[1]
    assert place.relation is Relation.BETWEEN
    assert place.target.pixel == pytest.approx((29.5, 39.5))
    assert place.other is not None
    assert (place.other.label, place.other.pixel) == ('mug', pytest.approx((499.5, 599.5)))


def test_things_are_looked_for_once_and_in_the_order_of_the_plan() -> None:
    planner, finder = pair({label: found(label) for label in PLACES})
    planner.plan(FRAME, 'go')
    planner.plan(FRAME, 'go')
    assert finder.asked == 2 * ['cube', 'bowl', 'mug']


def test_a_second_thing_that_is_not_there_refuses_the_plan() -> None:
    refused = plan(mug='There are none.')
    assert refused.outcome is Outcome.NOT_FOUND
    assert "'mug'" in refused.verdict.message
    assert refused.steps == ()


def test_a_model_that_does_not_know_a_relation_is_not_even_asked() -> None:
    few = Profile(name='few', source='x', plan='plan_json', point='json_points', relations=['in'])
    model = Told(few, {'put the cube in the bowl left of the mug': '{"outcome":"unsupported"}'})
    refused = Planner(model).plan(FRAME, 'put the cube left of the mug')
    assert refused.outcome is Outcome.UNSUPPORTED
    assert refused.verdict.message == (
        "the model 'few' does not know where 'left of' is: it knows in"
    )
    assert (refused.stamp_ns, refused.camera_frame, model.asked) == (7, 'optical', [])
    Planner(model).plan(FRAME, 'put the cube in the bowl left of the mug')
    assert len(model.asked) == 1
