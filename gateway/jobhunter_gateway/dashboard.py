"""The dashboard: pages that hold no data, and the modules and styles that fill them by the REST calls and the socket.

A page is a template rendered once. Static files lie under a name that holds the hash of them all, so that a browser
keeps them for ever and never mixes two versions; modules import one another by relative address within it.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.status import HTTP_304_NOT_MODIFIED, HTTP_404_NOT_FOUND

from jobhunter_gateway.security_headers import CONTENT_SECURITY_POLICY, HEADERS

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "templates"
_STATIC = _HERE / "static"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; require-trusted-types-for 'script'; trusted-types 'none'"
"""That of every answer, and: text becomes markup nowhere, for innerHTML and its kin throw."""

_HEADERS = HEADERS | {"Content-Security-Policy": PAGE_POLICY}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """Bytes as they are sent, plain and gzipped. etag: quoted, of the plain bytes."""

    body: bytes
    gzipped: bytes
    media_type: str
    etag: str


@dataclass(frozen=True)
class Page:
    """An address, the template shown there, the words in the title and the module that brings it to life."""

    path: str
    name: str
    title: str


PAGES = (
    Page("/", "tasks", "Tasks"),
    Page("/login", "login", "Sign in"),
    Page("/tasks/{task_id}", "task", "Application"),
    Page("/profile", "profile", "Profile"),
    Page("/documents", "documents", "Documents"),
    Page("/applications", "applications", "Applications made"),
)


def _asset(body: bytes, media_type: str) -> Asset:
    return Asset(body, gzip.compress(body, mtime=0), media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@lru_cache(maxsize=1)
def static_files() -> dict[str, Asset]:
    """Every file of static/ by name."""
    return {
        path.name: _asset(path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in sorted(_STATIC.iterdir())
        if path.suffix in _MEDIA_TYPES
    }


@lru_cache(maxsize=1)
def static_version() -> str:
    """A hash of all static files; part of their address."""
    digest = hashlib.sha256()
    for name, asset in static_files().items():
        digest.update(f"{name}\0{asset.etag}\0".encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _pages() -> dict[str, Asset]:
    """Every page by its name, rendered; modules that a page's own one imports are named for the browser to fetch at once."""
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    rendered = {}
    for page in PAGES:
        html = environment.get_template(f"{page.name}.html").render(
            page=page, static=f"/static/{static_version()}", modules=_modules_of(f"{page.name}_page.js")
        )
        rendered[page.name] = _asset(html.encode(), "text/html; charset=utf-8")
    return rendered


def _modules_of(name: str, found: dict[str, None] | None = None) -> list[str]:
    """Names of all modules that `name` imports, over any number of steps, itself last."""
    found = {} if found is None else found
    for line in static_files()[name].body.decode().splitlines():
        if line.startswith("import ") and ' from "./' in line:
            other = line.rsplit(' from "./', 1)[1].split('"', 1)[0]
            if other not in found:
                _modules_of(other, found)
    found[name] = None
    return list(found)


def _answer(request: Request, asset: Asset, cache_control: str) -> Response:
    """The asset, gzipped where that is taken, or 304 where the browser has it."""
    headers = _HEADERS | {"Cache-Control": cache_control, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.gzipped, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def dashboard_router() -> APIRouter:
    """The routes of all pages and of the static files."""
    router = APIRouter(include_in_schema=False)

    def serve(page: Page) -> None:
        async def show(request: Request) -> Response:
            return _answer(request, _pages()[page.name], "no-cache")

        router.add_api_route(page.path, show, methods=["GET", "HEAD"], name=f"page-{page.name}")

    for page in PAGES:
        serve(page)

    @router.api_route("/static/{version}/{name}", methods=["GET", "HEAD"])
    async def static(request: Request, version: str, name: str) -> Response:
        asset = static_files().get(name)
        if asset is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        # A page that is older than this process asks by an older hash: it gets the file, and keeps it for nobody.
        return _answer(request, asset, _FOREVER if version == static_version() else "no-store")

    @router.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return _answer(request, static_files()["icon.svg"], "public, max-age=86400")

    return router


router = dashboard_router()
