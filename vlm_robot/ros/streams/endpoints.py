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

"""Names of what the graph says about publishers and subscriptions."""

from __future__ import annotations

from rclpy.topic_endpoint_info import TopicEndpointInfo


def type_name(message_type: type) -> str:
    """Return the name that the graph has for a type of messages: package/msg/Type."""
    package, kind = message_type.__module__.split('.')[:2]
    return f'{package}/{kind}/{message_type.__name__}'


def owner_name(endpoint: TopicEndpointInfo) -> str:
    """Return the full name of the node that has an endpoint; '' while it is not known."""
    if not endpoint.node_name or endpoint.node_name.startswith('_'):
        return ''
    return f'{endpoint.node_namespace.rstrip("/")}/{endpoint.node_name}'
