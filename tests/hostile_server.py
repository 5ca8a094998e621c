"""A web server that does not play by the rules: it sends exactly the bytes that a test gives it, as slowly as asked."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def sending(parts: Iterable[bytes], *, every_s: float = 0.0) -> Iterator[str]:
    """Answer every connection with the parts, some seconds apart, until the other side has enough; yield the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()
    workers: list[threading.Thread] = []

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                    if closing.wait(every_s):
                        return
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            workers.append(threading.Thread(target=answer, args=(connection,)))
            workers[-1].start()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join()
        for worker in workers:
            worker.join()
