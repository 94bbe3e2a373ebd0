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

"""What was asked and planned while a bag was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vlm_robot.bags.decoding import Decoder
from vlm_robot.bags.reader import Bag
from vlm_robot.bags.records import Topic
from vlm_robot.core.values import Plan
from vlm_robot.ros.conversions import plan_value

PLAN = 'vlm_robot_interfaces/msg/Plan'
FEEDBACK = 'vlm_robot_interfaces/action/ExecuteInstruction_FeedbackMessage'
STRING = 'std_msgs/msg/String'


@dataclass(frozen=True)
class Asked:
    """An instruction of a live run, and the plan that was made, if it was recorded."""

    time_ns: int  # of the bag
    instruction: str
    plan: Plan | None = None


def live_plans(bag: Bag, decoder: Decoder) -> Iterator[Asked]:
    """
    Tell the instructions of a bag by the plans that were made, or by themselves if none was.

    :raises Refusal: for a message that cannot be read.
    """
    told: set[str] = set()
    any_plan = False
    for recorded in bag.messages([t for t in bag.topics if t.type in (PLAN, FEEDBACK)]):
        message = decoder.message(recorded)
        plan = plan_value(message if recorded.topic.type == PLAN else message.feedback.plan)
        if plan.instruction and plan.plan_id not in told:  # feedback tells it again and again
            told |= {plan.plan_id} - {''}
            any_plan = True
            yield Asked(recorded.time_ns, plan.instruction, plan)
    if any_plan:
        return
    for recorded in bag.messages([t for t in bag.topics if _is_instruction(t)]):
        yield Asked(recorded.time_ns, str(decoder.plain(recorded).data))


def _is_instruction(topic: Topic) -> bool:
    return topic.type == STRING and topic.name.rpartition('/')[2] == 'instruction'
