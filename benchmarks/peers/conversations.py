"""A process for each peer, and the conversation with it."""

import json
import subprocess
import tempfile
from typing import Any

from peers.environments import PeerError, last_line, surroundings


class Worker:
    """A peer's process, which has opened its model; raises PeerError where it could not."""

    def __init__(self, name: str, command: list[str], config: dict[str, Any]) -> None:
        self.name = name
        self.complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [*command, json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            encoding="utf-8",
            env=surroundings(config["threads"]),
            cwd=tempfile.gettempdir(),
        )
        try:
            self.opened = self.reply()
        except PeerError:
            self.close()
            raise

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its reply; raises PeerError where the process ends."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reply says why
        return self.reply()

    def reply(self) -> dict[str, Any]:
        """The next reply; raises PeerError with the last line of a process that has ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.complaints.seek(0)
            raise PeerError(last_line(self.complaints.read(), code))
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process: politely, then not."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.complaints.close()
