"""The flags of render.py: defaults, configs, and errors without a traceback."""

import pathlib
import subprocess
import sys

import pytest
from absl import flags as absl_flags

import flags
from flags import render_flags
from keypointnet_tf.data import preview
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.lights import LightSampling
from keypointnet_tf.rendering.pairs import PairConfig

RENDER = pathlib.Path(__file__).resolve().parents[2] / "render.py"


def config(*arguments):
    values = absl_flags.FlagValues()
    render_flags.define(values)
    values(["render.py", *arguments])
    return render_flags.config_from_flags(values)


def paths(job):
    return [source.path for source in job.meshes]


def run(capsys, *arguments, main=lambda values: 0):
    code = flags.run_script("render.py", "Renders.", render_flags.define, main, arguments)
    return code, *capsys.readouterr()


def test_defaults_are_those_of_the_config():
    assert config("--shapes=car", "--out=x") == RenderJob(shapes="car", views=PairConfig())


def test_flags_reach_the_config():
    job = config(
        "--shapes=plane",
        "--out=x",
        "--objects=7",
        "--pairs=3",
        "--seed=5",
        "--size=64",
        "--supersample=1",
        "--max_angle=60",
        "--max_roll=10",
        "--distance=20",
        "--field_of_view=8",
        "--dev_share=0.2",
        "--test_count=2",
        "--renderer=blender",
        "--blender_samples=8",
    )
    assert (job.renderer, job.blender_samples) == ("blender", 8)
    assert (job.objects, job.pairs, job.seed, job.dev_share, job.test_count) == (7, 3, 5, 0.2, 2)
    views, camera = job.views, job.views.sampling
    assert (views.size, views.supersample, views.field_of_view_degrees) == (64, 1, 8)
    assert (camera.max_angle_degrees, camera.max_roll_degrees, camera.distance) == (60, 10, 20)


def test_variety_reaches_the_config():
    job = config(
        "--shapes=plane",
        "--out=x",
        "--distance_range=20,40",
        "--field_of_view_range=4,8",
        "--min_elevation=-10",
        "--max_elevation=60",
        "--camera_shift=0.1",
        "--ambient_light=0.2,0.9",
        "--tint=0.3",
        "--shard_mb=64",
    )
    camera = job.views.sampling
    assert (camera.distance, camera.distance_range, camera.shift) == (30, (20, 40), 0.1)
    assert (camera.min_elevation_degrees, camera.max_elevation_degrees) == (-10, 60)
    assert job.views.field_of_view_range == (4, 8) and job.shard_mb == 64
    assert job.views.lights == LightSampling(ambient=(0.2, 0.9), tint=0.3)
    assert config("--shapes=plane", "--out=x", "--lights=fixed").views.lights is None


def test_random_materials_reach_the_config_and_are_refused_where_they_cannot_be():
    job = config("--shapes=car", "--out=x", "--random_materials=0.4")
    assert job.views.random_materials == 0.4
    with pytest.raises(ValueError, match="random_materials is 1.2; expected a share in"):
        config("--shapes=car", "--out=x", "--random_materials=1.2")
    with pytest.raises(ValueError, match="random_materials is 0.4 and renderer 'blender'"):
        config("--shapes=car", "--out=x", "--random_materials=0.4", "--renderer=blender")


def test_meshes_come_from_files_folders_and_patterns(tmp_path):
    for name in ("b.obj", "a.obj", "notes.txt", "c.ply"):
        (tmp_path / name).write_text("")
    a, b, c = (str(tmp_path / name) for name in ("a.obj", "b.obj", "c.ply"))
    assert paths(config("--meshes", a, "--out=x")) == [a]
    assert paths(config("--meshes", str(tmp_path), "--out=x")) == [a, b, c]
    pattern = config("--meshes", str(tmp_path / "*.obj"), "--meshes", c, "--out=x", "--front=-y")
    assert paths(pattern) == [a, b, c] and {s.front for s in pattern.meshes} == {"-y"}


def test_a_table_of_frames_makes_exceptions(tmp_path):
    (tmp_path / "a.obj").write_text("")
    (tmp_path / "frames.csv").write_text("object,up,front\na,y,-z\n")
    (source,) = config(
        "--meshes", str(tmp_path), f"--frames={tmp_path / 'frames.csv'}", "--out=x"
    ).meshes
    assert (source.up, source.front) == ("y", "-z")


def test_shapenet_brings_its_frame_which_axes_override(tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / "03001627" / name / "models"
        folder.mkdir(parents=True)
        (folder / "model_normalized.obj").write_text("")
    (tmp_path / "test.txt").write_text("03001627-b\n")
    (tmp_path / "frames.csv").write_text("object,front\n03001627-a,z\n")
    root = ("--shapenet", str(tmp_path), "--category=chair", "--out=x")

    def made(*more):
        return [(s.object_id[-1], s.up, s.front, s.split) for s in config(*root, *more).meshes]

    assert made() == [("a", "y", "-z", ""), ("b", "y", "-z", "")]
    assert made("--ids=b", "--front=x") == [("b", "y", "x", "")]
    assert made("--up=z", "--front=x", "--ids=a") == [("a", "z", "x", "")]
    assert made("--split_lists", str(tmp_path / "test.txt"))[1] == ("b", "y", "-z", "test")
    assert made("--frames", str(tmp_path / "frames.csv"))[0] == ("a", "y", "z", "")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--shapes=car",), "--out is missing"),
        (("--out=x",), "one of --shapes, --meshes and --shapenet"),
        (("--out=x", "--shapes=car", "--meshes=y"), "one of --shapes, --meshes and --shapenet"),
        (("--out=x", "--shapes=car", "--shapenet=y"), "one of --shapes, --meshes and --shapenet"),
        (("--out=x", "--shapes=car", "--ids=a"), "--ids is given; expected --shapenet with it"),
        (("--out=x", "--shapenet=/absent", "--category=chair"), "/absent: no such folder"),
        (("--out=x", "--meshes=/absent/file.obj"), "/absent/file.obj"),
        (("--out=x", "--shapes=car", "--pairs=0"), "pairs is 0"),
        (("--out=x", "--shapes=car", "--distance_range=20"), "--distance_range is 20; .* two"),
        (("--out=x", "--shapes=car", "--key_light=2,1"), "key is 2.0, 1.0"),
    ],
)
def test_contradictions_are_refused(arguments, message):
    with pytest.raises((ValueError, OSError), match=message):
        config(*arguments)


def test_a_preview_takes_the_flags_of_the_job():
    values = absl_flags.FlagValues()
    render_flags.define(values)
    values(["render.py", "--shapes=car", "--out=x"])
    assert not values.preview and values.preview_count == preview.COUNT
    values(["render.py", "--shapes=car", "--out=x", "--preview", "--preview_count=3"])
    assert values.preview and values.preview_count == 3
    assert render_flags.config_from_flags(values) == RenderJob(shapes="car")


@pytest.mark.parametrize(
    "argument", ["--preview_count=0", "--size=big", "--shapes=boat", "--nonsense", "stray"]
)
def test_bad_command_lines_print_one_line(capsys, argument):
    code, out, errors = run(capsys, argument)
    assert code == 2 and not out
    assert errors.startswith("render.py: error: ") and argument.split("=")[-1].strip("-") in errors


def test_errors_and_interrupts_of_the_run_become_exit_codes(capsys):
    def fail(values):
        raise ValueError("seed is -1; expected 0 or more")

    def interrupt(values):
        raise KeyboardInterrupt

    assert run(capsys, main=fail) == (2, "", "render.py: error: seed is -1; expected 0 or more\n")
    assert run(capsys, main=interrupt)[0] == 130
    assert run(capsys, main=lambda values: 1)[0] == 1
    assert run(capsys)[0] == 0


def test_help_shows_every_flag_with_its_default(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    values = absl_flags.FlagValues()
    render_flags.define(values)
    assert all(f"  --{name}" in out for name in values)
    assert "--size=INT  (default: 128)" in out


def test_help_starts_without_the_heavy_libraries(tmp_path):
    code = """
import runpy, sys
script, sys.argv = sys.argv[1], ["render.py", "--help"]
sys.path.insert(0, script.rpartition("/")[0])
try:
    runpy.run_path(script, run_name="__main__")
except SystemExit as end:
    heavy = {"keras", "tensorflow", "trimesh", "embreex", "PIL"} & set(sys.modules)
    sys.exit(str(heavy) if heavy or end.code else 0)
"""
    command = [sys.executable, "-c", code, RENDER.as_posix()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--shapes" in done.stdout
