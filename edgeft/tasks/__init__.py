"""All that differs between tasks: columns, head, encoding, metrics, decoding. One room a task."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from edgeft.errors import DataError, RecipeError
from edgeft.manifests import Decoding

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.given import Given
    from edgeft.runtime.outputs import Outputs

Answer = Literal["label", "labels", "number", "spans", "vector", "span", "word"]
"""what a model says: one label, those of several that hold, a number, parts of the text, a vector,
which lies near those of texts that mean the same, the part of a second text that answers the first,
or a word that is hidden in the text"""
FileReader = Callable[
    [Iterable[str], Mapping[str, str]], Iterator[tuple[int, tuple[Any, ...] | DataError]]
]
"""from a file's lines, and the columns that are wanted by their roles, text, pair, label and
weight, to rows: each the number of its first line, and a value for each role, as `write_text` and
`write_answer` take it, or the error, without a place, of a row that cannot be used"""
OF_PAIRS = {
    "text": ("sentence1", "premise", "text1", "text_a", "question1"),
    "pair": ("sentence2", "hypothesis", "text2", "text_b", "question2"),
}
"""names that the columns of two texts often have, by role"""
Written = tuple[str, str | None, str | None]
"""a row as the dataset is to hold it: its text, its second text and its answer, None where there is
none"""
UNLABELLED = -100
"""the index of a label that is not there; torch's cross-entropy leaves it out"""


class Scores(BaseModel):
    """What one model got on one split."""

    n: int = Field(description="rows scored")
    metrics: dict[str, float] = Field(description="every metric the task knows, by name")
    intervals: dict[str, tuple[float, float]] = Field(
        default={}, description="95 % bootstrap interval over the rows, by metric"
    )
    per_class: list[dict[str, Any]] = Field(
        default=[], description="label, precision, recall, f1, support"
    )
    calibration_error: float | None = Field(
        None, description="expected calibration error: how far probabilities lie from being right"
    )
    confusion: list[list[int]] = Field(
        default=[], description="rows of that label (first index) answered so (second index)"
    )


class Watch:
    """Looks at the rows of a source that can be used, for what its reader has to know of them."""

    def look(self, number: int, values: Mapping[str, Any]) -> None:
        """Look at a row: its number in the source, and its values by role."""
        raise NotImplementedError

    def told(self) -> tuple[int, int, str] | None:
        """Of how many rows there is something to say, the first one's number, and what; or None."""
        raise NotImplementedError


class Task:
    """What a task is: its data, its head, its loss, its metrics, and how a device decodes it.

    Everything that a room needs torch, numpy or transformers for stands in a module that its
    methods import. What a row's answer is stands in a dataset as a string, in the task's own
    writing, so that whatever moves rows about need not know it.
    """

    name: ClassVar[str]
    answer: ClassVar[Answer] = "label"
    """what kind of thing it answers with: steps say which kinds they suit"""
    pairs: ClassVar[bool] = False
    """whether a row has a second text, in the column `pair`"""
    marks: ClassVar[Literal["relation", "mask"] | None] = None
    """what is marked in each text, for every step to keep: the two parts of a relation, or a hidden
    word; see `edgeft.runtime.windows`"""
    closed: ClassVar[bool] = True
    """whether a model has to know each label of the texts that it is judged by"""
    decides: ClassVar[bool] = False
    """whether what it answers depends on what `calibrated` finds, such as on thresholds"""
    per_token: ClassVar[bool] = False
    """whether the head answers each token, and not the text as a whole"""
    labelled: ClassVar[bool] = True
    """whether a row has an answer; without, a model is judged by what it was made from"""
    columns: ClassVar[tuple[str, ...]] = ("text", "label")
    """the columns a data source must have, by role; the recipe maps others to them"""
    optional: ClassVar[tuple[str, ...]] = ()
    """columns that it need not have, and that are read where the recipe names them"""
    further: ClassVar[tuple[str, ...]] = ()
    """columns that a source may have besides; of a row that has one, `write_text` and
    `write_answer` are given a dict of the text and these"""
    shared: ClassVar[str] = ""
    """the column of a text that many rows share, so that rows are alike only if both of their texts
    are, and a split keeps all rows of a text on one side; empty where texts are rows' own"""
    usual: ClassVar[dict[str, tuple[str, ...]]] = {}
    """names that these columns often have, by role, where one could tell by them"""
    metrics: ClassVar[dict[str, bool]]
    """known metrics, and whether greater is better"""
    metric: ClassVar[str]
    """the metric to use where a recipe names none"""
    temperature: float = 1.0
    """what a loss of cosines divides them by; other tasks do not read it"""
    plugin: ClassVar[str] = ""
    """name of the plugin that provides it; set by the registry"""

    def check_metric(self, metric: str) -> str:
        """The name of a metric, as given; raises RecipeError for one that this task lacks."""
        if metric not in self.metrics:
            raise RecipeError(
                f"task {self.name} knows no metric {metric!r}",
                hint=f"it knows: {', '.join(sorted(self.metrics))}",
            )
        return metric

    # data

    def reader_of(self, suffix: str, *, labelled: bool = True) -> FileReader | None:
        """What reads files of a kind that this task alone knows, such as `.conll`; None for others.

        `suffix` is in lower case. What is named here comes before what all tasks read. Where rows
        are not to be `labelled`, a `.txt` file is one text a line, unless this says otherwise.
        """
        return None

    def own_columns(self, row: Mapping[str, Any]) -> dict[str, str]:
        """The columns of a row, by role, whose cells can only be this task's; empty for others.

        `row` is what a source holds, by column: so a first look tells which task it is for.
        """
        return {}

    def watch(self) -> Watch | None:
        """What looks for answers of a source that are read, though not as they stand."""
        return None

    def write_rows(self, number: int, values: Mapping[str, Any]) -> list[Written]:
        """What a source's row, its values by role, becomes: a row of the dataset.

        Several where its texts are read apart, and none where its text is empty. `number` tells the
        rows of a source apart. Raises DataError, without a place, for what cannot be used.
        """
        given = self.text_given(values)
        text = self.write_text(given)
        if not text or text.isspace():
            return []
        pair, answer, asked = None, None, given
        if "pair" in values:
            pair = self.write_pair(values["pair"])
            asked = (given, values["pair"])
        if "label" in values:
            answer = self.write_answer(values["label"], asked)
        return [(text, pair, answer)]

    def text_given(self, values: Mapping[str, Any]) -> Any:
        """What `write_text` takes of a row's values by role: more than the text, if it has more."""
        if any(values.get(role) is not None for role in self.further):
            return {role: values.get(role) for role in ("text", *self.further)}
        return values["text"]

    def write_pair(self, value: Any) -> str:
        """A row's second text; raises DataError, without a place, where there is none."""
        pair = self.write_text(value)
        if not pair or pair.isspace():
            raise DataError("the second text is empty", hint="fill it in, or remove the row")
        return pair

    def write_text(self, value: Any) -> str:
        """What a source holds in its column of texts, as the dataset is to hold it.

        Empty for what is missing. Raises DataError, without a place, for what is no text.
        """
        if value is None:
            return ""
        if not isinstance(value, str):
            raise DataError(
                f"the text is {value!r:.60}, not a string",
                hint="write it as a string, or name another column: `columns: {text: ...}`, or"
                " --text",
            )
        return value

    def kept_spans(self, text: str) -> "list[tuple[int, int]]":
        """The characters of a dataset's text that copies have to keep as they are."""
        return []

    def names_in(self, texts: Iterable[str], names: list[str]) -> list[str]:
        """The labels of a model, where the training texts themselves tell more than `names`."""
        return names

    def write_answer(self, value: Any, text: Any) -> str:
        """What a source holds in its label column, as the dataset is to hold it.

        `text` is what the source holds in the row's column of texts, or a tuple of both texts
        where there are two. Raises DataError, without a place, for what is no answer.
        """
        raise NotImplementedError

    def in_words(self, answer: str, given: "Given") -> str:
        """What an answer says of its text, or two texts, for people to compare with another's.

        As it is written, unless that is of places in a text.
        """
        return answer

    def label_names(self, answers: Sequence[str]) -> list[str]:
        """The labels of a model, in the order of its logits, of all different answers in train."""
        raise NotImplementedError

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        """Raise DataError where a model cannot be trained on these different answers of train."""

    def unknown(self, answer: str, names: list[str]) -> str | None:
        """The first label of an answer that is not among `names`; None where all are."""
        raise NotImplementedError

    def together(self, answers: Sequence[str | None]) -> "np.ndarray | None":
        """Numbers (rows,), equal for rows that were one row of a source: no split parts them.

        They stand one after another, the source's first text first. None where each stands alone.
        """
        return None

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """Numbers (rows,) of the groups of which a split is to take its share each."""
        raise NotImplementedError

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        """How often each label stands in the answers; empty where there is nothing to count."""
        raise NotImplementedError

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """What the answers say, as `score` reads it: an array whose first axis is the rows.

        A row without an answer has the value that the losses leave out.
        """
        raise NotImplementedError

    def truth_in(
        self, texts: Iterable["Given"], answers: Sequence[str | None], names: list[str]
    ) -> "np.ndarray":
        """What the answers to these texts say, where `score` has to know the texts as well."""
        return self.truth(answers, names)

    def tags(self, answer: str | None, spans: "np.ndarray", names: list[str]) -> "np.ndarray":
        """Of a task of tokens: the place in `names` of each unit's label, int64 (units,).

        `spans` are the units' characters in their text, (units, 2). All are UNLABELLED where there
        is no answer.
        """
        raise NotImplementedError

    def moved(
        self, values: "np.ndarray", spans: "np.ndarray", units: "np.ndarray", names: list[str]
    ) -> "np.ndarray":
        """Of a task of tokens: what is said of a text's units, moved onto other units of it.

        `values` (units, `names`) are said of the characters `spans` (units, 2); the result is for
        the characters `units` (other units, 2), NaN where nothing is said of them.
        """
        raise NotImplementedError

    # training

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        """Load a pretrained model with this task's head: new for `labels`, or the one it has.

        `pooling` is what the head is to read: the mean of the token vectors, or the first.
        """
        raise NotImplementedError

    def start(
        self, model: Any, answers: Sequence[str | None], *, new: bool = True
    ) -> dict[str, float]:
        """Make a head ready for the training rows' answers: a `new` one, or one that knew others.

        Returns shares of the learning rate for weights by name, where it is not the whole.
        """
        return {}

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        """The mean loss () of a batch's logits; each row's is multiplied by its weight, if any."""
        raise NotImplementedError

    def mates(self, truth: "np.ndarray") -> "tuple[np.ndarray, int] | None":
        """Numbers (rows,) of the groups whose rows teach something where a batch has several.

        And the most of a group that a batch is to hold; a row whose number is negative stands
        alone. None where every row teaches something alone.
        """
        return None

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        """How far the logits of a batch lie from the teacher's, both of the same rows: ()."""
        raise NotImplementedError

    # judging

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        """Score what a model says of rows against what `truth` gave of them."""
        raise NotImplementedError

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        """Whether each row is answered rightly, all of it: bool (rows,)."""
        raise NotImplementedError

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        """The 95 % interval of metric(reference) - metric(candidate), both on the same rows."""
        raise NotImplementedError

    def compare(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float, tuple[float, float], int]:
        """A metric of two models on the same rows, the 95 % interval of its difference, and its n.

        The difference is metric(reference) - metric(candidate).
        """
        before, after = (self.score(truth, each, names) for each in (reference, candidate))
        interval = self.difference_interval(truth, reference, candidate, metric, names)
        return before.metrics[metric], after.metrics[metric], interval, after.n

    def nothing_learnt(self, metric: str, metrics: Mapping[str, float], truth: "np.ndarray") -> str:
        """Why a model of these metrics of rows, `truth` (rows, ...), has learnt nothing.

        Empty where it has, as far as can be told: where more is better, 0 is nothing.
        """
        if not self.metrics[metric] or metrics[metric] > 0:
            return ""
        return f"{metric} is {metrics[metric]:.4f}"

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        """How far apart two models' answers to the same rows lie on average; 0 where equal."""
        raise NotImplementedError

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        """How alike two models answer: the share of rows or items, or what says so of numbers."""
        raise NotImplementedError

    def first_decoding(self, names: list[str]) -> Decoding:
        """How a device turns outputs into answers, before validation rows have told more."""
        raise NotImplementedError

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        """The decoding of a model that says this of validation rows, such as with thresholds."""
        return self.first_decoding(names)

    def decided(self, outputs: "Outputs", decoding: Decoding) -> "Outputs":
        """The outputs as the decoding reads them: what `score` takes for an answer is one."""
        return outputs

    def calibration_error(
        self, truth: "np.ndarray", outputs: "Outputs", decoding: Decoding, names: list[str]
    ) -> float | None:
        """How far the probabilities that the decoding makes of outputs lie from being right.

        None where `score` tells it, of what `decided` gives, and where there are none.
        """
        return None

    def judged(
        self, truth: "np.ndarray", outputs: "Outputs", decoding: Decoding, names: list[str]
    ) -> Scores:
        """The scores of what the decoding makes of outputs."""
        scores = self.score(truth, self.decided(outputs, decoding), names)
        error = self.calibration_error(truth, outputs, decoding, names)
        return scores if error is None else scores.model_copy(update={"calibration_error": error})
