"""Makes a static student of a teacher's vocabulary, and lets it learn."""

from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedTokenizerFast, set_seed

from edgeft.architectures.static import StaticConfig, StaticForSequenceClassification
from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Bundle, Checkpoint, Dataset
from edgeft.training.encoding import load_tokenizer
from edgeft_static.vectors import counts_of, initial_vectors

if TYPE_CHECKING:
    from edgeft_static import Static, StaticOptions


def distill(step: "Static", teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a static student of `teacher` and write its checkpoint.

    It reads the teacher's tokens. Its vectors start as the teacher's own, or at random where the
    teacher is a bundle, which has none to give. Raises ModelError for a teacher that lacks a
    label of the data.
    """
    options, context = step.options, step.context
    check_labels(teacher, data)
    with step.writing(Checkpoint, teacher=teacher, data=data) as draft:
        set_seed(context.seed)
        tokenizer = load_tokenizer(teacher.path)
        model = untrained(tokenizer, teacher.labels, options)
        if isinstance(teacher, Checkpoint):
            vectors = initial_vectors(
                context.task.load_model(teacher.path),
                tokenizer,
                counts_of(data, tokenizer),
                options.width,
                context,
            )
            with torch.no_grad():
                model.get_input_embeddings().weight.copy_(vectors)
        draft.figures |= {
            "parameters": model.num_parameters(),
            "vocabulary": len(tokenizer),
            "vectors_from": "teacher" if isinstance(teacher, Checkpoint) else "chance",
        }
        learn(model, tokenizer, teacher, data, draft, options=options, context=context)
    return draft.artifact


def untrained(
    tokenizer: PreTrainedTokenizerFast, labels: list[str], options: "StaticOptions"
) -> StaticForSequenceClassification:
    """A static model for a tokenizer and labels; n-grams begin as zeros and so change nothing."""
    return StaticForSequenceClassification(
        StaticConfig(
            vocab_size=len(tokenizer),
            hidden_size=options.width,
            ngrams=options.ngrams,
            buckets=options.buckets,
            intermediate_size=options.hidden,
            dropout=options.dropout,
            pad_token_id=tokenizer.pad_token_id,
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
        )
    )
