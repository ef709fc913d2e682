"""A process that is asked and answers in lines of JSON, and the conversation with it."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any, Self

from edgeft import errors
from edgeft.errors import EdgeftError

Ending = Callable[[int, str], Exception]
"""the error to raise where a process ends without a reply, made of its exit code and last words"""


class Worker:
    """A process that opens what the first line of its input, an object of JSON, tells it to.

    It is asked when it is `ready`. Raises the EdgeftError that the process sends instead of a
    reply, and `ending` where it ends.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        config: dict[str, Any],
        *,
        environment: dict[str, str],
        ending: Ending,
    ) -> None:
        self.name = name
        self.ending = ending
        self.complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.opened: dict[str, Any] = {}
        self.started = perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        self.say(config)

    def ready(self) -> Self:
        """Wait until it has opened its subject; a process that cannot is ended."""
        try:
            self.opened = self.reply()
        except BaseException:
            self.close()
            raise
        self.cold_seconds = perf_counter() - self.started
        return self

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        self.say({"do": do, **request})
        return self.reply()

    def say(self, message: dict[str, Any]) -> None:
        """Send a line; where nobody reads it any more, the reply says why."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def reply(self) -> dict[str, Any]:
        """The next reply."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.complaints.seek(0)
            raise self.ending(code, self.complaints.read().strip())
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            cls: type[EdgeftError] = getattr(errors, message["error"], EdgeftError)
            raise cls(message["message"], hint=message["hint"])
        return message

    def close(self) -> None:
        """End the process: politely, then not; not at all politely where it is not ready."""
        if not self.opened:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # of a process that died before it read
                    stream.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.complaints.close()
