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

"""What is said aloud about outcomes, plans and questions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.reading import ask_back
from vlm_robot.speech.sentences import (
    MAX_CHARACTERS,
    SENTENCES,
    approval_question,
    did_you_mean,
    is_speakable,
    outcome_sentence,
    speakable_label,
    summary,
)

STOP_LIKE = re.compile(r'\b(stop|halt|freeze|top|tops|laptop|drop|shop)\w*\b', re.IGNORECASE)
MESSAGES = st.one_of(
    st.text(max_size=200),
    st.from_regex(r"I see nothing that fits '[a-z ]{0,60}'", fullmatch=True),
    st.from_regex(
        r'I see [0-9]{1,5} things like that, each a [a-z ]{1,80}: which one do you mean'
    ),
    st.from_regex(r'do you mean [a-z ,]{1,200}\?', fullmatch=True),
)


def sounds_right(said: str) -> bool:
    return (
        0 < len(said) <= MAX_CHARACTERS
        and not STOP_LIKE.search(said)
        and not re.search(r'[\d/\\_{}()\[\]<>:;=*#|]|\.\w', said)
    )


def pick(label: str) -> Step:
    return Step(Skill.PICK, Target(label))


def place(label: str, relation: Relation = Relation.IN) -> Step:
    return Step(Skill.PLACE, Target(label), relation)


@pytest.mark.parametrize('outcome', Outcome)
def test_every_outcome_has_a_sentence_with_and_without_a_thing(outcome: Outcome) -> None:
    assert all(sounds_right(sentence.format('red cube')) for sentence in SENTENCES[outcome])
    assert all(is_speakable(sentence.format('red cube')) for sentence in SENTENCES[outcome])


@given(st.sampled_from(Outcome), MESSAGES, st.text(max_size=60))
def test_whatever_a_message_holds_what_is_said_is_short_and_holds_no_stop_word(
    outcome: Outcome, message: str, thing: str
) -> None:
    assert sounds_right(outcome_sentence(outcome, message, thing=thing))


@given(st.text(max_size=300))
def test_whatever_was_heard_the_questions_are_short_and_hold_no_stop_word(text: str) -> None:
    assert sounds_right(did_you_mean(text))
    assert sounds_right(approval_question(text))
    assert sounds_right(approval_question('x', [pick(text), place(text)]))


@pytest.mark.parametrize(
    ('outcome', 'message', 'said'),
    [
        (Outcome.OK, '', 'done'),
        (
            Outcome.NOT_FOUND,
            "I see nothing that fits 'purple dragon'",
            'I see no purple dragon',
        ),
        (Outcome.NOT_FOUND, 'the model sees nothing like that', 'I do not see that'),
        (Outcome.NOT_FOUND, "I see nothing that fits 'laptop'", 'I do not see that'),
        (
            Outcome.LOW_CONFIDENCE,
            "the confidence in 'red cube' is 0.31, which is not within 0.5 to 1",
            'I am not sure which one is the red cube',
        ),
        (
            Outcome.UNREACHABLE,
            'the arm cannot reach (0.90, 0.10, 0.05) m to grasp: a singularity of elbow',
            'I cannot reach that',
        ),
        (
            Outcome.UNREACHABLE,
            'there is no free spot of 9 cm next to the bowl, in the workspace and in view',
            'there is no room for it there',
        ),
        (
            Outcome.NO_GRASP,
            "'red cube' is 0.12 m wide, the gripper takes at most 0.08 m",
            'I cannot grasp the red cube',
        ),
        (Outcome.GRASP_FAILED, 'missed the red cube', 'I could not grasp the red cube'),
        (Outcome.GRASP_FAILED, 'cannot place: the gripper is empty', 'I could not grasp it'),
        (Outcome.UNREACHABLE, "'approach' has no pose: no solution", 'I cannot reach that'),
        (Outcome.MODEL_ERROR, '/opt/model.bin: 0x1', 'something went wrong while I was thinking'),
    ],
)
def test_a_message_for_the_screen_becomes_a_sentence_for_the_ear(
    outcome: Outcome, message: str, said: str
) -> None:
    assert outcome_sentence(outcome, message) == said


@pytest.mark.parametrize(
    ('labels', 'said'),
    [
        (['red cube'] * 2, 'I see two red cubes, which one?'),
        (['wooden box'] * 3, 'I see three wooden boxes, which one?'),
        (['berry'] * 40, 'I see several berries, which one?'),
        (['red cube', 'blue cube'], 'do you mean the red cube or the blue cube?'),
        (['spinning top'] * 2, 'I see several things like that, which one?'),
    ],
)
def test_the_question_of_an_ambiguous_plan_is_asked_in_words(labels: list[str], said: str) -> None:
    plan = ask_back('take it', tuple(Target(label) for label in labels))
    assert outcome_sentence(Outcome.AMBIGUOUS, plan.verdict.message) == said


@pytest.mark.parametrize(
    ('steps', 'said'),
    [
        ([pick('red cube')], 'pick up the red cube'),
        ([pick('red cube'), place('bowl')], 'put the red cube in the bowl'),
        ([place('bowl', Relation.NEXT_TO)], 'put it next to the bowl'),
        ([pick('a'), pick('b')], 'pick up the thing and pick up the b'),
        (
            [Step(Skill.PUSH, Target('mug'), direction=Direction.LEFT)],
            'push the mug to the left',
        ),
        (
            [
                pick('ball'),
                Step(Skill.PLACE, Target('mug'), Relation.BETWEEN, other=Target('box')),
            ],
            'put the ball between the mug and the box',
        ),
        ([], ''),
    ],
)
def test_a_plan_is_said_as_an_instruction(steps: list[Step], said: str) -> None:
    assert summary(steps) == said


def test_approval_is_asked_about_the_plan_and_else_about_the_instruction() -> None:
    steps = [pick('red cube'), place('bowl')]
    assert approval_question('tidy up', steps) == 'shall I put the red cube in the bowl?'
    assert approval_question('Could you please tidy up!') == 'shall I tidy up?'
    assert approval_question('put it on top of the box') == 'shall I do that?'


def test_what_was_not_heard_well_is_asked_back() -> None:
    assert did_you_mean('push the mug left') == 'did you mean, push the mug left?'
    assert did_you_mean('') == 'I did not understand, please say it again'


@pytest.mark.parametrize('label', ['cube_01.stl', '42', '<b>', '', 'x' * 41, 'stop sign'])
def test_what_is_no_name_of_a_thing_is_not_said(label: str) -> None:
    assert speakable_label(label) == ''
