"""Send the results of live video to other programs: OSC, WebSocket, MQTT.

Each protocol is a context manager. It yields a function that takes a message, never blocks, and
drops messages if the receiver is too slow.
"""
