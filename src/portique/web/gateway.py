"""From granian's requests to Django and back: the door, the body, a thread that answers."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from django.core.handlers.wsgi import WSGIHandler
from granian._granian import RSGIHTTPProtocol, RSGIProtocolClosed, RSGIProtocolError
from granian.rsgi import Scope

from portique.flow.serving import Busy, Desk
from portique.web.answers import AFTER_A_FAULT_S, Refusal, busy, later
from portique.web.carrier import Silence
from portique.web.door import Admitted, Head, admit
from portique.web.receive import Reception, drain
from portique.web.request import Body

WRITERS, READERS = 16, 4
"""Threads for what is brought, and for what is asked: proofs answer while a store is locked."""
_AFTER_A_STOP_S = 5
Done = TypeVar("Done")
_log = logging.getLogger("portique.web")


@dataclass(frozen=True)
class Reply:
    """An answer, ready to be sent.

    Args:
        status: of HTTP.
        headers: names and values.
        content: the body.
    """

    status: int
    headers: list[tuple[str, str]]
    content: bytes


class Gateway:
    """The application that granian calls for each request.

    Args:
        desk: of the case.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.silence = Silence()
        self.reception = Reception(desk.folder.private)
        self.given_up = asyncio.Event()
        self.at_work = 0
        self._django = WSGIHandler()
        self._writers = ThreadPoolExecutor(WRITERS, "intake")
        self._readers = ThreadPoolExecutor(READERS, "answers")

    async def __call__(self, scope: Scope, proto: RSGIHTTPProtocol) -> None:
        """Answer one request; whatever happens, it is no 5xx but 503."""
        head = Head(scope.method, scope.path, scope.query_string, scope.headers.items())
        self.at_work += 1
        try:
            await self._answer(head, proto)
        except (RSGIProtocolClosed, RSGIProtocolError):
            _log.info("the other side went away")
        finally:
            self.at_work -= 1

    def close(self) -> bool:
        """Let go of the threads; return whether none is at work."""
        for pool in (self._writers, self._readers):
            pool.shutdown(wait=False, cancel_futures=True)
        return self.at_work == 0

    async def _answer(self, head: Head, proto: RSGIHTTPProtocol) -> None:
        is_read, incoming = False, _pieces(proto)
        try:
            admitted = await self._in_thread(self._readers, admit, head, self.desk.carrier)
            if not admitted.verb.most_bytes:
                reply = await self._reply(head, admitted, None)
            else:
                body = await self.reception.receive(incoming, admitted.verb, head.length)
                is_read = True
                size = body.content.seek(0, io.SEEK_END)
                body.content.seek(0)
                try:
                    reply = await self._reply(head, admitted, body)
                finally:
                    self.reception.forget(body.content, size, admitted.verb)
        except Refusal as refusal:
            reply = await self._refuse(head, refusal)
        except Busy as fault:
            reply = await self._refuse(head, busy(fault))
        except OSError as fault:
            _log.warning("a body could not be kept", exc_info=fault)
            reply = await self._refuse(
                head, later(503, "the disk takes nothing now", _AFTER_A_STOP_S)
            )
        except Exception:  # noqa: BLE001 - the last door: logged with its traceback, answered 503
            _log.exception("a fault of ours at the door")
            fault_of_ours = later(503, "a fault of the program; it is logged", AFTER_A_FAULT_S)
            reply = await self._refuse(head, fault_of_ours)
        is_whole = is_read or not _has_body(head) or bool(head.named("expect"))
        await self._send(proto, reply, None if is_whole else incoming)

    async def _send(
        self, proto: RSGIHTTPProtocol, reply: Reply, rest: AsyncIterator[bytes] | None
    ) -> None:
        if rest is None:
            proto.response_bytes(reply.status, reply.headers, reply.content)
            return

        async def answer() -> None:
            length = ("content-length", str(len(reply.content)))
            transport = proto.response_stream(reply.status, [*reply.headers, length])
            await transport.send_bytes(reply.content)

        await drain(rest, answer)

    async def _reply(self, head: Head, admitted: Admitted, body: Body | None) -> Reply:
        environ = self._environ(head)
        environ["portique.carrier"] = admitted.carrier
        environ["portique.body"] = body
        pool = self._readers if body is None else self._writers
        return await self._in_thread(pool, self._django_reply, environ)

    async def _refuse(self, head: Head, refusal: Refusal) -> Reply:
        # Without a thread: a refusal costs microseconds, and every thread may be waiting.
        return self._django_reply(self._environ(head) | {"portique.refusal": refusal})

    async def _in_thread(
        self, pool: ThreadPoolExecutor, work: Callable[..., Done], *args: Any
    ) -> Done:
        future = asyncio.get_running_loop().run_in_executor(pool, work, *args)
        stop = asyncio.ensure_future(self.given_up.wait())
        waited: set[asyncio.Future[Any]] = {future, stop}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if not future.done():
            raise later(503, "the server stops", _AFTER_A_STOP_S)
        return future.result()

    def _django_reply(self, environ: dict[str, Any]) -> Reply:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start(
            status: str, headers: list[tuple[str, str]], _fault: object = None, /
        ) -> Callable[[bytes], object]:
            started.append((int(status[:3]), [(n.lower(), v) for n, v in headers]))
            return _no_writing

        answer = self._django(environ, start)
        with contextlib.closing(answer):
            content = b"".join(answer)
        status, headers = started[-1]
        return Reply(status, [each for each in headers if each[0] != "content-length"], content)

    def _environ(self, head: Head) -> dict[str, Any]:
        path = head.path.encode("utf-8", "surrogateescape").decode("latin-1")
        return {
            "REQUEST_METHOD": head.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": quote(head.query, safe="/?:@!$&'()*+,;=-._~%"),
            "SERVER_NAME": "portique",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "portique.desk": self.desk,
            "portique.silence": self.silence,
            "portique.headers": head.headers,
        }


async def _pieces(proto: RSGIHTTPProtocol) -> AsyncIterator[bytes]:
    """Yield a body; granian lets it be asked for once, and here it is left and taken up again."""
    async for piece in proto:
        yield piece


def _no_writing(content: bytes) -> object:
    raise NotImplementedError(f"{len(content)} bytes written past the answer")


def _has_body(head: Head) -> bool:
    length = head.named("content-length")
    return bool(head.named("transfer-encoding")) or bool(length and length != ["0"])
