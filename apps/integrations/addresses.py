"""Who is at the door: the sender's address, seen through the proxies we trust (R24)."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Final

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOPS: Final = 20
"""Hops looked at in X-Forwarded-For, from the right: who sends more is not worth the walk."""

_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def network(text: str) -> Network:
    """A network or a single address; raises ValueError. IPv4 written as IPv6 (::ffff:…) is IPv4, host
    bits are cut off.
    """
    found = ip_network(text.strip(), strict=False)
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        short = IPv4Address(int(found.network_address) & 0xFFFFFFFF)
        return IPv4Network((short, found.prefixlen - 96))
    return found


def address(text: str) -> Address | None:
    """An address as a server or a proxy writes it, perhaps with a port or a zone; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def is_in(found: Address | None, networks: Iterable[Network]) -> bool:
    """Whether the address lies in one of the networks; an unknown address lies in none."""
    return found is not None and any(found in one for one in networks)


def is_proxy(environ: Mapping[str, Any]) -> bool:
    """Whether the connection comes from a proxy that TRUSTED_PROXIES names."""
    proxies: Sequence[Network] = settings.TRUSTED_PROXIES
    return bool(proxies) and is_in(address(str(environ.get("REMOTE_ADDR", ""))), proxies)


def sender(environ: Mapping[str, Any]) -> Address | None:
    """The address a request comes from; None when it cannot be known.

    Only a trusted proxy is believed about others: X-Forwarded-For is read from the right, and the first
    address that is no trusted proxy is the sender. What stands further left anybody can write.
    """
    peer = address(str(environ.get("REMOTE_ADDR", "")))
    proxies: Sequence[Network] = settings.TRUSTED_PROXIES
    if not proxies or not is_in(peer, proxies):
        return peer
    told = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    if not told:
        return peer
    for hop in reversed(told.rsplit(",", _HOPS)[-_HOPS:]):
        peer = address(hop)
        if peer is None or not is_in(peer, proxies):
            return peer
    return peer
