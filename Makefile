# Two commands do everything, in .venv/ inside this folder:
#   make demo   the main job: shapes -> records -> training -> evaluation -> overlays
#   make test   all tests
# Running either again reuses what is done.

PYTHON ?= python3
DEMO_SHAPES ?= plane
DEMO_PRESET ?= flags/presets/demo$(if $(filter-out plane,$(DEMO_SHAPES)),_$(DEMO_SHAPES)).flags
DEMO_DIR ?= runs/demo$(if $(filter-out plane,$(DEMO_SHAPES)),_$(DEMO_SHAPES))
DEMO_STEPS ?=
# Cars and chairs: more objects with fewer pairs of each, for the same number of views.
DEMO_OBJECTS ?= $(if $(filter-out plane,$(DEMO_SHAPES)),2000,1000)
DEMO_PAIRS ?= $(if $(filter-out plane,$(DEMO_SHAPES)),12,20)
# Cars and chairs gain by averaging over copies of each image; planes do not, their points draw together.
DEMO_AVERAGING ?= $(if $(filter-out plane,$(DEMO_SHAPES)),full,none)
# Optional parts to install with the package; tests of those that are absent skip, by name.
EXTRAS ?= test

# A worker for each core, up to four; TESTFLAGS= runs the tests one after the other.
TESTFLAGS ?= -n logical --maxprocesses=4 --dist=loadfile

RUN := .venv/bin/python
comma := ,
READY := .venv/.ready-$(subst $(comma),-,$(EXTRAS))
STEPS := $(or $(DEMO_STEPS),$(shell sed -n 's/^--steps=//p' $(DEMO_PRESET)))

.PHONY: demo test lint clean

demo: $(DEMO_DIR)/overlays/keypoints.json
	@cat $(DEMO_DIR)/eval/summary.txt
	@echo "pictures: $(DEMO_DIR)/eval/pairs.png  $(DEMO_DIR)/eval/instances.png  $(DEMO_DIR)/overlays/"

test: $(READY)
	$(RUN) -m pytest $(TESTFLAGS)

lint: $(READY)
	$(RUN) -m ruff check .

$(DEMO_DIR)/data/.done: | $(READY)
	$(RUN) render.py --shapes=$(DEMO_SHAPES) --objects=$(DEMO_OBJECTS) --pairs=$(DEMO_PAIRS) --size=64 \
	  --dev_count=40 --test_count=120 --out=$(DEMO_DIR)/data
	@touch $@

# Always asked: train.py resumes, or says at once that the run is finished.
.PHONY: demo-train
demo-train: $(DEMO_DIR)/data/.done
	@# A demo of another number of steps is another run: it is moved aside, not overwritten.
	@found=$$(sed -n 's/^  *"steps": \([0-9]*\).*/\1/p' $(DEMO_DIR)/model/config.json 2>/dev/null); \
	if [ -n "$$found" ] && [ "$$found" != "$(STEPS)" ]; then \
	  aside=$(DEMO_DIR)/of_$${found}_steps_$$(date +%Y%m%d_%H%M%S); mkdir -p $$aside; \
	  for part in model eval overlays; do \
	    if [ -e $(DEMO_DIR)/$$part ]; then mv $(DEMO_DIR)/$$part $$aside/; fi; done; \
	  echo "moved the run of $$found steps to $$aside"; fi
	$(RUN) train.py --flagfile=$(DEMO_PRESET) --steps=$(STEPS) \
	  --data_dir=$(DEMO_DIR)/data --model_dir=$(DEMO_DIR)/model

$(DEMO_DIR)/model/best.keras: demo-train ;

$(DEMO_DIR)/eval/summary.txt: $(DEMO_DIR)/model/best.keras
	$(RUN) eval.py --model_dir=$(DEMO_DIR)/model --data_dir=$(DEMO_DIR)/data --split=test \
	  --pairs=10 --averaging=$(DEMO_AVERAGING) --out=$(DEMO_DIR)/eval

$(DEMO_DIR)/overlays/keypoints.json: $(DEMO_DIR)/eval/summary.txt
	$(RUN) examples/sample_images.py --shapes=$(DEMO_SHAPES) --out=$(DEMO_DIR)/samples
	$(RUN) predict.py --model_dir=$(DEMO_DIR)/model --input=$(DEMO_DIR)/samples \
	  --out=$(DEMO_DIR)/overlays

$(READY): requirements.lock setup.py
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  "keypointnet_tf needs Python 3.11 or later; %s is %d.%d. Try: make $(MAKECMDGOALS) PYTHON=python3.11" \
	  % (sys.executable, v[0], v[1]))'
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --upgrade pip
	@# The lock holds the versions that were tested, on Python 3.11; others take setup.py's ranges.
	lock=$$($(RUN) -c 'import sys; print("-c requirements.lock" * (sys.version_info[:2] == (3, 11)))'); \
	$(RUN) -m pip install $$lock -e '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache
