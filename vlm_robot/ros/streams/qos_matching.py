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

"""Which profiles fit each other, what to ask of given publishers, and what mends a misfit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rclpy.duration import Duration, Infinite
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy


@dataclass(frozen=True)
class Misfit:
    """A policy in which an offer is weaker than a request: no message passes."""

    policy: str
    publish: str  # what the publisher may do about it
    subscribe: str  # what the subscription may do instead


def matching_profile(offers: Sequence[QoSProfile], idle: QoSProfile) -> QoSProfile:
    """
    Return the strongest profile that hears every publisher; deadline and liveliness are not asked.

    :param offers: of the publishers; unknown and default policies count as weak.
    :param idle: for when there are none; the depth is always its.
    """
    if not offers:
        return idle
    reliable = all(o.reliability == ReliabilityPolicy.RELIABLE for o in offers)
    latched = all(o.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers)
    return QoSProfile(
        history=idle.history,
        depth=idle.depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def misfits(offered: QoSProfile, requested: QoSProfile) -> tuple[Misfit, ...]:
    """Return the policies that keep a publisher and a subscription apart (DDS 1.4, 2.2.3)."""
    found = (
        _reliability(offered, requested),
        _durability(offered, requested),
        _period('deadline', offered.deadline, requested.deadline),
        _liveliness(offered, requested),
        _period(
            'liveliness lease',
            offered.liveliness_lease_duration,
            requested.liveliness_lease_duration,
        ),
    )
    return tuple(misfit for misfit in found if misfit is not None)


def profile_words(profile: QoSProfile) -> str:
    """Return what a profile says about matching; what is default is left out."""
    words = [profile.reliability.name, profile.durability.name]
    if math.isfinite(_seconds(profile.deadline)):
        words.append(f'deadline {_seconds(profile.deadline):g} s')
    if profile.liveliness == LivelinessPolicy.MANUAL_BY_TOPIC:
        words.append(f'liveliness {profile.liveliness.name}')
    if math.isfinite(_seconds(profile.liveliness_lease_duration)):
        words.append(f'lease {_seconds(profile.liveliness_lease_duration):g} s')
    return ', '.join(words)


def cure(found: Iterable[Misfit], *, publisher: bool) -> str:
    """Return what to do, in words; by the publisher or else by the subscription."""
    if publisher:
        return f'publish with {" and ".join(misfit.publish for misfit in found)}'
    return f'subscribe with {" and ".join(misfit.subscribe for misfit in found)}'


def _reliability(offered: QoSProfile, requested: QoSProfile) -> Misfit | None:
    if requested.reliability != ReliabilityPolicy.RELIABLE:
        return None
    if offered.reliability != ReliabilityPolicy.BEST_EFFORT:
        return None
    return Misfit('reliability', 'reliability reliable', 'reliability best_effort')


def _durability(offered: QoSProfile, requested: QoSProfile) -> Misfit | None:
    if requested.durability != DurabilityPolicy.TRANSIENT_LOCAL:
        return None
    if offered.durability != DurabilityPolicy.VOLATILE:
        return None
    return Misfit('durability', 'durability transient_local', 'durability volatile')


def _liveliness(offered: QoSProfile, requested: QoSProfile) -> Misfit | None:
    if requested.liveliness != LivelinessPolicy.MANUAL_BY_TOPIC:
        return None
    if offered.liveliness not in (LivelinessPolicy.AUTOMATIC, LivelinessPolicy.SYSTEM_DEFAULT):
        return None
    return Misfit('liveliness', 'liveliness manual_by_topic', 'liveliness automatic')


def _period(policy: str, offered: Duration, requested: Duration) -> Misfit | None:
    offered_s, requested_s = _seconds(offered), _seconds(requested)
    if offered_s <= requested_s:
        return None
    least = (
        f'a {policy} of at least {offered_s:g} s' if math.isfinite(offered_s) else f'no {policy}'
    )
    return Misfit(policy, f'a {policy} of at most {requested_s:g} s', least)


def _seconds(duration: Duration) -> float:
    """Return a period's length; neither zero, ROS's default, nor infinity is a bound."""
    endless = duration.nanoseconds in (0, Infinite.nanoseconds)
    return math.inf if endless else duration.nanoseconds * 1e-9
