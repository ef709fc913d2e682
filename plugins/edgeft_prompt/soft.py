"""Learns vectors that stand before every text: a soft prompt.

(Lester et al. 2021, https://arxiv.org/abs/2104.08691) The vectors are rows of the embedding table
that belong to new tokens, and the tokenizer puts these behind the first of its own. (peft learns
rows of a table too, as TrainableTokens, but saves no head beside them while it trains.)
"""

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import AddedToken
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.architectures import trained_pooling
from edgeft.data.rows import labelled, open_split
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.runtime.naming import readable
from edgeft.surgery.heights import freeze_lowest
from edgeft.surgery.layers import depth_of
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import pick_max_length, save_checkpoint, train
from edgeft_prompt import PrefixOptions, PromptOptions
from edgeft_prompt.framing import check_frame, check_room, frame_of, framed, unlimited


class PromptEmbedding(nn.Embedding):
    """A frozen embedding whose rows from `first` on are learnt."""

    def __init__(self, whole: nn.Embedding, first: int, rows: torch.Tensor) -> None:
        super().__init__(
            whole.num_embeddings,
            whole.embedding_dim,
            padding_idx=whole.padding_idx,
            _weight=whole.weight.detach(),
        )
        self.weight.requires_grad_(False)
        self.first = first
        self.prompt = nn.Parameter(rows.clone())  # (tokens, hidden)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Look ids (batch, tokens) up, giving (batch, tokens, hidden)."""
        place = input - self.first
        learnt = (place >= 0) & (place < len(self.prompt))
        rows = functional.embedding(place.clamp(0, len(self.prompt) - 1), self.prompt)
        return torch.where(learnt[..., None], rows, super().forward(input))


def finetune(
    draft: Any, base: Path, data: Dataset, options: PromptOptions, context: Context
) -> None:
    """Learn a prompt and a head for the labels of `data` on `base`, and write them baked in."""
    set_seed(context.seed)
    pooling = trained_pooling(base) if options.pooling == "auto" else options.pooling
    model = context.task.load_model(
        base, data.labels, pooling=None if pooling == "own" else pooling
    )
    plain = load_tokenizer(base)
    tokenizer, new = with_prompt(plain, options.tokens)
    rows = labelled(open_split(data, "train"))
    max_length = pick_max_length(model, tokenizer, rows, options.max_length, context.seed)
    check_room(frame_of(tokenizer), max_length)
    start = start_ids(plain, data.labels, options, context.seed)
    freeze_lowest(model, depth_of(model))
    make_learnable(model, new, start)
    trained = train(
        model,
        tokenizer,
        rows,
        open_split(data, "validation"),
        task=context.task,
        labels=data.labels,
        options=options.model_copy(update={"max_length": max_length}),
        context=context,
    )
    trained_weights = sum(each.numel() for each in model.parameters() if each.requires_grad)
    bake(model)
    save_checkpoint(draft, model, tokenizer, max_length, data.labels)
    check_frame(draft.path, tokenizer)
    draft.figures = trained.figures | {"trained_weights": trained_weights}


def with_prompt(
    tokenizer: PreTrainedTokenizerFast, tokens: int
) -> tuple[PreTrainedTokenizerFast, list[int]]:
    """A tokenizer that puts so many new tokens before every text, and their ids, one after another.

    A prompt that is there already stays, before the new one.
    """
    backend = unlimited(tokenizer)
    known = backend.get_vocab(with_added_tokens=True)
    named = (f"[P{number}]" for number in range(len(known) + tokens))
    names = [name for name in named if name not in known][:tokens]
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    ids = [int(backend.token_to_id(name) or 0) for name in names]
    if ids != list(range(ids[0], ids[0] + tokens)):
        raise ModelError(
            "the tokenizer does not number new tokens one after another",
            hint="take another model, or another finetuner",
        )
    return framed(tokenizer, ids, [], backend), ids


def start_ids(
    tokenizer: PreTrainedTokenizerFast,
    labels: list[str],
    options: PromptOptions | PrefixOptions,
    seed: int,
) -> list[int]:
    """The token that each vector of the prompt starts as: those of the labels' names, in turn."""
    random = np.random.default_rng(seed)
    special = set(tokenizer.all_special_ids)
    others = np.array([each for each in range(len(tokenizer)) if each not in special])
    names = [readable(label) for label in labels]
    rows = tokenizer(names, add_special_tokens=False)["input_ids"]
    found = [each for row in rows for each in row if each not in special]
    if options.start == "random" or not found:
        return [int(each) for each in random.choice(others, options.tokens)]
    return [found[place % len(found)] for place in range(options.tokens)]


def make_learnable(model: PreTrainedModel, new: list[int], start: list[int]) -> None:
    """Give the model rows for the ids `new` that are learnt, and that begin as those of `start`."""
    table = cast("nn.Embedding", model.get_input_embeddings())
    if new[-1] >= table.num_embeddings:
        model.resize_token_embeddings(new[-1] + 1, mean_resizing=False)
        table = cast("nn.Embedding", model.get_input_embeddings())
    rows = table.weight.detach()[start]
    model.set_input_embeddings(PromptEmbedding(table, new[0], rows))


def bake(model: PreTrainedModel) -> None:
    """Write what was learnt into the table, and give the model a plain one again."""
    learnt = cast("PromptEmbedding", model.get_input_embeddings())
    weight = learnt.weight.detach().clone()
    weight[learnt.first : learnt.first + len(learnt.prompt)] = learnt.prompt.detach()
    plain = nn.Embedding(*weight.shape, padding_idx=learnt.padding_idx, _weight=weight)
    model.set_input_embeddings(plain)
