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

"""
The embedded vision-language model, registered with transformers' Auto classes.

Importing this package imports torch and transformers.
"""

from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from vlm_robot.models.tabletop.configuration import TabletopConfig
from vlm_robot.models.tabletop.modeling import TabletopForConditionalGeneration
from vlm_robot.models.tabletop.processor import TabletopProcessor

__all__ = ['TabletopConfig', 'TabletopForConditionalGeneration', 'TabletopProcessor']

AutoConfig.register('tabletop', TabletopConfig, exist_ok=True)
AutoModelForImageTextToText.register(
    TabletopConfig, TabletopForConditionalGeneration, exist_ok=True
)
AutoProcessor.register(TabletopConfig, TabletopProcessor, exist_ok=True)
