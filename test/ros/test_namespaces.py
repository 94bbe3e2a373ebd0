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

from collections.abc import Iterator

import pytest
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.ros.namespaces import elsewhere, elsewhere_hint

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


def test_nodes_of_a_name_in_other_namespaces_are_named_and_how_to_ask_there(ros: Ros) -> None:
    assert elsewhere_hint(ros.node, 'task_node') == ''
    for namespace in ('/robot2', '/robot1'):
        ros.bare_node('task_node', namespace=namespace)
    ros.bare_node('vlm_node')
    wait_until(lambda: len(elsewhere(ros.node, ('task_node',)).get('task_node', ())) == 2)

    found = elsewhere(ros.node, ('task_node', 'vlm_node', 'motion_node'))

    assert found == {'task_node': ('/robot1', '/robot2')}
    assert elsewhere_hint(ros.node, 'task_node') == (
        '; task_node runs in /robot1, /robot2: --namespace /robot1 asks it there'
    )
    assert elsewhere_hint(ros.node, 'vlm_node') == ''
