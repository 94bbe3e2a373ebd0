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

"""Messages of one look, and the transforms around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bag_fixture import SECOND, Entry, entry, look_entries, tf_entry, write_mcap
from rclpy.serialization import serialize_message as raw
from std_msgs.msg import String

from vlm_robot.bags.camera_topics import find_camera
from vlm_robot.bags.decoding import Decoder, header_stamp_ns
from vlm_robot.bags.live_plans import FEEDBACK, live_plans
from vlm_robot.bags.looks import Looks
from vlm_robot.bags.reader import Bag, open_bag
from vlm_robot.bags.tf import RecordedTransforms
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Plan, Step, Target
from vlm_robot.ros.conversions import plan_message
from vlm_robot_interfaces.action import ExecuteInstruction

FeedbackMessage = ExecuteInstruction.Impl.FeedbackMessage
BagOf = Callable[[list[Entry]], Bag]
START = 1_700_000_000 * SECOND
LAG = 3 * SECOND  # what the stamps are behind the times of the bag
STEP = SECOND // 10


def stream(count: int = 10, *, depth_late_ns: int = 0) -> list[Entry]:
    """Looks ten times a second; camera_info is latched, and comes but once."""
    entries: list[Entry] = []
    for index in range(count):
        info, depth, colour = look_entries(START + index * STEP, grey=index)
        late = look_entries(START + index * STEP + depth_late_ns)[1]
        entries += [info] if index == 0 else []
        entries += [depth if not depth_late_ns else late, colour]
    received = [e._replace(time_ns=e.time_ns + LAG) for e in entries]
    return sorted(received, key=lambda e: e.time_ns)


def looks_of(bag: Bag, *, tolerance_ns: int = SECOND // 20) -> Looks:
    return Looks(bag, find_camera(bag.topics), tolerance_ns=tolerance_ns)


@pytest.fixture
def bag_of(tmp_path: Path) -> Iterator[BagOf]:
    """Makes a bag of entries."""
    with ExitStack() as stack:
        yield lambda entries: stack.enter_context(
            open_bag(write_mcap(tmp_path / 'a.mcap', entries))
        )


def test_the_newest_look_by_a_moment_is_found_with_what_belongs_to_it(bag_of: BagOf) -> None:
    look = looks_of(bag_of(stream())).at(START + LAG + 3 * STEP + 1)

    assert look.stamp_ns == START + 3 * STEP
    assert [header_stamp_ns(d) for d in look.depths] == [START + i * STEP for i in (3, 2, 1, 0)]
    assert look.info is not None
    assert look.info.topic.name == '/camera_info'


def test_a_look_is_found_by_its_stamp_however_far_the_clocks_are_apart(bag_of: BagOf) -> None:
    looks = looks_of(bag_of(stream()))

    assert looks.stamped(START + 7 * STEP).time_ns == START + LAG + 7 * STEP
    with pytest.raises(Refusal, match=r'no image of .* has the stamp') as caught:
        looks.stamped(START + 7)
    assert caught.value.outcome is Outcome.NO_FRAME


def test_before_the_first_image_there_is_no_frame(bag_of: BagOf) -> None:
    looks = looks_of(bag_of(stream()))

    with pytest.raises(Refusal, match=r'the first came 0\.500 s later'):
        looks.at(looks.first_ns - SECOND // 2)


def test_depth_of_another_moment_is_no_depth(bag_of: BagOf) -> None:
    bag = bag_of(stream(1, depth_late_ns=SECOND // 5))

    with pytest.raises(Refusal, match=r'the nearest is 0\.200 s apart') as caught:
        looks_of(bag).at(START + LAG)

    assert caught.value.outcome is Outcome.NO_DEPTH


def test_a_bag_without_depth_or_camera_info_still_shows_its_images(bag_of: BagOf) -> None:
    entries = [e for e in stream(2) if e.topic == '/image_raw']

    look = looks_of(bag_of(entries)).at(START + LAG + SECOND)

    assert (look.depths, look.info, look.stamp_ns) == ((), None, START + STEP)


def test_moments_are_told_at_a_distance(bag_of: BagOf) -> None:
    looks = looks_of(bag_of(stream()))

    assert list(looks.times(every_ns=3 * STEP)) == [START + LAG + i * STEP for i in (0, 3, 6, 9)]


def test_transforms_around_any_moment_are_read_in_any_order(bag_of: BagOf) -> None:
    entries = [tf_entry('/tf_static', START, 'hand', 'camera', 1.0)]
    entries += [tf_entry('/tf', START + i * SECOND, 'base', 'hand', float(i)) for i in range(60)]
    recorded = RecordedTransforms(bag_of(entries), Decoder())

    for second in (50.5, 3.25, 30.0, 5.5):
        stamp_ns = START + round(second * SECOND)
        found = recorded.around(stamp_ns).between('base', 'camera', stamp_ns)
        np.testing.assert_allclose(found[:3, 3], (second + 1, 0, 0), atol=1e-6)
    assert recorded.unreadable == 0


def test_what_is_no_transform_is_counted_and_left_out(bag_of: BagOf) -> None:
    good = tf_entry('/tf', START, 'base', 'hand', 1.0)
    bad = tf_entry('/tf', START, 'base', 'base', 1.0)
    short = good._replace(data=good.data[:30])
    recorded = RecordedTransforms(bag_of([bad, short, good]), Decoder())

    assert recorded.around(START).frames == ('base', 'hand')
    assert recorded.unreadable == 2


def test_instructions_are_told_where_no_plan_was_recorded(bag_of: BagOf) -> None:
    entries = [
        entry('/instruction', START, String(data='pick the cube')),
        entry('/chatter', START, String(data='hello')),
    ]

    (asked,) = live_plans(bag_of(entries), Decoder())

    assert (asked.instruction, asked.time_ns, asked.plan) == ('pick the cube', START, None)


def test_a_plan_is_told_once_however_often_feedback_repeats_it(bag_of: BagOf) -> None:
    plan = Plan(
        'pick the cube', steps=(Step(Skill.PICK, Target('red cube', confidence=0.5)),), plan_id='a'
    )
    empty, known = FeedbackMessage(), FeedbackMessage()
    known.feedback.plan = plan_message(plan)
    other = plan_message(replace(plan, plan_id='b', stamp_ns=START))
    entries = [feedback(START + i, message) for i, message in enumerate((empty, known, known))]
    entries.append(entry('/plan', START + 5, other))

    first, second = live_plans(bag_of(entries), Decoder())

    assert (first.time_ns, first.plan) == (START + 1, plan)
    assert second.plan is not None
    assert second.plan.stamp_ns == START


def feedback(time_ns: int, message: FeedbackMessage) -> Entry:
    return Entry('/execute_instruction/_action/feedback', FEEDBACK, time_ns, raw(message))


def test_a_plan_that_cannot_be_read_is_refused(bag_of: BagOf) -> None:
    item = entry('/plan', START, plan_message(Plan('pick the cube')))

    with pytest.raises(Refusal, match="a message of '/plan'"):
        list(live_plans(bag_of([item._replace(data=item.data[:40])]), Decoder()))
