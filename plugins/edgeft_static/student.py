"""Makes a static student of a teacher's vocabulary, and lets it learn."""

from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import PreTrainedTokenizerFast, set_seed

from edgeft.architectures.static import StaticConfig, StaticForSequenceClassification
from edgeft.data.rows import answers_of, open_split
from edgeft.distillation.ensemble import by_role, open_teachers
from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Bundle, Checkpoint, Dataset
from edgeft.surgery.vocabulary import tokens_to_keep, with_fewer_tokens
from edgeft.training.counting import counted
from edgeft.training.encoding import load_tokenizer
from edgeft_static.vectors import initial_vectors, outputs_alone

if TYPE_CHECKING:
    from edgeft_static import Static, StaticOptions

LONGEST = 512
"""tokens of a text that are counted, at most"""


def distill(step: "Static", teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a static student of `teacher` and write its checkpoint.

    It reads those of the teacher's tokens that the texts have, and those that guarantee that any
    text encodes; the rest would only make its table large. Its vectors start as the teacher's own,
    or at random where the teacher is a bundle, which has none to give. Raises ModelError for a
    teacher that lacks a label of the data.
    """
    options, context = step.options, step.context
    check_labels(teacher, data)
    others = open_teachers(options.teachers, teacher.labels)
    with step.writing(Checkpoint, **by_role(teacher, others, data)) as draft:
        set_seed(context.seed)
        whole = load_tokenizer(teacher.path)
        counts = counted(
            whole, data, context, max_length=LONGEST, use_unlabelled=options.use_unlabelled
        )
        kept = tokens_to_keep(whole, counts, reserve=options.reserve, size=options.size)
        tokenizer = with_fewer_tokens(whole, kept)
        model = untrained(tokenizer, teacher.labels, options)
        if isinstance(teacher, Checkpoint):
            encoder = context.task.load_model(teacher.path).base_model
            outputs = outputs_alone(encoder, whole, kept, context)
            with torch.no_grad():
                model.get_input_embeddings().weight.copy_(
                    initial_vectors(outputs, counts[kept], options.width)
                )
        draft.figures |= {
            "parameters": model.num_parameters(),
            "vocabulary": len(tokenizer),
            "vocabulary_of": len(whole),
            "vectors_from": "teacher" if isinstance(teacher, Checkpoint) else "chance",
        }
        rates = context.task.start(model, answers_of(open_split(data, "train")))
        learn(
            model,
            tokenizer,
            teacher,
            data,
            draft,
            options=options,
            context=context,
            teachers=others,
            rates=rates,
        )
    return draft.artifact


def untrained(
    tokenizer: PreTrainedTokenizerFast, labels: list[str], options: "StaticOptions"
) -> StaticForSequenceClassification:
    """A static model for a tokenizer and labels; n-grams begin as zeros and so change nothing."""
    model = StaticForSequenceClassification(
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
    if options.ngrams > 1:
        nn.init.zeros_(model.embeddings.ngrams.weight)
    return model
