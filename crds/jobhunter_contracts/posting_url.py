"""The normal form of a posting's URL: two addresses of one posting compare equal, two postings never do."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from jobhunter_contracts.errors import InvalidUrl

_TRACKING_PREFIXES = ("utm_", "mc_", "pk_", "hsa_")
_TRACKING = frozenset(
    {"gclid", "fbclid", "msclkid", "dclid", "yclid", "igshid", "gh_src", "lever-source", "lever-origin"}
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_IN_PATH = "/:@!$&'()*+,;=-._~%"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/<>?@\\^|\x7f]")
_ENDS_IN_A_NUMBER = re.compile(r"(^|\.)([0-9]+|0[xX][0-9a-fA-F]*)$")


def normal_posting_url(url: str) -> str:
    """Lower-case scheme and host, no default port, no fragment, no user, no tracking parameters, the others sorted.

    A path keeps its case and its trailing slash is removed. A fragment stays where it is a route (#/… or #!…). An IPv4
    address is written in four parts, whatever notation it came in. Normal again, it is the same. Raises InvalidUrl for
    what is not an http(s) URL with a host.
    """
    try:
        url.encode()  # half a surrogate pair has no place in an address
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidUrl(f"{url!r} is not a URL: {error}", where="spec.url", remedy="Give the job's address") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        raise InvalidUrl(
            f"{url!r} is not an http or https address with a host",
            where="spec.url",
            remedy="Give the job's address, such as https://careers.example.com/jobs/12345",
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl("the address carries a user name or password", where="spec.url", remedy="Leave it out")
    netloc = _normal_host(host)
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    kept = [
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
        if key.lower() not in _TRACKING and not key.lower().startswith(_TRACKING_PREFIXES)
    ]
    query = urlencode(sorted(kept, key=lambda pair: pair[0]), errors="surrogateescape")
    fragment = _normal_escapes(parts.fragment) if parts.fragment.startswith(("/", "!")) else ""
    return urlunsplit((scheme, netloc, _normal_path(parts.path), query, fragment))


def _normal_host(host: str) -> str:
    """The host as a browser would have it: ASCII, lower case, addresses in one notation. Raises InvalidUrl."""
    fault = InvalidUrl(f"{host!r} is not a host name", where="spec.url", remedy="Give the job's address")
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError as error:
            raise fault from error
    try:
        name = host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise fault from error
    if not name or _FORBIDDEN_IN_HOST.search(name):
        raise fault
    if _ENDS_IN_A_NUMBER.search(name):  # 127.1, 0x7f000001 and 2130706433 are 127.0.0.1 to a browser
        try:
            return str(ipaddress.IPv4Address(socket.inet_aton(name)))
        except (OSError, ValueError) as error:
            raise fault from error
    return name


def _normal_path(path: str) -> str:
    """The path without dot segments and trailing slash."""
    kept: list[str] = []
    for segment in _normal_escapes(path).split("/"):
        if segment == "..":
            kept = kept[:-1] or [""]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept).rstrip("/") or "/"


def _normal_escapes(text: str) -> str:
    """Escapes of unreserved characters undone, all others in capitals: %2F is another path than a slash."""

    def replace(match: re.Match[str]) -> str:
        character = chr(int(match.group(1), 16))
        return character if character in _UNRESERVED else match.group(0).upper()

    lonely = re.sub("%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(re.sub("%([0-9A-Fa-f]{2})", replace, lonely), safe=_IN_PATH)


def site_of(url: str) -> str:
    """The host that `url` leads to, lower case, with its port where it is not the scheme's own. InvalidUrl as above."""
    return urlsplit(normal_posting_url(url)).netloc


def literal_address(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that the URL names literally, None where it names a host."""
    try:
        return ipaddress.ip_address(urlsplit(normal_posting_url(url)).hostname or "")
    except ValueError:
        return None
