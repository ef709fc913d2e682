"""What a benchmark keeps: every figure with its interval, its raw values and its machine."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Interval = Annotated[tuple[float, float], Field(description="95 % bootstrap interval")]

ENOUGH_OF_A_CORE = 0.9
"""CPU time over wall time from which on nothing else had the core"""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Machine(Part):
    """Where and with what something was measured."""

    cpu: str = Field(description="model name of the CPU")
    architecture: str = Field(description="such as x86_64 or aarch64")
    cores: int = Field(description="logical cores of the machine")
    usable_cores: int = Field(description="cores that this process may use: affinity and quota")
    flags: list[str] = Field(description="CPU features that matrix products depend on")
    memory_bytes: int | None = Field(description="memory of the machine")
    virtual: bool = Field(description="whether a hypervisor announces itself")
    governor: str = Field(description="frequency governor of the first core, where one is told")
    load_average: float | None = Field(description="runnable processes over the minute before")
    gpu: list[str] = Field(description="GPUs by name, where a driver tells")
    system: str = Field(description="operating system and kernel")
    python: str
    packages: dict[str, str] = Field(description="versions of what is measured")
    date: str = Field(description="when, ISO 8601 in UTC")


class Figure(Part):
    """One number and how far it could lie from what the sample says."""

    value: float
    interval: Interval


class Timing(Part):
    """Milliseconds a call."""

    p50_ms: float
    p50_interval: Interval
    p90_ms: float
    p90_interval: Interval
    p99_ms: float
    p99_interval: Interval
    raw_ms: list[float] = Field(description="every call in the order of measuring")


class Row(Part):
    """One subject with one number of threads and one batch size."""

    subject: str
    provider: str = Field(description="execution provider or torch device that was used")
    threads: int
    batch_size: int = Field(description="texts a call")
    calls: int = Field(description="timed calls")
    calls_a_round: int = Field(description="calls that a subject made before the next one's turn")
    total: Timing = Field(description="text in, label out")
    tokenization: Timing | None = Field(None, description="text to the graph's inputs alone")
    session: Timing | None = Field(None, description="the graph alone")
    texts_a_second: Figure
    ratio: Figure = Field(description="p50 of this subject / p50 of the first subject")
    cpu_ms: Figure | None = Field(
        None, description="median CPU time of a call, all threads: hardly moved by other programs"
    )
    cpu_ratio: Figure | None = Field(
        None, description="median CPU time of this subject / that of the first subject"
    )
    agreement: float = Field(
        description="share of texts answered as the first subject does; numbers are the same within"
        " a tenth of the standard deviation of its numbers"
    )
    agreement_interval: Interval | None = Field(
        None, description="of the agreement; the texts that were asked count once"
    )
    agreement_n: int | None = Field(None, description="different texts that were answered")
    cores_used: float = Field(description="CPU time / wall time of the timed calls")
    peak_memory_bytes: int | None = Field(description="high-water mark of a process for this row")

    @property
    def delayed(self) -> bool:
        """Whether what computes on the CPU waited for a core, which other programs had."""
        return self.cores_used < ENOUGH_OF_A_CORE and "cpu" in self.provider.lower()


class ColdStart(Part):
    """Fresh processes from their start to their first answer, files in the page cache."""

    subject: str
    n: int
    seconds: Figure = Field(description="median from starting the process to its first answer")
    import_seconds: float = Field(description="median of importing the library")
    load_seconds: float = Field(description="median of loading the model")
    answer_seconds: float = Field(description="median of the first answer")
    raw_seconds: list[float]


class SubjectFacts(Part):
    """What a subject is."""

    name: str
    kind: str = Field(description="bundle or checkpoint")
    variant: str = Field(description="graph of the bundle, or number type of the checkpoint")
    size_bytes: int = Field(description="the ONNX file, or the checkpoint's weights")
    runs_on: str = Field(description="what runs it, with its version")


class Texts(Part):
    """The texts that were answered."""

    n: int
    source: str = ""
    characters: dict[str, float] = Field(description="p50, p95 and max")
    tokens: dict[str, float] = Field(default={}, description="p50, p95 and max, where one tells")
    counted: int = Field(0, description="texts whose tokens these are: not all of very many")


class Benchmark(Part):
    """Everything that one benchmark found."""

    schema_version: int = 1
    machine: Machine
    texts: Texts
    device: str
    seconds: float = Field(description="timed work asked for, a subject and setting")
    seed: int
    subjects: list[SubjectFacts] = Field(description="the first is what the others compare with")
    rows: list[Row]
    cold_starts: list[ColdStart] = []
    notes: list[str] = Field(default=[], description="what a reader has to know of these figures")

    def row(self, subject: str, *, threads: int, batch_size: int) -> Row:
        """The row of one subject in one setting; raises KeyError."""
        for row in self.rows:
            if (row.subject, row.threads, row.batch_size) == (subject, threads, batch_size):
                return row
        raise KeyError((subject, threads, batch_size))

    def without_raw(self) -> "Benchmark":
        """A copy without the raw values, for manifests and reports."""
        copy = self.model_copy(deep=True)
        for row in copy.rows:
            for timing in (row.total, row.tokenization, row.session):
                if timing is not None:
                    timing.raw_ms = []
        for start in copy.cold_starts:
            start.raw_seconds = []
        return copy
