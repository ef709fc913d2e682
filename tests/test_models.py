"""What the files of a model's directory say of it, before anything is loaded."""

import json

import pytest

from edgeft.models import mask_token, strange_texts


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


def test_only_the_beginning_of_a_long_text_tells_whether_a_base_can_read_it(
    make_tiny_base,
):
    base, strange = make_tiny_base("bert"), "☃ " * 20_000
    assert strange_texts(base, "it", ["card " * 2_000 + strange]) is None
    found = strange_texts(base, "it", [strange + "card " * 2_000])
    assert found is not None
    assert found.startswith("100 % of the tokens of the training texts are unknown to it")
