"""ASGI middleware: what every answer carries, and how much a request may hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import fastapi
from fastapi.responses import PlainTextResponse

# What a browser may fetch for the page: the page's own server alone. Gradio needs the two unsafe
# ones for its templates.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Receive = Callable[[], Awaitable[dict]]


class FixedHeaders:
    """Adds `HEADERS` to every answer."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Receive, send) -> None:
        """Passes the request on."""

        async def sending(message: dict) -> None:
            if message["type"] == "http.response.start":
                more = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        await self.app(scope, receive, sending)


class BoundedRequests:
    """Refuses requests with more than `most_bytes` of content."""

    def __init__(self, app, most_bytes: int) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: dict, receive: Receive, send) -> None:
        """Passes the request on, until it is too long."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.most_bytes:
            await PlainTextResponse("too large", 413)(scope, receive, send)
            return
        taken = 0

        async def receiving() -> dict:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most_bytes:
                raise fastapi.HTTPException(413, "too large")
            return message

        await self.app(scope, receiving, send)
