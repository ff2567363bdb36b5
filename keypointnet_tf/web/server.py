"""The page's server: on this machine alone, with bounded requests, and nothing from elsewhere."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import socket

import fastapi
import gradio as gr
import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

from keypointnet_tf.web.middleware import BoundedRequests, FixedHeaders
from keypointnet_tf.web.page import style, theme

LOOPBACK = "127.0.0.1"
LOCAL_NAMES = (LOOPBACK, "localhost", "::1", "[::1]")
# A request holds the file and its name, or two previews and what was drawn on them.
ENVELOPE_BYTES = 4_000_000
GRACE_SECONDS = 2
NO_DOCUMENTATION = {"docs_url": None, "redoc_url": None, "openapi_url": None}


@dataclasses.dataclass(frozen=True)
class ServerConfig:
    """Where the page is served, and what it takes.

    Attributes:
      host: address to listen at; the default is seen from this machine alone.
      port: 0 takes a free one.
      max_upload_mb: largest photo, in megabytes.
    """

    host: str = LOOPBACK
    port: int = 7860
    max_upload_mb: int = 20

    @property
    def most_bytes(self) -> int:
        return self.max_upload_mb * 1_000_000

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the address."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def make_app(page: gr.Blocks, config: ServerConfig) -> fastapi.FastAPI:
    """The page as an ASGI application.

    Its answers carry a policy by which browsers fetch nothing from other hosts; requests that are
    too large are refused while they are read; on a loopback address, so are requests that other
    names of this machine were used for (DNS rebinding).
    """
    app = fastapi.FastAPI(**NO_DOCUMENTATION)
    app.add_middleware(BoundedRequests, most_bytes=config.most_bytes + ENVELOPE_BYTES)
    app.add_middleware(FixedHeaders)
    if config.local:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_NAMES, config.host])
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=theme(),
        css=style(),
        app_kwargs=NO_DOCUMENTATION,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=config.most_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )


def bind(config: ServerConfig) -> socket.socket:
    """A socket at the address.

    Raises:
      ValueError: it is taken, or not this machine's.
    """
    try:
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        return socket.create_server((config.host, config.port), family=family)
    except OSError as error:
        raise ValueError(
            f"{config.host}:{config.port} cannot be listened at ({error.strerror or error}); "
            "expected a free port of this machine"
        ) from error


def address(listening: socket.socket) -> str:
    """The page's URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def server_of(app: fastapi.FastAPI) -> uvicorn.Server:
    """A server; `run(sockets=[bind(config)])` serves until it is interrupted."""
    return PageServer(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


class PageServer(uvicorn.Server):
    """Ends the streams by which open pages stay in touch, before it waits for their ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops serving."""
        for route in self.config.app.routes:
            inner = getattr(route, "app", None)
            if isinstance(inner, gr.routes.App):
                inner.stop_event.set()
        await super().shutdown(sockets)
