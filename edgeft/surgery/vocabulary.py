"""A smaller vocabulary: which tokens to keep, and the tokenizer and the model with these alone."""

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from torch import nn
from transformers import PreTrainedTokenizerFast

from edgeft.errors import ModelError
from edgeft.surgery.pieces import Pieces, pair_of
from edgeft.surgery.rebuilding import fitting, rebuilt
from edgeft.training.encoding import load_tokenizer


def tokens_to_keep(
    tokenizer: PreTrainedTokenizerFast,
    counts: np.ndarray,
    *,
    reserve: int,
    size: int | None = None,
    alphabet: set[str] | None = None,
    also: Iterable[int] = (),
) -> np.ndarray:
    """The old id of every token of the smaller vocabulary, in the order of its new ids, (kept,).

    `counts` (old ids,) says how often each token occurs in the texts that matter. Kept are what
    any text needs (see `Pieces.needed`), the tokens that occur, the `reserve` most common others
    of the alphabet, and `also`; with `size` the rarest go first until no more are left. Raises
    ModelError where `size` is less than what any text needs.
    """
    pieces = Pieces.of(tokenizer.backend_tokenizer)
    names = {place: token for token, place in pieces.ids.items()}
    kept: set[int] = set()
    for place in pieces.needed(alphabet) | set(also):
        kept |= pieces.with_parts(names[place])
    if size is not None and len(kept) > size:
        raise ModelError(
            f"size: {size} tokens are fewer than the {len(kept)} without which texts do not encode",
            hint=f"take {len(kept)} or more, or `characters: seen`",
        )
    occurring = [int(each) for each in np.argsort(-counts, kind="stable") if counts[each]]
    common = [
        place
        for place in pieces.common(tokenizer.backend_tokenizer)
        if alphabet is None or pieces.of_bytes or alphabet >= set(pieces.body(names[place]))
    ]
    for place in [*occurring, *common[:reserve]]:
        more = pieces.with_parts(names[place]) - kept
        if size is None or len(kept) + len(more) <= size:
            kept |= more
    own = set(pieces.own.values())
    return np.asarray(sorted(kept, key=lambda place: (place not in own, place)), dtype=np.int64)


def with_fewer_tokens(
    tokenizer: PreTrainedTokenizerFast, kept: np.ndarray
) -> PreTrainedTokenizerFast:
    """The tokenizer with the tokens of the old ids `kept` (tokens,), which become 0, 1, 2, ...

    Texts that need no other tokens encode to the same ones as before.
    """
    pieces = Pieces.of(tokenizer.backend_tokenizer)
    names = {place: token for token, place in pieces.ids.items()}
    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        file = Path(folder) / "tokenizer.json"
        file.write_text(json.dumps(renumbered(pieces, kept), ensure_ascii=False), encoding="utf-8")
        small = load_tokenizer(Path(folder))
    expected = {names[int(old)]: new for new, old in enumerate(kept)}
    if small.get_vocab() != expected:
        wrong = next(each for each in expected if small.get_vocab().get(each) != expected[each])
        raise ModelError(
            f"the tokenizer does not give the token {wrong!r} its new id",
            hint="its vocabulary cannot be cut; leave the step out",
        )
    return small


def renumbered(pieces: Pieces, kept: np.ndarray) -> dict[str, Any]:
    """The tokenizer file with only the tokens of the old ids `kept`, numbered anew everywhere."""
    new = {int(old): place for place, old in enumerate(kept)}
    spec = copy.deepcopy(pieces.spec)
    model = spec["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [each for old, each in enumerate(model["vocab"]) if old in new]
        model["unk_id"] = new.get(model["unk_id"])
    else:
        own = {token: new[old] for token, old in pieces.own.items() if old in new}
        model["vocab"] = dict(sorted(own.items(), key=lambda item: item[1]))
    if model["type"] == "BPE":
        model["merges"] = [
            merge
            for merge in model["merges"]
            if {*pair_of(merge), pieces.merged(*pair_of(merge))} <= set(model["vocab"])
        ]
    added = [{**each, "id": new[each["id"]]} for each in spec["added_tokens"] if each["id"] in new]
    spec["added_tokens"] = sorted(added, key=lambda each: each["id"])
    renumber_frame(spec["post_processor"], new)
    if spec["padding"]:
        spec["padding"]["pad_id"] = new[spec["padding"]["pad_id"]]
    return spec


def renumber_frame(processor: dict[str, Any] | None, new: dict[int, int]) -> None:
    """Give the special tokens that frame a text their new ids, in place."""
    if processor is None:
        return
    match processor["type"]:
        case "TemplateProcessing":
            for each in processor["special_tokens"].values():
                each["ids"] = [new[old] for old in each["ids"]]
        case "BertProcessing" | "RobertaProcessing":
            for role in ("sep", "cls"):
                token, old = processor[role]
                processor[role] = [token, new[old]]
        case "Sequence":
            for part in processor["processors"]:
                renumber_frame(part, new)


def special_ids(config: Any) -> dict[str, int | list[int]]:
    """The token ids that a model's configuration names, by their key."""
    found = {key: getattr(config, key) for key in vars(config) if key.endswith("_token_id")}
    return {key: each for key, each in found.items() if isinstance(each, int | list)}


def with_token_rows(model: Any, kept: np.ndarray) -> Any:
    """A new model of the same class with the embeddings of the old ids `kept` (tokens,) alone.

    Rows of output embeddings, tied or not, go with them, and so do the special ids of the
    configuration. Raises ModelError where the model has no table with a row for each of them.
    """
    table = model.get_input_embeddings()
    if not isinstance(table, nn.Embedding) or int(kept.max()) >= table.num_embeddings:
        raise ModelError(
            f"{type(model).__name__} has no embedding for every token of its tokenizer",
            hint="take the tokenizer that the model was trained with",
        )
    output = model.get_output_embeddings()
    cut = [table.weight, *([] if output is None else output.parameters())]
    rows = torch.from_numpy(kept)
    state = model.state_dict()
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if any(parameter is each for each in cut):
            state[name] = state[name][rows]
    for name in getattr(model, "token_buffers", ()):
        state[name] = state[name][rows]
    with fitting(
        f"{type(model).__name__} cannot have {len(kept)} tokens", "leave its vocabulary as it is"
    ):
        return rebuilt(model, with_ids(model.config, kept), state)


def with_ids(config: Any, kept: np.ndarray) -> Any:
    """A configuration for the old ids `kept` (tokens,): special ones have their new numbers.

    One that leads to none of them, such as that of a sign that the tokenizer does not have, is left
    out where the configuration lets it, and else is the first.
    """
    config = copy.deepcopy(config)
    config.vocab_size = len(kept)
    new = {int(old): place for place, old in enumerate(kept)}
    for key, ids in special_ids(config).items():
        if isinstance(ids, list):
            setattr(config, key, [new[each] for each in ids])
            continue
        try:
            setattr(config, key, new.get(ids))
        except StrictDataclassError:
            setattr(config, key, 0)
    return config


def with_positions(model: Any, length: int) -> Any:
    """The model with absolute positions for `length` tokens, or itself where it has no more.

    Where a padding id shifts the positions (RoBERTa), those before them are kept. Positions that
    only say how far tokens are apart take no room worth the cut.
    """
    if getattr(model.config, "relative_attention", False):
        return model
    state, size = model.state_dict(), 0
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            size = length + (0 if module.padding_idx is None else module.padding_idx + 1)
            state[f"{name}.weight"] = module.weight.detach()[:size]
    if not 0 < size < model.config.max_position_embeddings:
        return model
    config = copy.deepcopy(model.config)
    config.max_position_embeddings = size
    return rebuilt(model, config, state)
