import pytest
import torch
from transformers import AutoModelForQuestionAnswering, MarianConfig

from edgeft.errors import ModelError
from edgeft.tasks.question_answering import QuestionAnswering

IDS = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 6, 5]])


def load(source, **config):
    return QuestionAnswering().load_model(source, **config).eval()


@pytest.mark.parametrize(
    "family", ["bert", "distilbert", "roberta", "electra", "deberta-v2", "modernbert"]
)
def test_what_is_written_is_a_model_of_transformers(family, make_question_base, tmp_path):
    model = load(make_question_base(family))
    assert model.config.id2label == {0: "start", 1: "end"}
    model.save_pretrained(tmp_path)
    theirs = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        wanted, found = theirs(input_ids=IDS), model(input_ids=IDS)
        again = load(tmp_path)(input_ids=IDS)
    logits = torch.stack([wanted.start_logits, wanted.end_logits], dim=-1)
    torch.testing.assert_close(found.logits, logits)
    torch.testing.assert_close(again.logits, logits)
    assert type(model).__name__ == type(theirs).__name__


def test_a_head_that_was_trained_for_answers_is_kept_whatever_its_labels(
    make_question_base, tmp_path
):
    theirs = AutoModelForQuestionAnswering.from_pretrained(make_question_base("bert"))
    assert theirs.config.id2label == {0: "LABEL_0", 1: "LABEL_1"}
    theirs.save_pretrained(tmp_path)
    torch.testing.assert_close(load(tmp_path).qa_outputs.weight, theirs.qa_outputs.weight)


def test_a_classifier_gets_a_head_for_answers(make_tiny_checkpoint):
    model = load(make_tiny_checkpoint("bert").path)
    assert model.qa_outputs.out_features == 2


def test_a_model_without_such_a_head_is_refused(tmp_path):
    MarianConfig(vocab_size=8, pad_token_id=0).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="of the kind 'marian', which has no head for answers"):
        load(tmp_path)
