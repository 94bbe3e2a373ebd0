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

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rclpy.duration import Duration, Infinite
from rclpy.qos import (
    DurabilityPolicy,
    LivelinessPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)

from vlm_robot.ros.qos import COMMAND, SENSOR, STATE
from vlm_robot.ros.streams.qos_matching import (
    Misfit,
    cure,
    matching_profile,
    misfits,
    profile_words,
)

pytestmark = pytest.mark.ros

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
LATCHED, VOLATILE = DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE

reliabilities = st.sampled_from([RELIABLE, BEST_EFFORT])
durabilities = st.sampled_from([LATCHED, VOLATILE])
livelinesses = st.sampled_from([LivelinessPolicy.AUTOMATIC, LivelinessPolicy.MANUAL_BY_TOPIC])
durations = st.one_of(
    st.integers(1, 20).map(lambda tenths: Duration(nanoseconds=tenths * 10**8)), st.just(Infinite)
)
profiles = st.builds(
    QoSProfile,
    depth=st.integers(1, 10),
    reliability=reliabilities,
    durability=durabilities,
    deadline=durations,
    liveliness=livelinesses,
    liveliness_lease_duration=durations,
)


def profile(reliability: ReliabilityPolicy, durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(depth=5, reliability=reliability, durability=durability)


def changed(profile: QoSProfile, like: QoSProfile, found: tuple[Misfit, ...]) -> QoSProfile:
    """Return a profile with the policies of misfits taken over from another."""
    names = ('reliability', 'durability', 'deadline', 'liveliness', 'liveliness_lease_duration')
    wrong = {misfit.policy.replace(' lease', '_lease_duration') for misfit in found}
    policies = {name: getattr(like if name in wrong else profile, name) for name in names}
    return QoSProfile(depth=profile.depth, **policies)


@given(offered=profiles, requested=profiles)
def test_a_misfit_is_found_just_where_the_middleware_refuses(
    offered: QoSProfile, requested: QoSProfile
) -> None:
    verdict, _ = qos_check_compatible(offered, requested)
    assert bool(misfits(offered, requested)) == (verdict == QoSCompatibility.ERROR)


@given(offered=profiles, requested=profiles)
def test_changing_just_the_policies_that_are_named_cures_on_either_side(
    offered: QoSProfile, requested: QoSProfile
) -> None:
    found = misfits(offered, requested)
    assume(found)
    assert misfits(changed(offered, requested, found), requested) == ()
    assert misfits(offered, changed(requested, offered, found)) == ()


@given(offers=st.lists(profiles, max_size=5))
def test_the_matching_profile_hears_every_publisher(offers: list[QoSProfile]) -> None:
    chosen = matching_profile(offers, SENSOR)
    assert all(misfits(offer, chosen) == () for offer in offers)
    assert chosen.depth == SENSOR.depth


@given(
    offers=st.lists(profiles, min_size=1, max_size=5),
    stronger=st.sampled_from(['reliability', 'durability']),
)
def test_no_stronger_profile_would_hear_every_publisher(
    offers: list[QoSProfile], stronger: str
) -> None:
    chosen = matching_profile(offers, SENSOR)
    asked = QoSProfile(
        depth=5,
        reliability=RELIABLE if stronger == 'reliability' else chosen.reliability,
        durability=LATCHED if stronger == 'durability' else chosen.durability,
    )
    if asked == chosen:
        return
    assert any(misfits(offer, asked) for offer in offers)


def test_without_publishers_the_profile_stays_as_it_is() -> None:
    assert matching_profile([], SENSOR) == SENSOR
    assert matching_profile([], STATE) == STATE


@pytest.mark.parametrize('reliability', [RELIABLE, BEST_EFFORT])
@pytest.mark.parametrize('durability', [LATCHED, VOLATILE])
def test_one_publisher_is_asked_for_just_what_it_offers(
    reliability: ReliabilityPolicy, durability: DurabilityPolicy
) -> None:
    offer = profile(reliability, durability)
    assert matching_profile([offer], SENSOR) == offer


def test_a_profile_that_nobody_knows_is_asked_for_nothing() -> None:
    unknown = profile(ReliabilityPolicy.UNKNOWN, DurabilityPolicy.SYSTEM_DEFAULT)
    assert matching_profile([unknown], SENSOR) == profile(BEST_EFFORT, VOLATILE)


def test_the_cure_names_every_policy_that_is_too_weak() -> None:
    weak = QoSProfile(depth=1, reliability=BEST_EFFORT, durability=VOLATILE)
    strong = QoSProfile(
        depth=1,
        reliability=RELIABLE,
        durability=LATCHED,
        deadline=Duration(nanoseconds=10**8),
        liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
        liveliness_lease_duration=Duration(seconds=2),
    )
    found = misfits(weak, strong)
    assert cure(found, publisher=True) == (
        'publish with reliability reliable and durability transient_local and a deadline of at '
        'most 0.1 s and liveliness manual_by_topic and a liveliness lease of at most 2 s'
    )
    assert cure(found, publisher=False) == (
        'subscribe with reliability best_effort and durability volatile and no deadline '
        'and liveliness automatic and no liveliness lease'
    )


def test_words_of_a_profile_leave_out_what_is_default() -> None:
    assert profile_words(COMMAND) == 'RELIABLE, VOLATILE'
    strict = QoSProfile(
        depth=1,
        reliability=BEST_EFFORT,
        deadline=Duration(nanoseconds=10**8),
        liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
        liveliness_lease_duration=Duration(seconds=2),
    )
    assert profile_words(strict) == (
        'BEST_EFFORT, VOLATILE, deadline 0.1 s, liveliness MANUAL_BY_TOPIC, lease 2 s'
    )
