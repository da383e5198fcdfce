"""Who may be called: public hosts, and the private ones an installation admits by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.errors import InvalidInput
from services.guarded_fetch.addresses import Address, can_be_admitted, is_public, parse_address
from services.guarded_fetch.targets import Target, check_port, host_name, parse_target, refusal


class Policy:
    """The rules of one installation. `asked` is the target a request began with; a redirect has another."""

    def __init__(
        self, private_hosts: Iterable[str] = (), is_public: Callable[[Address], bool] = is_public
    ) -> None:
        self._private_hosts = frozenset(_one_spelling(host) for host in private_hosts)
        self._is_public = is_public

    def check(self, url: str, asked: Target | None = None) -> Target:
        """Where a URL leads. Raises InvalidInput when that can be refused without asking a name server."""
        target = parse_target(url)
        check_port(target, asked)
        address = parse_address(target.host)
        is_refused = (
            _is_this_machine(target.host) and not self._is_admitted(target, asked)
            if address is None
            else not self.permits(address, target, asked)
        )
        if is_refused:
            raise InvalidInput(refusal(target.host))
        return target

    def permits(self, address: Address, target: Target, asked: Target | None = None) -> bool:
        """Whether `target` may be called at this address of its."""
        return self._is_public(address) or (self._is_admitted(target, asked) and can_be_admitted(address))

    def may_get_a_key(self, target: Target) -> bool:
        """Whether a key reaches the host unread by others on the way."""
        return target.scheme == "https" or target.host in self._private_hosts

    def _is_admitted(self, target: Target, asked: Target | None) -> bool:
        """A private host is called when somebody here asked for it, never because another host sent us there."""
        return target.host in self._private_hosts and (asked is None or asked.host == target.host)


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _one_spelling(host: str) -> str:
    address = parse_address(host.strip("[]"))
    return host_name(host) if address is None else str(address)
