"""Reading a body on the way in: bounded in size, in memory and in patience."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from portique.web.answers import Refusal, later
from portique.web.door import too_large
from portique.web.request import Body
from portique.web.routes import Verb

IDLE_S = 60.0
"""How long a body may stand still; a phone in a cellar is slow, but it goes on."""
MOST_BYTES_IN_MEMORY = 512 << 20
_AFTER_FULL_MEMORY_S = 2
_AFTER_A_STOP_S = 5
_DRAIN_S = 10.0
_LISTENS_AFTER_S = 0.1
"""Who sends nothing for so long waits for the answer."""
_MOST_DRAINED_BYTES = 256 << 20


class Incoming(Protocol):
    """The part of a connection that yields a body."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield its pieces."""


@dataclass
class Reception:
    """Bodies that are being read, all of them: how much memory they take, when they have to end.

    Args:
        spool: folder for files on their way in.
        in_memory: bytes of the bodies that wait or are being judged.
        deadlines: of those that are being read.
        ends_at: no body is read after this instant of the loop; None: while the server runs.
    """

    spool: Path
    in_memory: int = 0
    deadlines: set[asyncio.Timeout] = field(default_factory=set)
    ends_at: float | None = None

    async def receive(self, incoming: Incoming, verb: Verb, length: int | None = None) -> Body:
        """Return a body, all of it.

        Args:
            incoming: yields it.
            verb: what will answer it.
            length: in bytes, as its head says; None: it does not say.

        Raises:
            Refusal: it is too large (413), it ended early (400), it cannot be read now (503).
            OSError: the disk does not take it.
        """
        content, digest, size = self._place(verb), hashlib.sha256(), 0
        try:
            async with asyncio.timeout(None) as deadline:
                self.deadlines.add(deadline)
                deadline.reschedule(self._next_deadline())
                async for piece in incoming:
                    deadline.reschedule(self._next_deadline())
                    size += len(piece)
                    self._count(verb, len(piece))
                    if size > verb.most_bytes:
                        raise too_large(verb)
                    digest.update(piece)
                    content.write(piece)
            if length not in {None, size}:
                raise Refusal(400, f"the body ended after {size} of its {length} bytes")
        except BaseException as fault:
            self.forget(content, size, verb)
            if isinstance(fault, TimeoutError):
                what = "the body stood still, or the server stops"
                raise later(503, what, _AFTER_A_STOP_S) from None
            raise
        finally:
            self.deadlines.discard(deadline)
        content.seek(0)
        return Body(content, digest.digest())

    def forget(self, content: BinaryIO, size: int, verb: Verb) -> None:
        """Give back what a body took."""
        content.close()
        if not verb.is_file:
            self.in_memory = max(0, self.in_memory - size)

    def end_by(self, moment: float) -> None:
        """Give up bodies that are not whole at an instant of the loop."""
        self.ends_at = moment
        for deadline in self.deadlines:
            deadline.reschedule(moment)

    def _place(self, verb: Verb) -> BinaryIO:
        if not verb.is_file:
            return io.BytesIO()
        self.spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cast("BinaryIO", tempfile.TemporaryFile(dir=self.spool))

    def _count(self, verb: Verb, size: int) -> None:
        if verb.is_file:
            return
        self.in_memory += size
        if self.in_memory > MOST_BYTES_IN_MEMORY:
            raise later(503, "too much is coming in at once", _AFTER_FULL_MEMORY_S)

    def _next_deadline(self) -> float:
        idle = asyncio.get_running_loop().time() + IDLE_S
        return idle if self.ends_at is None else min(idle, self.ends_at)


async def drain(incoming: Incoming, answer: Callable[[], Awaitable[None]]) -> None:
    """Answer, and read the rest of a body and throw it away, within bounds.

    A connection that is closed while the other side still sends is reset, and the answer that
    was on its way is lost with it. It is closed as soon as the answer is out and nobody asks for
    the body: so whoever goes on sending is answered at the end of it, whoever stops to listen at
    once, and there is always a read that waits.

    Args:
        incoming: yields the rest.
        answer: sends the answer; called once.
    """
    left, is_answered = _MOST_DRAINED_BYTES, False
    pieces = aiter(incoming)
    try:
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                waiting = asyncio.ensure_future(_next(pieces))
                if not is_answered:
                    await asyncio.wait({waiting}, timeout=_LISTENS_AFTER_S)
                    if not waiting.done():
                        is_answered = True
                        await answer()
                piece = await waiting
                if piece is None:
                    break
                left -= len(piece)
    except TimeoutError:
        pass
    if not is_answered:
        await answer()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)
