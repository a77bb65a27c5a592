"""Real servers, started by tests on loopback with a configuration of their own."""
from .base import Peer, User
from .courier import Courier
from .cyrus import Cyrus
from .dovecot import Dovecot
from .exim import Exim
from .haproxy import HAProxy
from .nginx import Nginx
from .opendkim import OpenDkim
from .opensmtpd import OpenSmtpd
from .perdition import Perdition
from .postfix import Postfix
from .rspamd import Rspamd

__all__ = ["Peer", "User", "Courier", "Cyrus", "Dovecot", "Exim", "HAProxy", "Nginx", "OpenDkim", "OpenSmtpd",
           "Perdition", "Postfix", "Rspamd"]
