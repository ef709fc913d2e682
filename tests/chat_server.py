"""A real local server that speaks OpenAI's chat completions as badly as a test asks it to."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

LETTERS = str.maketrans("0123456789", "abcdefghij")
Reply = Callable[[dict[str, Any], int], tuple[int, str]]
"""from a request's body, and how many came before it, to a status and the answer's body"""


def completion(content: str | None, finish: str = "stop", tokens: tuple[int, int] = (10, 5)) -> str:
    """A chat completion that says this."""
    return json.dumps(
        {
            "id": "chat-1",
            "object": "chat.completion",
            "created": 0,
            "model": "tiny",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content},
                    "finish_reason": finish,
                }
            ],
            "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]},
        }
    )


def reworded(text: str) -> str:
    """The text with a word more, and letters for its digits: numbers make no text another."""
    return f"Honestly {text.translate(LETTERS)}"


def rewording(body: dict[str, Any], before: int) -> tuple[int, str]:
    """Says the text that it is shown in other words."""
    return 200, completion(reworded(body["messages"][0]["content"].rpartition("Text: ")[2]))


def nobodys_url() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{place.getsockname()[1]}/v1"


class ChatServer:
    """What was asked, and how it is answered."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.seconds = 0.0
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.flying = self.most_flying = 0
        self.lock = Lock()
        self.url = ""

    def heard(self, body: dict[str, Any], key: str | None) -> int:
        """Take a request in; how many came before it."""
        with self.lock:
            self.asked.append(body)
            self.keys.append(key)
            self.flying += 1
            self.most_flying = max(self.most_flying, self.flying)
            return len(self.asked) - 1


@contextmanager
def chat_server(reply: Reply = rewording) -> Iterator[ChatServer]:
    """Serve on a free port while the block runs."""
    chat = ChatServer(reply)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            before = chat.heard(body, self.headers.get("Authorization"))
            time.sleep(chat.seconds)
            status, text = chat.reply(body, before)
            if self.path != "/v1/chat/completions":
                status, text = 404, '{"error": {"message": "no such path"}}'
            with chat.lock:
                chat.flying -= 1
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
