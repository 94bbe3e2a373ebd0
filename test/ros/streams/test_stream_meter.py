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

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.ros.streams.stream_meter import Arrival, Stream, StreamHealth, measure

CURE = 'start the publisher with a larger segment'
IMAGE = Stream('/image_raw', 'sensor_msgs/msg/Image', 1, cure=CURE)
START_NS = 1_700_000_000 * 10**9
SIZE = 640 * 480 * 3


def arrivals(
    sequences: Sequence[int],
    *,
    period_s: float = 1 / 30,
    way_s: float = 0.002,
    age_s: float = 0.01,
    publisher: bytes = b'a',
) -> list[Arrival]:
    """What was published at a rate, of which only some messages arrived."""
    way_ns, age_ns = round(way_s * 1e9), round(age_s * 1e9)
    sent = [START_NS + round((number - sequences[0]) * period_s * 1e9) for number in sequences]
    return [
        Arrival(
            publisher,
            number,
            sent_ns,
            sent_ns + way_ns,
            stamp_ns=sent_ns + way_ns - age_ns,
            age_ns=age_ns,
            size=SIZE,
            lost=number - sequences[0] - index,
        )
        for index, (number, sent_ns) in enumerate(zip(sequences, sent, strict=True))
    ]


def health(stream: Stream, got: Sequence[Arrival], *, after_s: float = 0.01) -> StreamHealth:
    last_ns = got[-1].received_ns if got else START_NS
    return measure(stream, got, last_ns + round(after_s * 1e9))


@given(
    rate_hz=st.floats(20.0, 500.0),
    first=st.integers(1, 10**6),
    gaps=st.lists(st.integers(1, 39), min_size=3, max_size=60),
)
def test_the_published_rate_is_told_whatever_share_arrives(
    rate_hz: float, first: int, gaps: list[int]
) -> None:
    sequences = [first + sum(gaps[:i]) for i in range(len(gaps))]
    got = arrivals(sequences, period_s=1 / rate_hz)
    found = health(IMAGE, got, after_s=0.1 / rate_hz)
    assert found.published_hz == pytest.approx(rate_hz, rel=1e-3)
    assert found.rate_hz <= found.published_hz * (1 + 1e-6)


@given(
    depth=st.integers(1, 10),
    half_received=st.integers(0, 2),
    looks=st.integers(3, 8),
    skipped=st.integers(0, 50),
)
def test_what_our_own_queue_overwrites_is_no_loss(
    depth: int, half_received: int, looks: int, skipped: int
) -> None:
    """Whatever a full queue drops, and whether or not some of its places are taken."""
    got: list[Arrival] = []
    every = depth + half_received + skipped
    for look in range(looks):
        got += arrivals([1 + look * every + number for number in range(depth)])
    whole = arrivals(range(1, 1 + looks * every))
    taken = {arrival.sequence for arrival in got}
    found = health(IMAGE, [replace(a, lost=0) for a in whole if a.sequence in taken])
    assert found.rate_hz == pytest.approx(30.0, rel=1e-3)
    assert found.published_hz == pytest.approx(30.0, rel=1e-3)
    assert found.finding == ''


@given(
    sequences=st.lists(st.integers(1, 300), min_size=2, max_size=60, unique=True),
    lost=st.lists(st.integers(0, 500), min_size=60, max_size=60),
    jitter_s=st.lists(st.floats(0.0, 0.2), min_size=60, max_size=60),
)
def test_no_more_is_delivered_than_published_whatever_bursts_it_comes_in(
    sequences: list[int], lost: list[int], jitter_s: list[float]
) -> None:
    got = [
        replace(a, received_ns=a.received_ns + round(late * 1e9), lost=total)
        for a, total, late in zip(
            arrivals(sorted(sequences)), sorted(lost), jitter_s, strict=False
        )
    ]
    found = health(IMAGE, got)
    assert math.isnan(found.rate_hz) or 0.0 <= found.rate_hz <= found.published_hz


def test_where_the_middleware_tells_no_losses_none_are_claimed() -> None:
    got = [replace(arrival, lost=None) for arrival in arrivals([30, 61, 92, 119])]
    found = health(IMAGE, got)
    assert math.isnan(found.rate_hz)
    assert found.published_hz == pytest.approx(30.0, rel=1e-3)
    assert found.finding == ''


def test_large_best_effort_messages_that_are_dropped_have_the_cause_and_cure_named() -> None:
    found = health(IMAGE, arrivals([30, 61, 92, 119]))
    assert found.rate_hz == pytest.approx(1.0, rel=0.05)
    assert found.published_hz == pytest.approx(30.0, rel=1e-3)
    assert found.finding == (
        f"1.0 of 30.0 Hz arrive on '/image_raw': {CURE}; or publish it reliable"
    )


def test_small_messages_that_are_dropped_are_not_blamed_on_their_size() -> None:
    small = [replace(arrival, size=200) for arrival in arrivals([30, 61, 92, 119])]
    finding = health(IMAGE, small).finding
    assert CURE not in finding
    assert 'publish it reliable' in finding


def test_a_reliable_stream_that_loses_is_not_told_to_be_reliable() -> None:
    got = arrivals([30, 61, 92, 119])
    finding = health(replace(IMAGE, reliable=True), got).finding
    assert f'although it is reliable: {CURE}; or publish less' in finding
    elsewhere = health(replace(IMAGE, reliable=True, cure=''), got).finding
    assert 'too slow; or publish less, or compressed' in elsewhere


def test_only_large_messages_are_to_be_published_compressed() -> None:
    small = [replace(arrival, size=200) for arrival in arrivals([30, 61, 92, 119])]
    assert health(replace(IMAGE, reliable=True), small).finding.endswith('; or publish less')


def test_a_slow_stream_that_arrives_whole_has_no_finding() -> None:
    found = health(IMAGE, arrivals(range(1, 8), period_s=1.5))
    assert found.rate_hz == pytest.approx(1 / 1.5)
    assert found.finding == ''


def test_without_sequence_numbers_the_stamps_tell_the_published_rate() -> None:
    kept = [number for number in range(60) if number % 5 < 2]
    got = [replace(arrival, sequence=None) for arrival in arrivals(kept)]
    found = health(IMAGE, got)
    assert found.published_hz == pytest.approx(30.0, rel=1e-3)
    assert found.rate_hz == pytest.approx(12.0, rel=0.05)
    assert CURE in found.finding


def test_the_rates_of_two_publishers_add_up() -> None:
    first, second = arrivals(range(1, 40)), arrivals(range(500, 539), publisher=b'b')
    mixed = [arrival for pair in zip(first, second, strict=True) for arrival in pair]
    found = health(replace(IMAGE, publishers=2), mixed)
    assert found.rate_hz == pytest.approx(60.0, rel=1e-3)
    assert found.published_hz == pytest.approx(60.0, rel=1e-3)


def test_publishers_that_cannot_be_told_apart_have_no_known_published_rate() -> None:
    first, second = arrivals(range(1, 40)), arrivals(range(500, 539))
    mixed = [arrival for pair in zip(first, second, strict=True) for arrival in pair]
    nameless = [replace(arrival, publisher=b'') for arrival in mixed]
    found = health(replace(IMAGE, publishers=2), nameless)
    assert math.isnan(found.published_hz)
    assert found.finding == ''


def test_a_publisher_that_starts_again_is_no_loss() -> None:
    before, after = arrivals(range(100, 120)), arrivals(range(1, 20))
    later = [
        replace(
            arrival, sent_ns=arrival.sent_ns + 10**10, received_ns=arrival.received_ns + 10**10
        )
        for arrival in after
    ]
    assert health(IMAGE, [*before, *later]).finding == ''


@pytest.mark.parametrize(
    ('publishers', 'words'), [(0, 'nobody publishes'), (1, '1 publisher'), (2, '2 publishers')]
)
def test_a_stream_that_ended_is_silent_and_says_for_how_long(publishers: int, words: str) -> None:
    stream = replace(IMAGE, publishers=publishers)
    found = health(stream, arrivals(range(30)), after_s=4.0)
    assert found.silent
    assert found.rate_hz == 0.0
    assert f'for 4.0 s: {words}' in found.finding


def test_nothing_is_known_of_a_stream_that_nobody_ever_published() -> None:
    found = health(replace(IMAGE, publishers=0), [])
    assert math.isnan(found.rate_hz)
    assert math.isnan(found.latency_s)
    assert found.finding == "nothing has arrived on '/image_raw': nobody publishes"


def test_an_optional_stream_may_be_missing_but_not_end() -> None:
    stream = replace(IMAGE, publishers=0, optional=True)
    assert health(stream, []).finding == ''
    assert 'for 4.0 s' in health(stream, arrivals(range(30)), after_s=4.0).finding
    assert health(replace(stream, publishers=1), []).finding


def test_a_publisher_of_whom_nothing_arrives_is_a_silent_stream() -> None:
    assert health(IMAGE, []).silent


def test_a_latched_message_of_long_ago_is_neither_silence_nor_skew() -> None:
    (only,) = arrivals([1], age_s=3600.0, way_s=3600.0)
    stream = replace(IMAGE, reliable=True, latched=True)
    found = health(stream, [replace(only, replayed=True)], after_s=600.0)
    assert found.finding == ''
    assert math.isnan(found.rate_hz)
    assert math.isnan(found.latency_s)


@pytest.mark.parametrize(
    ('way_s', 'age_s', 'words'),
    [
        (-3.0, -2.9, "arrive 3 s before they were sent: the machines' clocks differ"),
        (60.0, 60.1, "arrive 60 s after they were sent: the machines' clocks differ"),
        (0.002, -1.5, 'arrive 1.5 s before their stamp: they are stamped by another clock'),
        (0.002, 1e9, 'arrive 1e+09 s after their stamp: they are stamped by another clock'),
    ],
)
def test_clocks_that_differ_are_named(way_s: float, age_s: float, words: str) -> None:
    found = health(IMAGE, arrivals(range(30), way_s=way_s, age_s=age_s))
    assert words in found.finding
    assert found.latency_s == pytest.approx(age_s)


def test_stamps_of_zero_are_named() -> None:
    got = [replace(a, stamp_ns=0, age_ns=a.received_ns) for a in arrivals(range(30))]
    assert "the stamps on '/image_raw' are zero" in health(IMAGE, got).finding


def test_messages_without_a_header_have_a_rate_and_no_latency() -> None:
    got = [replace(a, stamp_ns=None, age_ns=None) for a in arrivals(range(30))]
    found = health(IMAGE, got)
    assert found.rate_hz == pytest.approx(30.0, rel=1e-3)
    assert math.isnan(found.latency_s)
    assert found.finding == ''
