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

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from action_fixture import FakeAction
from rclpy.action.server import ActionServer
from rclpy.node import Node
from ros_fixture import Ros, open_ros, wait_until
from std_srvs.srv import Trigger

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.spin import Spinner
from vlm_robot.ros.supervised import Ended, SupervisedAction, SupervisedService
from vlm_robot_interfaces.action import GoHome

pytestmark = pytest.mark.ros

SOON_S = 0.3


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def start() -> Iterator[Callable[..., Future[Any]]]:
    """Run something on a thread; its end is waited for."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


def client(ros: Ros, *, answer_timeout_s: float = 10.0, timeout_s: float = 30.0) -> Any:
    node = ros.bare_node('client')
    made = SupervisedAction(
        node, GoHome, 'work', answer_timeout_s=answer_timeout_s, timeout_s=timeout_s
    )
    ros.spin(node)
    return made


def server(ros: Ros, *, succeeded: bool = True) -> FakeAction:
    node = ros.bare_node('server')
    fake = FakeAction(node, GoHome, 'work', lambda _: (succeeded, GoHome.Result(error_msg='end')))
    ros.spin(node)
    return fake


def refusal_of(work: Future[Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        work.result(30)
    return caught.value


@pytest.mark.parametrize('succeeded', [True, False])
def test_the_end_of_a_goal_comes_back_with_its_result(ros: Ros, succeeded: bool) -> None:
    server(ros, succeeded=succeeded)

    ended = client(ros).run(GoHome.Goal(), cancel=CancelToken())

    assert ended == Ended(succeeded, GoHome.Result(error_msg='end'))


def test_a_server_that_is_missing_is_named(ros: Ros) -> None:
    with pytest.raises(Refusal, match="nobody serves the action '/work'") as caught:
        client(ros, answer_timeout_s=SOON_S).run(GoHome.Goal(), cancel=CancelToken())
    assert caught.value.outcome is Outcome.CONTROLLER_FAILED


def test_a_goal_that_is_rejected_is_named(ros: Ros) -> None:
    server(ros).accepts = False

    with pytest.raises(Refusal, match="'/work' rejected a goal") as caught:
        client(ros).run(GoHome.Goal(), cancel=CancelToken())
    assert caught.value.outcome is Outcome.CONTROLLER_FAILED


def test_a_server_that_does_not_answer_is_named(ros: Ros) -> None:
    ActionServer(ros.bare_node('asleep'), GoHome, 'work', execute_callback=lambda _: None)

    with pytest.raises(Refusal, match=r"'/work' did not answer a goal for 0\.3 s") as caught:
        client(ros, answer_timeout_s=SOON_S).run(GoHome.Goal(), cancel=CancelToken())
    assert caught.value.outcome is Outcome.CONTROLLER_FAILED


def test_a_cancel_reaches_the_server_and_its_end_is_waited_for(
    ros: Ros, start: Callable[..., Future[Any]]
) -> None:
    fake, cancel = server(ros), CancelToken()
    fake.holds = True
    work = start(client(ros).run, GoHome.Goal(), cancel=cancel)
    wait_until(lambda: fake.running)

    cancel.cancel('enough')

    assert refusal_of(work).outcome is Outcome.CANCELED
    assert fake.canceled == 1


def test_a_goal_that_is_not_wanted_any_more_is_not_sent(ros: Ros) -> None:
    fake, cancel = server(ros), threading.Event()
    cancel.set()

    with pytest.raises(Refusal, match='canceled before the arm moved') as caught:
        client(ros).run(GoHome.Goal(), cancel=cancel)

    assert caught.value.outcome is Outcome.CANCELED
    assert fake.goals == []


def test_a_goal_that_takes_too_long_is_canceled(
    ros: Ros, start: Callable[..., Future[Any]]
) -> None:
    fake = server(ros)
    fake.holds = True

    refusal = refusal_of(
        start(client(ros, timeout_s=SOON_S).run, GoHome.Goal(), cancel=CancelToken())
    )

    assert refusal.outcome is Outcome.TIMEOUT
    assert refusal.message == "'/work' took longer than 0.3 s"
    assert fake.canceled == 1


def test_a_server_that_does_not_stop_when_canceled_is_named(
    ros: Ros, start: Callable[..., Future[Any]]
) -> None:
    fake, cancel = server(ros), CancelToken()
    fake.holds, fake.hears = True, False
    supervised = client(ros, answer_timeout_s=1.0)
    work = start(supervised.run, GoHome.Goal(), cancel=cancel)
    wait_until(lambda: fake.running)

    cancel.cancel('enough')

    refusal = refusal_of(work)
    fake.release()
    assert refusal.outcome is Outcome.CONTROLLER_FAILED
    assert 'did not confirm within 1 s that it stopped' in refusal.message
    assert 'the arm may still move' in refusal.message


def test_a_server_that_dies_with_a_goal_is_named(
    ros: Ros, start: Callable[..., Future[Any]]
) -> None:
    node = Node('mortal', context=ros.context)
    fake = FakeAction(node, GoHome, 'work', lambda _: (True, GoHome.Result()))
    fake.holds = True
    spinner = Spinner(node)
    work = start(client(ros).run, GoHome.Goal(), cancel=CancelToken())
    wait_until(lambda: fake.running)

    spinner.close()
    fake.destroy()

    refusal = refusal_of(work)
    assert refusal.outcome is Outcome.CONTROLLER_FAILED
    assert "'/work' went away before the goal ended" in refusal.message


def service(ros: Ros, *, answer_timeout_s: float = 10.0, timeout_s: float = 10.0) -> Any:
    node = ros.bare_node('client')
    made = SupervisedService(
        node, Trigger, 'ask', answer_timeout_s=answer_timeout_s, timeout_s=timeout_s
    )
    ros.spin(node)
    return made


def answered(_request: Any, response: Any) -> Any:
    response.message = 'heard'
    return response


def test_the_answer_of_a_service_comes_back(ros: Ros) -> None:
    ros.node.create_service(Trigger, 'ask', answered)

    assert service(ros).call(Trigger.Request(), cancel=CancelToken()).message == 'heard'


def test_a_service_that_is_missing_is_named(ros: Ros) -> None:
    with pytest.raises(Refusal, match="nobody serves the service '/ask'") as caught:
        service(ros, answer_timeout_s=SOON_S).call(Trigger.Request(), cancel=CancelToken())
    assert caught.value.outcome is Outcome.CONTROLLER_FAILED


def test_a_service_that_does_not_answer_is_named(ros: Ros) -> None:
    ros.bare_node('asleep').create_service(Trigger, 'ask', answered)

    with pytest.raises(Refusal, match=r"'/ask' did not answer for 0\.3 s") as caught:
        service(ros, timeout_s=SOON_S).call(Trigger.Request(), cancel=CancelToken())
    assert caught.value.outcome is Outcome.TIMEOUT


def test_waiting_for_a_service_ends_with_a_cancel(
    ros: Ros, start: Callable[..., Future[Any]]
) -> None:
    cancel = CancelToken()
    work = start(service(ros).call, Trigger.Request(), cancel=cancel)

    cancel.cancel('enough')

    assert refusal_of(work).outcome is Outcome.CANCELED


def test_telling_a_service_does_not_wait_for_it(ros: Ros) -> None:
    told: list[Any] = []
    waiting = service(ros)
    waiting.tell(Trigger.Request())  # nobody serves it
    ros.node.create_service(Trigger, 'ask', lambda q, a: told.append(q) or a)

    def tell() -> bool:
        waiting.tell(Trigger.Request())
        return bool(told)

    wait_until(tell)
