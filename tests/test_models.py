"""What the files of a model's directory say of it, before anything is loaded."""

import json

import pytest

from edgeft.models import mask_token


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("tokenizer_config.json", {"mask_token": "<mask>"}),
        ("special_tokens_map.json", {"mask_token": {"content": "<mask>", "lstrip": True}}),
        ("tokenizer.json", {"added_tokens": [{"content": "<mask>", "special": True}]}),
    ],
)
def test_each_file_of_a_tokenizer_may_name_its_mask_token(tmp_path, name, written):
    (tmp_path / name).write_text(json.dumps(written))
    assert mask_token(tmp_path) == "<mask>"


@pytest.mark.parametrize("written", ["", "[]", '{"mask_token": null}', '{"mask_token": "[MASK]"}'])
def test_where_nothing_names_another_it_is_the_usual_one(tmp_path, written):
    (tmp_path / "tokenizer_config.json").write_text(written)
    assert mask_token(tmp_path) == "[MASK]"
