# Two commands cover most work: `make book` builds the book, `make test` tests everything. Both install what they need.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
PORT ?= 8000
PAPER ?= a4
# Number of chapters or tests that run at the same time.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
BIN := .venv/bin
# Builds and tests must not depend on a download.
export LECTURE_OFFLINE ?= 1
# A folder with photos (and MNIST, weights): make book PHOTOS=folder. Data from `make photos` is used without it.
ifdef PHOTOS
export LECTURE_DATA := $(abspath $(PHOTOS))
endif
# Every chapter and every test process imports PyTorch. Without cached bytecode, each would compile it again, which takes
# longer than the import itself.
unexport PYTHONDONTWRITEBYTECODE
# By default, glibc returns the memory of large tensors to the system and requests it again in the next training step.
# If it keeps up to 256 MB, small networks train 1.6 to 2.2 times as fast. (In bytes; other C libraries ignore this.)
export MALLOC_MMAP_THRESHOLD_ ?= 33554432
export MALLOC_TRIM_THRESHOLD_ ?= 268435456

.DEFAULT_GOAL := help
.PHONY: help book build slides pdf homework photos gpu rehearse serve lab test test-fast test-not-slow test-restricted coverage lint notebooks bench clean distclean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A stamp file records that the environment matches pyproject.toml and constraints.txt; while it is newer, there is nothing to do.
.venv/.ready-book: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; choose one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@# Where Python lacks a part that venv needs, as in Debian without python3-venv, it fails and leaves a folder without pip.
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@echo "Installing what the book needs into .venv (a few GB with torch; once)..."
	@$(BIN)/python tools/install.py -e ".[book]"
	@touch $@

.venv/.ready-test: .venv/.ready-book
	@$(BIN)/python tools/install.py -e ".[book,test]"
	@touch $@

.venv/.ready-browser: .venv/.ready-test
	$(BIN)/python tools/browser.py install
	@touch $@

book: .venv/.ready-book  ## build the site; runs only chapters that changed (JOBS=..., PHOTOS=folder)
	@$(BIN)/python tools/book_state.py check || $(MAKE) --no-print-directory build
	@echo "The book is at _build/html/index.html. Open that file, or run: make serve"

build: .venv/.ready-book
	@# Sphinx does not notice that an extension or a template has changed, but it rebuilds missing pages.
	@test -z "$$(find book/_ext/*.py book/_templates/* -newer _build/html/book/index.html 2>/dev/null)" || rm -f _build/html/book/*.html _build/html/book/api/*.html
	@# Nor does it notice changed styles and scripts, but it copies them when it writes any page.
	@test -z "$$(find book/_static -type f -newer _build/html/book/index.html 2>/dev/null)" || rm -f _build/html/book/index.html
	@BOOK_JOBS=$(JOBS) $(BIN)/jupyter-book build . -W -n --keep-going --quiet || { echo "The build failed (warnings count as errors). Reports on failed cells are in _build/html/reports/."; exit 1; }
	@$(BIN)/python tools/book_state.py keep

slides: book  ## build the slides of all chapters, with their demos (part of building the book)
	@echo "The slides are in _build/html/slides/, one page for each chapter, such as 01_convolution.html. The folder is self-contained."

.venv/.ready-pdf: .venv/.ready-book
	@$(BIN)/python tools/install.py -e ".[book,pdf]"
	$(BIN)/python tools/browser.py install
	@touch $@

pdf: .venv/.ready-pdf book  ## print the book to one PDF file (PAPER=a4 or letter)
	@$(BIN)/python tools/book_pdf.py --paper $(PAPER)

homework: .venv/.ready-book  ## export the exercises as assignments for nbgrader, with hidden tests
	@$(BIN)/python tools/homework.py $(HOMEWORK_OPTIONS)

photos: export LECTURE_OFFLINE = 0
photos: .venv/.ready-book  ## download the photos, MNIST, and torchvision's weights (1.5 GB) for later builds
	@$(BIN)/python tools/fetch_data.py

serve: book  ## build the site and serve it at http://127.0.0.1:8000 (PORT=...)
	@echo "The book is at http://127.0.0.1:$(PORT) (stop with Ctrl-C)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: .venv/.ready-book  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab book

# One thread per process, because more would wait for each other. tests/conftest.py groups tests that must stay together.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder $(PYTEST_OPTIONS)

test: .venv/.ready-browser book lint  ## run all tests: package, notebooks, and the site in a real browser (JOBS=...)
	@# The build has just executed the chapters; book/conftest.py checks the results.
	$(PYTEST) tests book

test-fast: .venv/.ready-test  ## check the style and test the package, except for slow tests
	@$(MAKE) --no-print-directory -j2 lint test-not-slow

# The type checker uses one thread; tests use the other cores.
test-not-slow: .venv/.ready-test
	$(PYTEST) -m "not slow" tests/unit

# Other processors round differently, and tests must not depend on that. With these settings, PyTorch uses no vector instructions
# (ATEN_CPU_CAPABILITY: default, avx2, avx512), and its convolutions only those of SSE4.1 (ONEDNN_MAX_CPU_ISA: SSE41, AVX, AVX2, ...).
ATEN_CPU_CAPABILITY ?= default
ONEDNN_MAX_CPU_ISA ?= SSE41
test-restricted: .venv/.ready-test  ## test the package as if the processor were old
	ATEN_CPU_CAPABILITY=$(ATEN_CPU_CAPABILITY) ONEDNN_MAX_CPU_ISA=$(ONEDNN_MAX_CPU_ISA) $(PYTEST) tests/unit

coverage: .venv/.ready-test  ## list the lines of the package that no unit test runs
	$(PYTEST) --cov=lecture_utils --cov-report=term-missing:skip-covered tests/unit

lint: .venv/.ready-test  ## check style, types, and spelling, and that notebooks are stored stripped
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/python tools/notebooks.py check
	$(BIN)/codespell

notebooks: .venv/.ready-book  ## run changed notebooks, store the outputs that tests compare, and strip the rest
	$(BIN)/python tools/notebooks.py address
	@$(MAKE) --no-print-directory book
	$(BIN)/python tools/notebooks.py outputs

gpu: .venv/.ready-test  ## with an NVIDIA GPU: train, resume, run the GPU cells; writes docs/gpu.txt (PHOTOS=folder)
	@$(BIN)/python tools/gpu_check.py $(GPU_OPTIONS)

rehearse: .venv/.ready-test  ## run the chapters as Colab does, with another Python and PyTorch (REHEARSE_OPTIONS="--python ... --with ...")
	@$(BIN)/python tools/rehearse_colab.py $(REHEARSE_OPTIONS)

bench: .venv/.ready-browser book  ## run the benchmarks; each compares the book with a peer
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## remove the built book and cached results
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

distclean: clean  ## also remove the virtual environment
	rm -rf .venv *.egg-info
