"""Imports go one way, and what renders or scores starts without Keras and TensorFlow."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = "keypointnet_tf"
REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

# What the modules of each package may import of the others.
ALLOWED = {
    "geometry": set(),
    "shapes": {"geometry"},
    "rendering": {"geometry", "shapes"},
    "data": {"geometry", "shapes", "rendering"},
    "metrics": {"geometry"},
    "viz": {"geometry", "metrics"},
    "discovery": {"geometry", "shapes", "rendering", "data", "metrics", "viz"},
    # The page shows all of them; none of them, nor the package's root, knows of it.
    "web": {"geometry", "shapes", "rendering", "data", "metrics", "viz", "discovery"},
}
# Modules beside the packages, which import none of them and serve all.
ROOT_MODULES = {"atomic_file"}
# Without Keras: importing it costs seconds in every render worker.
LIGHT = ("shapes", "rendering", "metrics", "viz")
LIGHT_MODULES = (
    PACKAGE,
    f"{PACKAGE}.geometry.placement",
    f"{PACKAGE}.data.records",
    f"{PACKAGE}.data.schema",
    f"{PACKAGE}.data.cluster",
    f"{PACKAGE}.data.render_job",
    f"{PACKAGE}.data.preview",
    f"{PACKAGE}.data.pair_source",
    f"{PACKAGE}.data.record_set",
    f"{PACKAGE}.data.inspection_text",
    "flags",
)
# Only these may name TensorFlow: the models run on every Keras backend. Skinning imports it when
# points are skinned, and exporting when a file is written or run, not before; the layers import
# their kernels on its backend alone.
TENSORFLOW = {
    f"{PACKAGE}.data.tf_pipeline",
    f"{PACKAGE}.discovery.distribution",
    *(
        f"{PACKAGE}.discovery.exporting.{name}"
        for name in ("litert", "onnx", "saved_model", "served")
    ),
    f"{PACKAGE}.discovery.tf_kernels",
    f"{PACKAGE}.shapes.skinning",
}


def modules():
    """Name and syntax tree of each module of the package."""
    for path in sorted((REPOSITORY / PACKAGE).rglob("*.py")):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree):
    """Dotted names that a module imports anywhere in its text, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = dict(modules())


def test_every_package_has_its_rule():
    packages = {name.split(".")[1] for name in MODULES if "." in name} - ROOT_MODULES
    assert packages == set(ALLOWED), "a new package needs its place in the order of imports"


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package):
    wrong = []
    for name, tree in MODULES.items():
        if name.split(".")[1:2] != [package]:
            continue
        for target in imported(tree):
            top, _, rest = target.partition(".")
            other = rest.split(".")[0]
            if top == PACKAGE and other in ALLOWED and other not in ALLOWED[package] | {package}:
                wrong.append(f"{name} imports {target}")
    assert wrong == []


def test_nothing_imports_flags_or_scripts():
    scripts = {"train", "eval", "predict", "render", "app", "inspect_records"}
    outside = {"flags", "tests", "examples", "benchmarks", *scripts}
    wrong = [
        f"{name} imports {target}"
        for name, tree in MODULES.items()
        for target in imported(tree)
        if target.split(".")[0] in outside
    ]
    assert wrong == []


def test_the_root_does_not_import_the_page():
    assert not [target for target in imported(MODULES[PACKAGE]) if "web" in target]


def test_gradio_is_named_by_the_page_alone():
    """It is an extra: what else the page's package holds is tested without it."""
    optional = {"gradio", "fastapi", "starlette", "uvicorn"}
    users = {
        name
        for name, tree in MODULES.items()
        if any(target.split(".")[0] in optional for target in imported(tree))
    }
    parts = ("components", "handlers", "middleware", "page", "server")
    assert users == {f"{PACKAGE}.web.{part}" for part in parts}


def test_tensorflow_is_named_where_it_may_be():
    users = {
        name
        for name, tree in MODULES.items()
        if any(target.split(".")[0].startswith("tensorflow") for target in imported(tree))
    }
    assert users <= TENSORFLOW


def heavy_after_importing(names):
    """Which of Keras and its backends are loaded by a fresh process that imports the modules."""
    script = (
        f"import importlib, sys\nfor name in {list(names)!r}: importlib.import_module(name)\n"
        "print(*[m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_light_modules_start_without_keras():
    light = [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in LIGHT]
    flags = [f"flags.{p.stem}" for p in (REPOSITORY / "flags").glob("*.py") if p.stem != "__init__"]
    names = [*light, *LIGHT_MODULES, *flags]
    loaded = heavy_after_importing(names)
    if loaded:  # one process per module tells which
        assert {name: heavy_after_importing([name]) for name in names} == {n: [] for n in names}
    assert loaded == []


def test_models_start_without_scipy():
    """Its parts would be most of what the package takes to import beyond Keras."""
    script = (
        "import sys, keras\nbefore = set(sys.modules)\nimport keypointnet_tf as package\n"
        "for name in dir(package): getattr(package, name)\nnew = set(sys.modules) - before\n"
        "print(*new & {'scipy.optimize', 'scipy.ndimage', 'matplotlib'})"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_models_are_imported_on_first_use():
    import keypointnet_tf

    assert keypointnet_tf.PairModel.__name__ == "PairModel"
    assert set(dir(keypointnet_tf)) >= {"PairModel", "KeypointNet", "OrientNet", "Predictor"}
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = keypointnet_tf.Nothing
