"""An avatar: move the mouth of a VRM model in VSeeFace, VNyan, Warudo or another VMC program.

Translates the mouth measures that moue sends over OSC into blend shapes of the VMC protocol.

    moue live 0 --osc 127.0.0.1:9000
    python examples/outputs/avatar.py --listen 9000 --avatar 127.0.0.1:39539

Requires: pip install python-osc
"""

from __future__ import annotations

import argparse
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient

SHAPES = {
    "A": (("opening",), 0.15, 0.33),
    "U": (("pucker",), 0.05, 0.30),
    "Joy": (("smile_left", "smile_right"), 0.02, 0.065),
}
"""Blend shape of VRM 0: measures of moue, and their mean at rest and at the extreme.

The numbers are typical values. For best results, measure those of your own face.
"""


class Avatar:
    """Collects the measures of a frame, and sends the blend shapes when the next frame begins."""

    def __init__(self, client: SimpleUDPClient) -> None:
        self.client = client
        self.measures: dict[str, float] = {}

    def begin_frame(self, address: str, faces: int) -> None:
        """Send the blend shapes of the last frame; without a face, the mouth returns to rest."""
        for name, (measures, rest, extreme) in SHAPES.items():
            values = [self.measures[m] for m in measures if m in self.measures]
            mean = sum(values) / len(values) if values else rest
            value = min(1.0, max(0.0, (mean - rest) / (extreme - rest)))
            self.client.send_message("/VMC/Ext/Blend/Val", [name, value])
        self.client.send_message("/VMC/Ext/Blend/Apply", [])
        self.measures = {}

    def take(self, address: str, value: float) -> None:
        """Keep a measure of the main face."""
        self.measures[address.rpartition("/")[2]] = value


def main() -> None:
    """Receive from moue until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Move the mouth of an avatar.")
    parser.add_argument("--listen", type=int, default=9000, help="port of moue live --osc")
    parser.add_argument("--avatar", default="127.0.0.1:39539", help="HOST:PORT of the avatar")
    options = parser.parse_args()
    host, _, port = options.avatar.rpartition(":")
    avatar = Avatar(SimpleUDPClient(host, int(port)))
    dispatcher = Dispatcher()
    dispatcher.map("/moue/faces", avatar.begin_frame)
    dispatcher.map("/moue/main/measures/*", avatar.take)
    server = BlockingOSCUDPServer(("127.0.0.1", options.listen), dispatcher)
    address: Any = server.server_address
    print(f"listening on port {address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
