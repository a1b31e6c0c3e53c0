"""The prediction server, `moue serve`: pictures and live video over HTTP and WebSocket."""
