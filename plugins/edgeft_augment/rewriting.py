"""Copies that other programs write: back-translation, paraphrase, whatever reads and writes lines.

Back-translation (Sennrich, Haddow and Birch 2016, https://arxiv.org/abs/1511.06709) is two such
programs, there and back. What they wrote is kept, for they may be slow or cost money.
"""

import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import datasets

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.kept import kept_by
from edgeft.data.rows import open_split, originals
from edgeft.data.workers import AHEAD
from edgeft.plugin import Context, DataError, Dataset, OutputError
from edgeft.progress import Bar
from edgeft.runtime.manifest import sha256
from edgeft.runtime.threads import available_threads
from edgeft_augment import Rewrite

LINES = 100
"""texts that the programs are given at a time: what was written before an interruption is kept"""


def rewrite(step: Rewrite, data: Dataset) -> Dataset:
    """Write `data` with a rewritten copy of each training text that came back otherwise."""
    programs = [tuple(command) for command in step.options.commands]
    written = Written(programs, step.options.timeout, step.context)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for rows, texts in written.of(some_at_a_time(train)):
            for row, text in zip(rows, texts, strict=True):
                yield {**row, "text": text, "parent": row["id"]}
            bar.advance(len(rows))

    return add(step, data, copies, total=len(originals(open_split(data, "train"))))


def some_at_a_time(train: datasets.Dataset) -> Iterator[list[Row]]:
    """The rows that are no copies, as many as the programs are given at a time."""
    for batch in batches_of(train):
        firsts = [row for row in batch if row["parent"] is None]
        for start in range(0, len(firsts), LINES):
            yield firsts[start : start + LINES]


class Written:
    """What a chain of programs wrote for each line, the same in every run."""

    def __init__(self, programs: list[tuple[str, ...]], timeout: float, context: Context) -> None:
        self.programs = programs
        self.timeout = timeout
        self.threads = context.threads or available_threads()
        self.kept = kept_by(context, "rewritten", programs=programs, scripts=scripts(programs))

    def of(self, parts: Iterable[list[Row]]) -> Iterator[tuple[list[Row], list[str]]]:
        """Each part of the rows with what the programs write for its texts, in their order.

        As many parts as there are threads are with the programs at once, and a line is with them
        once. Whatever ends this, what is with them is waited for, and kept where they end well.
        """
        waiting: deque[tuple[list[Row], list[str], list[str], Future[None]]] = deque()
        asked: set[str] = set()
        pool = ThreadPoolExecutor(self.threads)

        def first() -> tuple[list[Row], list[str]]:
            rows, lines, new, future = waiting.popleft()
            future.result()
            asked.difference_update(new)
            return rows, [self.kept[line] for line in lines]

        try:
            for rows in parts:
                lines = [" ".join(row["text"].split()) for row in rows]
                new = [
                    line
                    for line in dict.fromkeys(lines)
                    if line not in asked and line not in self.kept
                ]
                asked.update(new)
                waiting.append((rows, lines, new, pool.submit(self.ask, new)))
                if len(waiting) >= AHEAD * self.threads:
                    yield first()
            while waiting:
                yield first()
        finally:
            pool.shutdown(cancel_futures=True)

    def ask(self, lines: list[str]) -> None:
        """Let the programs write lines, and keep what they wrote."""
        if lines:
            found = through(self.programs, lines, self.timeout)
            self.kept.keep(dict(zip(lines, found, strict=True)))


def scripts(programs: list[tuple[str, ...]]) -> list[str]:
    """A hash of each file that a program is given: another script writes otherwise."""
    words = [word for program in programs for word in program[1:]]
    return [sha256(Path(word)) for word in words if names_file(word)]


def names_file(word: str) -> bool:
    """Whether an argument of a program names a file; a script in one line may be too long to."""
    try:
        return Path(word).is_file()
    except OSError:
        return False


def through(programs: list[tuple[str, ...]], lines: list[str], timeout: float) -> list[str]:
    """The lines after each program has had them in turn, for at most `timeout` seconds.

    Raises OutputError for a program that is missing, fails or does not end in time, DataError for
    one that writes another encoding than UTF-8, and for one that writes more lines than it reads,
    or fewer: then nobody could say whose copy a line is.
    """
    for program in programs:
        try:
            done = subprocess.run(
                program,
                input=("\n".join(lines) + "\n").encode(),
                capture_output=True,
                check=False,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise OutputError(
                f"{' '.join(program)} did not end within {timeout:g} seconds of being given"
                f" {len(lines)} lines",
                hint="it has to end where its input ends: try it by hand with a line of your texts;"
                " raise `timeout` for a program that is slow",
            ) from error
        except OSError as error:
            raise OutputError(
                f"{program[0]} cannot be run: {error.strerror}",
                hint="install it, or name another program in `commands`",
            ) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise OutputError(
                f"{' '.join(program)} ended with {done.returncode}: {said}",
                hint="try it by hand with a line of your texts",
            )
        try:
            written = done.stdout.decode().removesuffix("\n").split("\n")
        except UnicodeDecodeError as error:
            line = lines[min(done.stdout.count(b"\n", 0, error.start), len(lines) - 1)]
            raise DataError(
                f"{' '.join(program)} wrote what is no UTF-8 for {line!r:.60}",
                hint="let it write UTF-8, by an option of its own, or `iconv -t UTF-8` after it",
            ) from error
        if len(written) != len(lines):
            raise DataError(
                f"{' '.join(program)} was given {len(lines)} lines and wrote {len(written)}",
                hint="it has to write one line for each that it reads, in their order",
            )
        lines = [" ".join(line.split()) for line in written]
    return lines
