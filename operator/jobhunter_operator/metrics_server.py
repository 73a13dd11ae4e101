"""The one HTTP port: /metrics, /healthz, /readyz."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from jobhunter_operator.metrics import Metrics

Faults = Callable[[], list[str]]


class MetricsServer:
    """unhealthy and unready answer with what is wrong, in words; an empty list is 200."""

    def __init__(self, metrics: Metrics, *, unhealthy: Faults, unready: Faults) -> None:
        self._metrics = metrics
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._render),
                web.get("/healthz", _probe(unhealthy)),
                web.get("/readyz", _probe(unready)),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        self.port = 0

    async def start(self, port: int) -> None:
        """Listens on all addresses; 0 takes a free port, which `port` then names."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "0.0.0.0", port)  # noqa: S104 - kubelet and Prometheus come from other addresses
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _render(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _probe(faults: Faults) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        wrong = faults()
        return web.Response(status=503 if wrong else 200, text="\n".join(wrong or ["ok"]) + "\n")

    return answer
