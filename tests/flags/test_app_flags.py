"""What `app.py` is asked to do, by its flags."""

import pytest
from absl import flags as absl_flags

from flags import app_flags


def job(*arguments):
    values = absl_flags.FlagValues()
    app_flags.define(values)
    values(["app.py", *arguments])
    return app_flags.job_from_flags(values)


def test_a_page_is_for_this_machine_alone_unless_told():
    found = job("--model_dir=a")
    assert (found.host, found.port, found.max_upload_mb) == ("127.0.0.1", 7860, 20)
    assert found.models == ("a",) and found.examples is None and not found.open_browser


def test_models_are_repeated(tmp_path):
    found = job("--model_dir=a", "--model_dir", "b", f"--examples={tmp_path}", "--port=0", "--open")
    assert found.models == ("a", "b") and found.examples == str(tmp_path)
    assert found.port == 0 and found.open_browser


def test_without_a_model_those_of_the_package_are_meant():
    assert job().models == ()


def test_an_absent_folder_is_refused():
    with pytest.raises(ValueError, match="--examples=/nowhere is absent"):
        job("--model_dir=a", "--examples=/nowhere")


@pytest.mark.parametrize("argument", ["--port=65536", "--port=-1", "--max_upload_mb=0"])
def test_ranges_are_checked(argument):
    with pytest.raises(absl_flags.IllegalFlagValueError):
        job("--model_dir=a", argument)
