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

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.executive import Executive, Progress, Report
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Plan, Step, Target

PICK = Step(Skill.PICK, Target('cube'))
PLACE = Step(Skill.PLACE, Target('bowl'), relation=Relation.IN)
MISSED = Verdict(Outcome.GRASP_FAILED, 'the gripper closed on nothing')


@dataclass
class Hands:
    """Hands that write down what they are asked, and fail where they are told to."""

    steps: tuple[Step, ...] = (PICK, PLACE)
    fails: dict[int, Verdict] = field(default_factory=dict)  # how many-th step -> how it ends
    gate: Verdict = OK
    asks: bool = False  # an operator
    refusal: Refusal | None = None
    done: list[str] = field(default_factory=list)

    def plan(self, instruction: str, cancel: CancelToken) -> Plan:
        self.done.append('plan')
        if self.refusal is not None:
            raise self.refusal
        return Plan(instruction, steps=self.steps)

    def admit(
        self, plan: Plan, cancel: CancelToken, *, on_wait: Callable[[float], None]
    ) -> Verdict:
        self.done.append('gate')
        if self.asks:
            on_wait(60.0)
        return self.gate

    def execute(
        self, step: Step, cancel: CancelToken, *, on_phase: Callable[[str], None]
    ) -> Verdict:
        on_phase('approach')
        self.done.append(f'{step.skill.name.lower()} {step.target.label}')
        executed = sum(' ' in entry for entry in self.done)
        return self.fails.get(executed, OK)

    def go_home(self, cancel: CancelToken) -> Verdict:
        self.done.append('home')
        return OK


def run(hands: Hands, *, replans: int = 1, cancel: CancelToken | None = None) -> Report:
    executive = Executive(hands, replans=replans, go_home=True)
    return executive.run('put it in', cancel or CancelToken(), on_progress=lambda _: None)


def test_an_instruction_is_planned_checked_carried_out_and_the_arm_goes_home() -> None:
    hands = Hands()

    report = run(hands)

    assert report.verdict.ok
    assert report.steps_done == 2
    assert hands.done == ['plan', 'gate', 'pick cube', 'place bowl', 'home']


def test_nothing_moves_when_the_gate_refuses() -> None:
    hands = Hands(gate=Verdict(Outcome.KEEP_OUT, 'too near'))

    assert run(hands).verdict.outcome is Outcome.KEEP_OUT
    assert hands.done == ['plan', 'gate']


def test_nothing_moves_when_nobody_plans() -> None:
    hands = Hands(refusal=Refusal(Outcome.MODEL_ERROR, 'no vlm_node'))

    assert run(hands).verdict == Verdict(Outcome.MODEL_ERROR, 'no vlm_node')
    assert hands.done == ['plan']


def test_a_missed_grasp_is_planned_anew_after_the_arm_has_left_the_view() -> None:
    hands = Hands(fails={1: MISSED})

    assert run(hands).verdict.ok
    assert hands.done == [
        *('plan', 'gate', 'pick cube', 'home'),
        *('plan', 'gate', 'pick cube', 'place bowl', 'home'),
    ]


def test_a_grasp_that_is_missed_every_time_ends_after_the_replans() -> None:
    hands = Hands(fails={1: MISSED, 2: MISSED, 3: MISSED})

    assert run(hands, replans=2).verdict == MISSED
    assert hands.done.count('plan') == 3


def test_what_was_done_before_a_missed_grasp_is_not_done_again() -> None:
    ball = Step(Skill.PICK, Target('ball'))
    plate = Step(Skill.PLACE, Target('plate'), relation=Relation.ON)
    hands = Hands(steps=(PICK, PLACE, ball, plate), fails={3: MISSED})

    report = run(hands)

    assert report.steps_done == 4
    assert hands.done.count('pick cube') == 1
    assert hands.done[-4:] == ['gate', 'pick ball', 'place plate', 'home']


def test_a_thing_that_was_lost_on_the_way_is_picked_again() -> None:
    hands = Hands(fails={2: MISSED})

    assert run(hands).verdict.ok
    assert hands.done.count('pick cube') == 2


def test_other_failures_are_not_tried_again() -> None:
    hands = Hands(fails={1: Verdict(Outcome.CONTROLLER_FAILED, 'stuck')})

    assert run(hands).verdict.outcome is Outcome.CONTROLLER_FAILED
    assert hands.done == ['plan', 'gate', 'pick cube', 'home']


def test_an_arm_that_was_told_to_stop_does_not_go_home() -> None:
    cancel = CancelToken()
    hands = Hands(fails={1: Verdict(Outcome.CANCELED, 'stopped')})
    cancel.cancel('stopped')

    assert run(hands, cancel=cancel).verdict.outcome is Outcome.CANCELED
    assert 'home' not in hands.done


def test_an_arm_that_was_stopped_goes_home_before_the_next_look() -> None:
    cancel = CancelToken()
    hands = Hands(fails={1: Verdict(Outcome.CANCELED, 'stopped')})
    executive = Executive(hands, replans=1, go_home=True)
    cancel.cancel('stopped')
    executive.run('put it in', cancel, on_progress=lambda _: None)
    hands.done.clear()

    executive.run('put it in', CancelToken(), on_progress=lambda _: None)

    assert hands.done[:2] == ['home', 'plan']


def test_progress_names_stage_step_and_phase() -> None:
    seen: list[Progress] = []
    Executive(Hands(), replans=0, go_home=False).run(
        'put it in', CancelToken(), on_progress=seen.append
    )

    assert [(p.stage, p.step, p.phase) for p in seen] == [
        ('plan', 0, ''),
        ('gate', 0, ''),
        ('execute', 0, ''),
        ('execute', 0, 'approach'),
        ('execute', 1, ''),
        ('execute', 1, 'approach'),
        ('done', 0, ''),
    ]


def test_progress_says_that_an_operator_is_waited_for_and_that_nothing_was_done() -> None:
    seen: list[Progress] = []
    hands = Hands(asks=True, gate=Verdict(Outcome.NOT_APPROVED, 'nobody came'))

    Executive(hands, replans=0, go_home=False).run(
        'put it in', CancelToken(), on_progress=seen.append
    )

    stages = [(p.stage, p.phase) for p in seen]
    assert stages == [('plan', ''), ('gate', ''), ('approval', '60 s'), ('ended', '')]
