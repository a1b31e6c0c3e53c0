"""Clients that send or read too slowly: `python -m benchmarks.serve_slow PORT` until it is ended.

100 clients send a picture at 4 bytes per second, and 50 ask for the same document again and again
without reading it.
"""

from __future__ import annotations

import asyncio
import socket
import sys

UPLOADS, READERS = 100, 50
_PAUSE = 0.25
_UPLOAD = (
    b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: 60000\r\n\r\n"
)
_PAGE = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 10


async def upload(port: int) -> None:
    """Send a picture byte by byte; connect again when the server has ended the connection."""
    while True:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_UPLOAD)
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(_PAUSE)
        except OSError:
            await asyncio.sleep(_PAUSE)


async def read_nothing(port: int) -> None:
    """Ask for documents without reading them; connect again when the connection has ended."""
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, ("127.0.0.1", port))
                while True:
                    await loop.sock_sendall(connection, _PAGE)
                    await asyncio.sleep(20 * _PAUSE)
            except OSError:
                await asyncio.sleep(_PAUSE)


async def main(port: int) -> None:
    """Run all clients."""
    work = [upload(port) for _ in range(UPLOADS)] + [read_nothing(port) for _ in range(READERS)]
    await asyncio.gather(*work)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
