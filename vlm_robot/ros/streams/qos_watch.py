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

"""Finds publishers and subscriptions that a node cannot talk to, and names the cure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.exceptions import InvalidHandle
from rclpy.topic_endpoint_info import TopicEndpointInfo

from vlm_robot.ros.streams.diagnostics import status
from vlm_robot.ros.streams.endpoints import owner_name, type_name
from vlm_robot.ros.streams.qos_matching import cure, misfits, profile_words

if TYPE_CHECKING:
    from rclpy.node import Node

_NOT_OURS = ('/rosout', '/parameter_events')


@dataclass(frozen=True)
class Mismatch:
    """Somebody on the graph that one of a node's endpoints cannot match."""

    topic: str
    who: tuple[int, ...]  # global id of the other endpoint
    sentence: str


class QosWatch:
    """
    Tells of mismatches as long as they last; each is logged once.

    :param node: all of whose publishers and subscriptions to topics are watched.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._before: set[Mismatch] = set()
        self._logged: set[Mismatch] = set()

    def statuses(self) -> list[DiagnosticStatus]:
        """Look at the graph and return one status."""
        found = sorted(mismatches(self._node), key=lambda each: each.sentence)
        self._log(set(found))
        name = f'{self._node.get_name()}: qos'
        if not found:
            return [status(DiagnosticStatus.OK, name, 'every endpoint matches', {})]
        more = f' (and {len(found) - 1} more)' if len(found) > 1 else ''
        values = {f'{number} {each.topic}': each.sentence for number, each in enumerate(found, 1)}
        return [status(DiagnosticStatus.WARN, name, found[0].sentence + more, values)]

    def _log(self, found: set[Mismatch]) -> None:
        """Log what is there a second time: at first an endpoint has no node."""
        self._logged &= found
        for each in (found & self._before) - self._logged:
            self._node.get_logger().warning(each.sentence)
            self._logged.add(each)
        self._before = found


def mismatches(node: Node) -> Iterator[Mismatch]:
    """Yield who on the graph cannot talk to a node although they share a topic."""
    for subscription in tuple(node.subscriptions):
        yield from _of(node, subscription, publisher=True)
    for publisher in tuple(node.publishers):
        yield from _of(node, publisher, publisher=False)


def _of(node: Node, own: Any, *, publisher: bool) -> Iterator[Mismatch]:
    """
    Yield the mismatches of one endpoint.

    :param publisher: whether the others are publishers.
    """
    try:
        topic = own.topic_name
    except InvalidHandle:  # it was destroyed meanwhile
        return
    if topic in _NOT_OURS:
        return
    ask = node.get_publishers_info_by_topic if publisher else node.get_subscriptions_info_by_topic
    for other in ask(own.topic):
        sentence = _sentence(node.get_fully_qualified_name(), own, other, publisher=publisher)
        if sentence:
            yield Mismatch(topic, tuple(other.endpoint_gid), sentence)


def _sentence(me: str, own: Any, other: TopicEndpointInfo, *, publisher: bool) -> str:
    who = owner_name(other) or 'of a program without a node'
    role = 'publisher' if publisher else 'subscription'
    topic = own.topic_name
    if other.topic_type != type_name(own.msg_type):
        return (
            f'{role} {who} of {topic!r} has type {other.topic_type}, {me} has '
            f'{type_name(own.msg_type)}: remap one of them'
        )
    theirs, ours = other.qos_profile, own.qos_profile
    found = misfits(theirs, ours) if publisher else misfits(ours, theirs)
    if not found:
        return ''
    verbs = ('offers', 'requests') if publisher else ('requests', 'offers')
    return (
        f'{role} {who} of {topic!r} {verbs[0]} {profile_words(theirs)}; {me} {verbs[1]} '
        f'{profile_words(ours)}: {cure(found, publisher=publisher)}'
    )
