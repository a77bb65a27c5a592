"""Rspamd as a milter: SPF, DKIM and GTUBE, an Authentication-Results field, nothing else.

`records` are its whole DNS: {name: text of the TXT record}; no other name exists. Loopback
addresses are judged like any other, since all clients come from there. Port: milter.
"""
from .base import Peer

CONFIG = """\
options {{
  filters = ["dkim"];
  pidfile = "{directory}/pid"; tempdir = "{directory}"; cache_file = "{directory}/cache"; hs_cache_dir = "{directory}";
  history_file = "{directory}/history"; stats_file = "{directory}/stats"; dynamic_conf = "{directory}/dynamic";
  url_tld = "{directory}/domains"; disable_hyperscan = true;
  dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.5s; retransmits = 1; fake_records = [{records}]; }}
}}
logging {{ type = "console"; level = "info"; color = false; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{milter}"; count = 1; milter = yes; timeout = 20s;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
modules {{ path = "/usr/share/rspamd/plugins/"; }}
actions {{ reject = 15; add_header = 6; }}
spf {{ check_local = true; }}
dkim {{ check_local = true; }}
milter_headers {{ use = ["authentication-results"]; skip_local = false; skip_authenticated = false; }}
"""

class Rspamd(Peer):
    name = "rspamd"
    port_names = ("milter",)

    def __init__(self, records, keep=False):
        super().__init__(keep)
        self.records = dict(records)

    @property
    def address(self):
        return f"inet:127.0.0.1:{self.ports['milter']}"

    def configure(self):
        self.write("domains", "example\n")
        records = ", ".join(f'{{ name = "{name}"; type = txt; replies = ["{text}"]; }}'
                            for name, text in self.records.items())
        self.write("rspamd.conf", CONFIG.format(directory=self.directory, records=records, **self.ports))

    def command(self):
        return ["rspamd", "-f", "-i", "-c", self.directory / "rspamd.conf"]
