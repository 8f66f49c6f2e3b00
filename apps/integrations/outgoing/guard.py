"""Where the tower may call: public addresses over https, and nothing inside the network unless it is named.

A name is resolved once, every address it has is checked, and the connection goes to the checked address: what
the name says a moment later no longer matters (DNS rebinding). OUTGOING_ALLOW_PRIVATE names hosts that may lie
inside the network and may be called without TLS ("*": all, for demos).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import httpcore
from django.conf import settings

from apps.integrations.outgoing.errors import AddressNotAllowed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_S: Final = 3.0
READ_S: Final = 10.0
WHOLE_S: Final = 15.0
"""One call, from the first byte sent to the last one read; a receiver that drips bytes does not get longer."""

LONGEST_URL: Final = 500

# IANA's special-purpose registries (RFC 6890 and its updates), multicast, and what wraps an IPv4 address in an
# IPv6 one: mapped, translated, NAT64, 6to4, Teredo. Spelled out, because `is_global` differs between Python's releases.
_REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # the platform address of Azure's machines: public by number, private by use
        "::/127", "::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: where to call, before any name is resolved. url is all ASCII, as it goes over the line."""

    url: str
    scheme: str
    host: str
    port: int
    private: bool  # named in OUTGOING_ALLOW_PRIVATE


def target(url: str) -> Target:
    """Read an address. Raises AddressNotAllowed with one sentence; asks no name server.

    Refused: other schemes than https (http for a named host), a user or password in it, no host, a port
    outside 1 to 65535, an address literal inside the network, more than 500 characters.
    """
    if len(url) > LONGEST_URL or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise AddressNotAllowed("An address has at most 500 characters, and no spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressNotAllowed("This is no address that can be called.") from error
    scheme = parts.scheme.lower()
    if scheme not in ("https", "http") or not host:
        raise AddressNotAllowed("An address begins with https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise AddressNotAllowed(
            "An address holds no user and no password; the signature says who we are."
        )
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError as error:
        raise AddressNotAllowed("This host name cannot be called.") from error
    private = named(host)
    if scheme == "http" and not private:
        raise AddressNotAllowed("Only https is called: the events tell of customers' goods.")
    if port == 0:
        raise AddressNotAllowed("There is no port 0.")
    literal = _literal(host)
    if literal is None:
        _must_be_a_name(host)
    elif not private:
        must_be_public([literal])
    port = port or (443 if scheme == "https" else 80)
    return Target(_over_the_line(parts, host), scheme, host, port, private)


def _must_be_a_name(host: str) -> None:
    """What no name server can be asked for (RFC 1035, 2.3.4) is refused before one is."""
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or any(not 0 < len(label) < 64 for label in labels):
        raise AddressNotAllowed("This host name cannot be called.")


def _over_the_line(parts: SplitResult, host: str) -> str:
    """The address in ASCII: the host as IDNA has it, other letters percent-encoded; no fragment."""
    where = f"[{host}]" if ":" in host else host
    netloc = where if parts.port is None else f"{where}:{parts.port}"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?[]")
    return urlunsplit((parts.scheme.lower(), netloc, path, query, ""))


def must_be_public(addresses: Iterable[Address]) -> None:
    """Raise AddressNotAllowed unless every one of the addresses lies outside."""
    for address in addresses:
        if any(address.version == network.version and address in network for network in _REFUSED):
            raise AddressNotAllowed(
                "This address lies inside a network, or is kept for special use; the tower calls public ones only."
            )


def resolve(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, all of them checked (not those of a named one). Raises AddressNotAllowed, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not addresses:
        raise OSError(f"{host} has no address")
    if not private:
        must_be_public(ipaddress.ip_address(address) for address in addresses)
    return addresses


def named(host: str) -> bool:
    """Whether OUTGOING_ALLOW_PRIVATE lets this host lie inside the network."""
    allowed = settings.OUTGOING_ALLOW_PRIVATE
    return "*" in allowed or host.lower() in {name.lower() for name in allowed}


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to checked addresses only, and ends a call that takes longer than WHOLE_S in all."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._plain = httpcore.SyncBackend()
        self.deadline = time.monotonic() + WHOLE_S

    def begin(self) -> None:
        """One more call: it has WHOLE_S from now."""
        self.deadline = time.monotonic() + WHOLE_S

    def left_s(self, wanted: float | None) -> float:
        """What may still be waited, at most `wanted`. Raises ReadTimeout when the call has had its time."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call took too long in all")
        return left if wanted is None else min(left, wanted)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check, connect: to the address that was checked, the first that answers of at most three."""
        try:
            addresses = resolve(host, port, private=self._private)
        except (socket.gaierror, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
        last: Exception | None = None
        for address in addresses[:3]:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self.left_s(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Watched(stream, self)
        raise last or httpcore.ConnectError(f"{host} cannot be reached")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Never: an endpoint is somewhere else."""
        raise AddressNotAllowed("No local sockets.")

    def sleep(self, seconds: float) -> None:
        """httpcore's own retries are not used."""
        time.sleep(seconds)


class _Watched(httpcore.NetworkStream):
    """A stream whose every wait counts against the call's whole time."""

    def __init__(self, stream: httpcore.NetworkStream, network: GuardedNetwork) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.left_s(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(
            ssl_context, server_hostname, self._network.left_s(timeout)
        )
        return _Watched(secured, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
