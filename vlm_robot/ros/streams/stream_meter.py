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

"""How well a stream arrives: rates, delay, and what is wrong with them. Pure; no ROS here."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WINDOW_S = 10.0
"""What a health is about: the arrivals within this time before the last one."""

_FEW = 0.7  # a delivered share below this is worth a warning
_ENOUGH = 10  # published messages that a share is told from
_SILENT_S = 2.0  # or three periods, where those are longer
_EARLY_S = -0.05  # clocks that are synchronised agree better than that
_LATE_S = 5.0
_LARGE = 65_000  # bytes, about what one UDP packet holds


@dataclass(frozen=True)
class Arrival:
    """One message, as the middleware handed it over."""

    publisher: bytes  # empty where the middleware does not say
    sequence: int | None  # of the publisher, None where the middleware does not say
    sent_ns: int  # by the publisher's system clock, 0 where the middleware does not say
    received_ns: int  # by this system's clock
    stamp_ns: int | None = None  # of the header, None without one
    age_ns: int | None = None  # from the stamp until it was received, in ROS time
    size: int = 0  # bytes of its `data`
    lost: int | None = 0  # of the stream until now, None where the middleware does not say
    replayed: bool = False  # of a latching publisher, sent before there was a subscription


@dataclass(frozen=True)
class Stream:
    """What is known of a stream apart from its messages."""

    topic: str
    type: str
    publishers: int
    reliable: bool = False  # the subscription
    latched: bool = False  # the subscription; silence is no fault then
    optional: bool = False  # that nobody ever published is no fault then
    cure: str = ''  # of large messages that the middleware drops, with the cause


@dataclass(frozen=True)
class StreamHealth:
    """What arrives of a stream; NaN where unknown."""

    topic: str
    type: str
    rate_hz: float  # delivered
    published_hz: float
    latency_s: float  # from the header's stamp until the message was received, median
    publishers: int
    finding: str  # what is wrong and the cure, empty where nothing is

    @property
    def silent(self) -> bool:
        """Whether nothing comes although something should."""
        return self.rate_hz == 0.0


def measure(stream: Stream, arrivals: Sequence[Arrival], now_ns: int) -> StreamHealth:
    """
    Return how well a stream arrives.

    Sequence numbers tell what was published; without them the period of the stamps does. What was
    lost of it the middleware tells: what arrived and nobody took in time is not lost.

    :param arrivals: in the order in which they were taken; only the last ones count.
    :param now_ns: of this system's clock; nothing has arrived since the last of the arrivals.
    """
    recent = _recent(arrivals)
    live = [arrival for arrival in recent if not arrival.replayed]
    pairs = list(_pairs(live))
    published_hz = _published_hz(pairs, one=stream.publishers <= 1)
    rate_hz = _delivered_hz(published_hz, live)
    since_s = (now_ns - recent[-1].received_ns) * 1e-9 if recent else math.inf
    if _is_silent(stream, rate_hz if rate_hz > 0 else published_hz, since_s, heard=bool(recent)):
        rate_hz = published_hz = 0.0 if recent or stream.publishers else math.nan
        findings = [_silence(stream, since_s)]
    else:
        published = _published(pairs)
        findings = [_loss(stream, rate_hz, published_hz, published, live), _clocks(stream, live)]
    finding = '; '.join(filter(None, findings))
    latency_s = _median(arrival.age_ns for arrival in live)
    return StreamHealth(
        stream.topic, stream.type, rate_hz, published_hz, latency_s, stream.publishers, finding
    )


def _recent(arrivals: Sequence[Arrival]) -> list[Arrival]:
    if not arrivals:
        return []
    first_ns = arrivals[-1].received_ns - round(WINDOW_S * 1e9)
    return [arrival for arrival in arrivals if arrival.received_ns >= first_ns]


def _pairs(arrivals: Iterable[Arrival]) -> Iterator[tuple[Arrival, Arrival]]:
    """Yield what was taken one after the other from one publisher, while it did not restart."""
    last: dict[bytes, Arrival] = {}
    for arrival in arrivals:
        before = last.get(arrival.publisher)
        if before is not None and _step(before, arrival) > 0:
            yield before, arrival
        last[arrival.publisher] = arrival


def _step(before: Arrival, after: Arrival) -> int:
    """Return how many messages were published from one to the other, 1 where unknown."""
    if before.sequence is None or after.sequence is None:
        return 1
    return after.sequence - before.sequence


def _published(pairs: Iterable[tuple[Arrival, Arrival]]) -> int:
    return sum(_step(*pair) for pair in pairs)


def _published_hz(pairs: Sequence[tuple[Arrival, Arrival]], *, one: bool) -> float:
    """
    Return the published rate, the sum of the publishers'.

    :param one: whether there is one publisher: several that cannot be told apart have no known
        sequence.
    """
    by_publisher = defaultdict(list)
    for pair in pairs:
        by_publisher[pair[0].publisher].append(pair)
    if not by_publisher or (not one and b'' in by_publisher):
        return math.nan
    return sum(_published_by_one_hz(own) for own in by_publisher.values())


def _published_by_one_hz(pairs: Sequence[tuple[Arrival, Arrival]]) -> float:
    if any(arrival.sequence is None for pair in pairs for arrival in pair):
        return _stamped_hz(pairs)
    sent_ns = sum(after.sent_ns - before.sent_ns for before, after in pairs)
    received_ns = sum(after.received_ns - before.received_ns for before, after in pairs)
    return _hz(_published(pairs), sent_ns if sent_ns > 0 else received_ns)


def _delivered_hz(published_hz: float, arrivals: Sequence[Arrival]) -> float:
    """
    Return what is left of the published rate after losses; NaN where those are not told.

    It is at least the rate of what was taken, lest a loss be counted for each of its fragments.
    """
    if not arrivals or arrivals[0].lost is None or arrivals[-1].lost is None:
        return math.nan
    span_ns = arrivals[-1].received_ns - arrivals[0].received_ns
    if not published_hz > 0 or span_ns <= 0:
        return math.nan
    left_hz = published_hz - _hz(arrivals[-1].lost - arrivals[0].lost, span_ns)
    return min(published_hz, max(left_hz, _hz(len(arrivals) - 1, span_ns)))


def _stamped_hz(pairs: Sequence[tuple[Arrival, Arrival]]) -> float:
    """Return the rate that the closest stamps tell, a few outliers aside."""
    gaps = [_gap_ns(before, after) for before, after in pairs]
    positive = sorted(gap for gap in gaps if gap > 0)
    return _hz(1, positive[len(positive) // 5]) if positive else math.nan


def _gap_ns(before: Arrival, after: Arrival) -> int:
    if before.stamp_ns is None or after.stamp_ns is None:
        return 0
    return after.stamp_ns - before.stamp_ns


def _hz(count: int, span_ns: int) -> float:
    return count / (span_ns * 1e-9) if span_ns > 0 else math.nan


def _is_silent(stream: Stream, rate_hz: float, since_s: float, *, heard: bool) -> bool:
    if stream.latched and heard and stream.publishers:
        return False
    period_s = 1.0 / rate_hz if rate_hz > 0 else 0.0
    return since_s > max(_SILENT_S, 3.0 * period_s)


def _silence(stream: Stream, since_s: float) -> str:
    who = 'nobody publishes' if not stream.publishers else _count(stream.publishers)
    if math.isinf(since_s):
        if stream.optional and not stream.publishers:
            return ''
        return f'nothing has arrived on {stream.topic!r}: {who}'
    return f'nothing has arrived on {stream.topic!r} for {since_s:.1f} s: {who}'


def _count(publishers: int) -> str:
    return f'{publishers} publisher{"s" if publishers > 1 else ""} known'


def _loss(
    stream: Stream,
    rate_hz: float,
    published_hz: float,
    published: int,
    arrivals: Sequence[Arrival],
) -> str:
    if not (published >= _ENOUGH and rate_hz < _FEW * published_hz):
        return ''
    figures = f'{rate_hz:.1f} of {published_hz:.1f} Hz arrive on {stream.topic!r}'
    large = statistics.median(arrival.size for arrival in arrivals) > _LARGE
    cause = stream.cure if large and stream.cure else 'the network or a process is too slow'
    if stream.reliable:
        less = 'publish less, or compressed' if large else 'publish less'
        return f'{figures} although it is reliable: {cause}; or {less}'
    return f'{figures}: {cause}; or publish it reliable'


def _clocks(stream: Stream, arrivals: Sequence[Arrival]) -> str:
    if not arrivals:
        return ''
    if all(arrival.stamp_ns == 0 for arrival in arrivals):
        return f'the stamps on {stream.topic!r} are zero: the driver has to stamp its messages'
    sent = (arrival.received_ns - arrival.sent_ns for arrival in arrivals if arrival.sent_ns)
    way_s = _median(sent)
    if way_s < _EARLY_S or way_s > _LATE_S:
        return (
            f'messages on {stream.topic!r} arrive {_offset(way_s)} they were sent: '
            "the machines' clocks differ; synchronise them (NTP or PTP)"
        )
    age_s = _median(arrival.age_ns for arrival in arrivals)
    if age_s < _EARLY_S or age_s > _LATE_S:
        return (
            f'messages on {stream.topic!r} arrive {_offset(age_s)} their stamp: they are stamped '
            "by another clock than this node's; check the driver's clock and use_sim_time"
        )
    return ''


def _offset(seconds: float) -> str:
    return f'{abs(seconds):.3g} s {"before" if seconds < 0 else "after"}'


def _median(values_ns: Iterable[int | None]) -> float:
    """Return the median in seconds, NaN of nothing."""
    known = [value for value in values_ns if value is not None]
    return statistics.median(known) * 1e-9 if known else math.nan
