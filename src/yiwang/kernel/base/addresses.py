"""Network addresses as settings write them: single ones and whole networks."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=64)
def networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    """Read addresses and networks (`10.1.2.3`, `10.0.0.0/8`).

    Raises
    ------
    ValueError
        One is neither.
    """
    return tuple(ip_network(name.strip(), strict=False) for name in names if name.strip())


def is_inside(address: str, names: Iterable[str]) -> bool:
    """Say whether an address lies in one of the networks; what is no address does not.

    >>> is_inside("10.1.2.3", ["10.0.0.0/8"]), is_inside("example.org", ["0.0.0.0/0"])
    (True, False)
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks(tuple(names)))
