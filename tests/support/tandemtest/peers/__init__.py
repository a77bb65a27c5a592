"""Real servers, started by tests on loopback with a configuration of their own."""
from .base import Peer, User
from .dovecot import Dovecot
from .postfix import Postfix

__all__ = ["Peer", "User", "Dovecot", "Postfix"]
