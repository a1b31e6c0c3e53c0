"""A yawn counter for drivers: warn after several long open mouths within a few minutes.

    moue live 0 --mqtt 127.0.0.1:1883/car
    python examples/outputs/yawn_counter.py 127.0.0.1:1883 --topic car

This is an example, not a safety device: a mouth is also open for a long time when a person sings,
laughs or is at the dentist, and tired people do not always yawn.

Requires: pip install paho-mqtt
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


class YawnCounter:
    """Counts yawns. Times are in seconds of the video."""

    def __init__(self, shortest: float, within: float, limit: int) -> None:
        self.shortest, self.within, self.limit = shortest, within, limit
        self.count = 0
        self._ends: deque[float] = deque()

    def update(self, event: dict[str, Any]) -> list[str]:
        """Process an event of moue; return what to print."""
        seconds = event["end"] - event["start"]
        if event["label"] != "open" or seconds < self.shortest:
            return []
        self.count += 1
        self._ends.append(event["end"])
        while event["end"] - self._ends[0] > self.within:
            self._ends.popleft()
        lines = [f"yawn {self.count}: {seconds:.1f} s"]
        if len(self._ends) >= self.limit:
            lines.append(f"{len(self._ends)} yawns in {self.within / 60:g} minutes: take a break")
        return lines


def main() -> None:
    """Print yawns and warnings until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Count yawns.")
    parser.add_argument("broker", help="HOST:PORT of the MQTT broker")
    parser.add_argument("--topic", default="moue", help="topic of moue live --mqtt")
    parser.add_argument("--shortest", type=float, default=2.0, help="seconds of a yawn")
    parser.add_argument("--within", type=float, default=300.0, help="seconds to look back")
    parser.add_argument("--limit", type=int, default=3, help="yawns before the warning")
    options = parser.parse_args()
    counter = YawnCounter(options.shortest, options.within, options.limit)

    def connected(client: Client, *_: Any) -> None:
        client.subscribe(f"{options.topic}/event", qos=1)

    def take(client: Client, _: Any, message: MQTTMessage) -> None:
        for line in counter.update(json.loads(message.payload)):
            print(line, flush=True)

    host, _, port = options.broker.rpartition(":")
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect, client.on_message = connected, take
    client.on_subscribe = lambda *_: print(f"listening to {options.topic}/event", flush=True)
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
