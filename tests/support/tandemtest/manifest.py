"""The sender's own record of a run: which message, to whom, by which route, got which answer.

One JSON object per line, written and flushed as each answer arrives, so the file is true up to the
last line even when the test is killed. Outcomes: `accepted` (2yz after the data), `temporary` (4yz,
or the connection failed before the final dot: tried again), `refused` (5yz), `doubt` (the connection
failed between the final dot and the answer: tried again, and the receiver may have it already).
Thread safe.
"""
import collections
import json
import pathlib
import threading
import time

from .check import Found


class Manifest:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._lock, self._rows, self._counts = threading.Condition(), [], collections.Counter()
        self._file = open(self.path, "a", encoding="utf-8")

    def add(self, outcome, message, recipient, route, code, text):
        row = {"outcome": outcome, "id": message.id, "digest": message.digest, "recipient": recipient,
               "route": route, "code": code, "text": text, "time": time.time()}
        with self._lock:
            self._rows.append(row)
            self._counts[outcome] += 1
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()
            self._lock.notify_all()

    def wait_for_more(self, count, bound, outcome):
        """Until `count` more answers are in with this `outcome`, at most `bound` seconds; whether they are."""
        with self._lock:
            goal = self._counts[outcome] + count
            return self._lock.wait_for(lambda: self._counts[outcome] >= goal, bound)

    def close(self):
        self._file.close()

    def rows(self, outcome=None, recipient=None):
        with self._lock:
            return [row for row in self._rows if outcome in (None, row["outcome"])
                    and recipient in (None, row["recipient"])]

    def counts(self):
        with self._lock:
            return self._counts.copy()

    def expected(self, recipient):
        """[check.Found] of what `recipient` must have: one per accepted message, bytes without trace."""
        return [Found(row["digest"], frozenset(), None, f"{row['id']} by {row['route']}")
                for row in self.rows("accepted", recipient)]

    def doubtful(self, recipient):
        """Digests of which `recipient` may have more than accepted: SMTP leaves these open."""
        return {row["digest"] for row in self.rows("doubt", recipient)}
