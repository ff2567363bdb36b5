"""`docs/data.md` tells every check and every key of the report."""

import pathlib
import re

from keypointnet_tf.data.inspection_checks import CHECKS, WARNING

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "data.md"


def test_every_check_is_told_with_its_severity():
    rows = re.findall(
        r"^\| (`.*?) \| (?:files|records|views|objects|set) \|", PAGE.read_text(), re.M
    )
    told = {name: "(warning)" in row for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert told == {name: check.severity == WARNING for name, check in CHECKS.items()}
