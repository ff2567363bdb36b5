"""What a protocol adds to a summary, and its file."""

import pytest

from keypointnet_tf.discovery.protocol import FILE, Protocol, load_protocol, save_protocol

PROTOCOL = Protocol("human", {"split": "test", "deformation": None}, 50)


def test_what_is_saved_is_loaded(tmp_path):
    save_protocol(PROTOCOL, tmp_path)
    assert load_protocol(tmp_path) == PROTOCOL


def test_an_evaluation_without_protocol_removes_that_of_another(tmp_path):
    assert load_protocol(tmp_path) is None
    save_protocol(PROTOCOL, tmp_path)
    save_protocol(None, tmp_path)
    assert load_protocol(tmp_path) is None and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", '{"nom": "human"}', "[1]"])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match="protocol.json"):
        load_protocol(tmp_path)


def test_entries_tell_protocol_settings_and_notes():
    found = PROTOCOL.entries({"objects": 1, "landmark_reason": "no landmarks"})
    assert found["protocol"] == "human" and found["protocol_settings"]["split"] == "test"
    few, none = found["notes"]
    assert few.startswith("test objects: 1, where protocol human wants at least 50")
    assert none == "no landmark error: no landmarks"
    assert Protocol("synthetic").entries({"objects": 0, "landmark_reason": ""})["notes"] == []
