"""Serving one case: granian in this process, one loop for connections, threads for answers.

Decision 0032 says why granian's RSGI interface and not its WSGI one.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from portique.core.errors import Taken
from portique.flow.serving import Desk
from portique.web.gateway import Gateway
from portique.web.settings import configure

STARTED_WITHIN_S = 30.0
BACKLOG_S = 0.25
"""How long connections that were waiting when the server was told to stop are still taken."""
WHOLE_BY_S = 1.5
"""How long after that a body that was on its way may still come to its end."""
ANSWERED_BY_S = 8.5
CLOSED_BY_S = 9.5
"""Ten seconds are given; what is not answered by then is told to come again."""


def free_port(host: str, port: int) -> int:
    """Return the port that will be served.

    granian shares ports (SO_REUSEPORT): two servers on one port would each get some requests, so
    whether it is taken is asked here.

    Args:
        host: address to listen on.
        port: 0: any that is free.

    Raises:
        Taken: the port is taken, or is none that this user may take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as fault:
            raise Taken(
                f"nothing can be served there: {fault.strerror}",
                where=f"{host}:{port}",
                mend="give another --port (0 takes a free one), or another --host",
                code="WEB-001",
            ) from fault
        return int(probe.getsockname()[1])


async def serve(
    desk: Desk, host: str, port: int, stop: asyncio.Event, ready: Callable[[], None]
) -> bool:
    """Serve a case until told to stop; return whether nothing was left at work.

    Args:
        desk: of the case.
        host, port: where.
        stop: set when it has to stop.
        ready: called once connections are taken.

    Raises:
        OSError: it could not be started.
    """
    configure()
    gateway = Gateway(desk)
    server = Server(
        gateway,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        log_level=LogLevels.error,
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await _listening(serving, host, port)
        ready()
        told = asyncio.ensure_future(stop.wait())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not serving.done():
            await _end(gateway, server, serving)
        else:
            serving.result()
    finally:
        is_idle = gateway.close()
    return is_idle


async def _listening(serving: asyncio.Future[None], host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + STARTED_WITHIN_S
    while not serving.done() and loop.time() < until:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    if serving.done():
        serving.result()
    raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), f"{host}:{port}")


async def _end(gateway: Gateway, server: Server, serving: asyncio.Future[None]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    gateway.reception.end_by(began + WHOLE_BY_S)
    await asyncio.sleep(BACKLOG_S)
    server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without types
    while gateway.at_work and loop.time() < began + ANSWERED_BY_S:
        await asyncio.sleep(0.02)
    gateway.given_up.set()
    await asyncio.wait({serving}, timeout=began + CLOSED_BY_S - loop.time())
