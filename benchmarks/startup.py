"""Times what is waited for before anything happens: imports, and the help of every script.

python benchmarks/startup.py
"""

from __future__ import annotations

import os
import pathlib
import statistics
import subprocess
import sys
import time
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "jax", "numpy")
# What a program measures and prints, in seconds; the package's lazy classes are imported, too.
IMPORTS = {
    "keras": "import keras",
    "keypointnet_tf, without Keras": "import keypointnet_tf",
    "keypointnet_tf, after Keras": (
        "import keypointnet_tf\nfor name in dir(keypointnet_tf): getattr(keypointnet_tf, name)"
    ),
}
BEFORE = {"keypointnet_tf, after Keras": "import keras"}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    harness.define_common(values, repeats=5)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes a JSON file."""
    repeats = 1 if values.quick else values.repeats
    scripts = sorted(path.name for path in harness.REPOSITORY.glob("*.py"))
    scripts = [name for name in scripts if name != "setup.py"]
    report: dict[str, Any] = harness.description(PACKAGES)
    runs: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name in IMPORTS:
            runs.setdefault(f"import {name}", []).append(import_seconds(name))
        for name in scripts:
            runs.setdefault(f"{name} --help", []).append(help_seconds(name))
    report["starts"] = {
        name: {"seconds": statistics.median(found), "runs": found} for name, found in runs.items()
    }
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'startup')}")


def import_seconds(name: str) -> float:
    """Seconds of the imports alone, in a fresh interpreter that tells them itself."""
    program = (
        f"{BEFORE.get(name, '')}\nimport time\nstart = time.perf_counter()\n{IMPORTS[name]}\n"
        "print(time.perf_counter() - start)"
    )
    return float(_run("-c", program).stdout.split()[-1])


def help_seconds(script: str) -> float:
    """Seconds of a whole process that prints a script's help."""
    start = time.perf_counter()
    _run(str(harness.REPOSITORY / script), "--help")
    return time.perf_counter() - start


def _run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=harness.REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    rows = [(name, f"{entry['seconds']:.2f}") for name, entry in report["starts"].items()]
    return harness.markdown_table(("start", "s"), rows)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/startup.py", __doc__, define, main))
