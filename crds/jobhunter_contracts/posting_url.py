"""The normal form of a posting's URL: two addresses of one posting compare equal, two postings never do."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from jobhunter_contracts.errors import InvalidUrl

_TRACKING_PREFIXES = ("utm_", "mc_", "pk_", "hsa_")
_TRACKING = frozenset({"gclid", "fbclid", "msclkid", "dclid", "yclid", "igshid", "gh_src", "lever-source", "lever-origin"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNRESERVED_IN_PATH = "/:@!$&'()*+,;=-._~%"


def normal_posting_url(url: str) -> str:
    """Lower-case scheme and host, no default port, no fragment, no user, tracking parameters removed, the others sorted.

    A path keeps its case and its trailing slash is removed. Raises InvalidUrl for what is not an http(s) URL with a host.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidUrl(f"{url!r} is not a URL: {error}", where="spec.url", remedy="Give the job's address") from error
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host:
        raise InvalidUrl(
            f"{url!r} is not an http or https address with a host",
            where="spec.url",
            remedy="Give the job's address, such as https://careers.example.com/jobs/12345",
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl("the address carries a user name or password", where="spec.url", remedy="Leave it out")
    scheme = parts.scheme.lower()
    try:
        host = host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise InvalidUrl(f"{host!r} is not a host name", where="spec.url", remedy="Give the job's address") from error
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    path = quote(unquote(parts.path), safe=_UNRESERVED_IN_PATH).rstrip("/") or "/"
    kept = [
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if key.lower() not in _TRACKING and not key.lower().startswith(_TRACKING_PREFIXES)
    ]
    return urlunsplit((scheme, netloc, path, urlencode(sorted(kept)), ""))


def site_of(url: str) -> str:
    """The host that `url` leads to, lower case, with its port where it is not the scheme's own. InvalidUrl as above."""
    return urlsplit(normal_posting_url(url)).netloc


def literal_address(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that the URL names literally, None where it names a host."""
    try:
        return ipaddress.ip_address(urlsplit(normal_posting_url(url)).hostname or "")
    except ValueError:
        return None
