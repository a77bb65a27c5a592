"""Mail arriving from outside while a story runs: several senders, several routes, retries like an MTA.

`Traffic(routes, recipients, manifest).start()` sends until `stop()`. A route is a name and a
(host, port); each message takes one at random and keeps it. Every message is distinct: its id stands in
the header ID_HEADER. A 4yz answer or a broken connection puts the same bytes up again after
`retry_after` seconds; a 5yz answer ends it. The manifest has every answer.

`stop(drain)` makes no new messages but goes on retrying for at most `drain` seconds, then joins all
threads; what is still unanswered is `unfinished`. `burst(count)` sends that many and returns when each
was answered finally (accepted or refused).
"""
import dataclasses
import heapq
import random as random_module
import smtplib
import threading
import time

from . import canonical
from .mailgen import Generator
from .process import PeerError

ID_HEADER = b"X-Story-Id"
ANSWER_BOUND = 60      # seconds to wait for any one answer
MOST_OPEN = 100        # unanswered messages; on a slow machine fewer new ones are made


@dataclasses.dataclass(frozen=True)
class Message:
    id: str
    sender: str
    data: bytes
    digest: str


@dataclasses.dataclass
class _Delivery:
    message: Message
    recipients: list
    route: str


class Traffic:
    def __init__(self, routes, recipients, manifest, threads=3, per_second=20, retry_after=0.5, seed=1,
                 profile="tiny", name="traffic"):
        """`routes`: {name: (host, port)}; `recipients`: addresses; `per_second`: new messages in all."""
        self.routes, self.recipients, self.manifest = dict(routes), list(recipients), manifest
        self.retry_after, self.name, self._pause = retry_after, name, 1 / per_second
        self._generator = Generator(seed, profile)
        self._random = random_module.Random(f"traffic/{seed}")
        self._lock, self._changed = threading.Lock(), threading.Condition()
        self._due, self._order, self._made, self._open = [], 0, 0, 0
        self._making, self._ending = False, threading.Event()
        self._threads = [threading.Thread(target=self._send_until_end, name=f"{name}-{number}", daemon=True)
                         for number in range(threads)]
        self._maker = threading.Thread(target=self._make_until_stop, name=f"{name}-maker", daemon=True)
        self._stop_making = threading.Event()

    # ---- life -----------------------------------------------------------------------------------
    def start(self):
        self._start_senders()
        self._maker.start()
        return self

    def burst(self, count, bound=120):
        """Sends `count` messages now and waits for their final answers. Usable before or after start()."""
        self._start_senders()
        for _ in range(count):
            self._make()
        with self._changed:
            if not self._changed.wait_for(lambda: self._open == 0, bound):
                raise PeerError(f"{self.name}: {self._open} of {count} messages without final answer "
                                f"after {bound} s")

    def stop(self, drain=30):
        self._stop_making.set()
        if self._maker.is_alive():
            self._maker.join()
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, drain)
            self._ending.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    @property
    def unfinished(self):
        with self._changed:
            return self._open

    @property
    def made(self):
        with self._changed:
            return self._made

    def _start_senders(self):
        for thread in self._threads:
            if thread.ident is None:
                thread.start()

    # ---- making ---------------------------------------------------------------------------------
    def _make_until_stop(self):
        while not self._stop_making.wait(self._pause):
            if self.unfinished < MOST_OPEN:
                self._make()

    def _make(self):
        with self._lock:
            number, random = self._made, self._random
            self._made += 1
            chosen = random.sample(self.recipients, min(random.choice((1, 1, 1, 2)), len(self.recipients)))
            route = random.choice(list(self.routes))
        identity = f"{self.name}-{number}"
        data = ID_HEADER + b": " + identity.encode() + b"\r\n" + self._generator.mail(number).data
        message = Message(identity, f"sender{number % 7}@partner.example", data, canonical.in_transit(data))
        with self._changed:
            self._open += 1
        self._put(_Delivery(message, chosen, route), 0)

    def _put(self, delivery, delay):
        with self._changed:
            self._order += 1
            heapq.heappush(self._due, (time.monotonic() + delay, self._order, delivery))
            self._changed.notify_all()

    def _take(self):
        """The next delivery that is due; None at the end."""
        with self._changed:
            while not self._ending.is_set():
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    # ---- sending --------------------------------------------------------------------------------
    def _send_until_end(self):
        while (delivery := self._take()) is not None:
            again = self._attempt(delivery)
            if again:
                self._put(dataclasses.replace(delivery, recipients=again), self.retry_after)
            else:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _attempt(self, delivery):
        """One transaction; returns the recipients to try again."""
        waiting = list(delivery.recipients)      # no answer yet
        again, dot_sent = [], False

        def note(outcome, recipients, code, text):
            for recipient in recipients:
                self.manifest.add(outcome, delivery.message, recipient, delivery.route, code,
                                  text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
                if outcome in ("temporary", "doubt"):
                    again.append(recipient)

        try:
            host, port = self.routes[delivery.route]
            with smtplib.SMTP(host, port, "sender.partner.example", timeout=ANSWER_BOUND) as client:
                client.ehlo_or_helo_if_needed()
                code, text = client.mail(delivery.message.sender)
                if code != 250:
                    note(_outcome(code), waiting, code, text)
                    return again
                for recipient in list(waiting):
                    code, text = client.rcpt(recipient)
                    if code not in (250, 251):
                        waiting.remove(recipient)
                        note(_outcome(code), [recipient], code, text)
                if not waiting:
                    return again
                code, text = client.docmd("DATA")
                if code == 354:
                    dot_sent = True
                    client.send(smtplib._quote_periods(delivery.message.data) + b".\r\n")
                    code, text = client.getreply()
                answered, waiting = waiting, []
                note(_outcome(code), answered, code, text)
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", 0)
            note("doubt" if dot_sent and waiting else "temporary", waiting, code, str(error))
        return again


def _outcome(code):
    return "accepted" if 200 <= code < 300 else "refused" if 500 <= code < 600 else "temporary"
