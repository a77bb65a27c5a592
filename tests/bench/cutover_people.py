"""People with IMAP clients that never give up, for cutover.py: `cutover_people.py PORT CA DOMAIN ACCOUNTS SESSIONS`.

SESSIONS sessions over ACCOUNTS accounts (user0@DOMAIN …, password "secret"), TLS with full handshakes and checked
certificates. Nine of ten wait in IDLE, each tenth fetches all the time. Whose session ends comes back at once: that is the
storm of log-ins. Prints {"ready": SESSIONS} when all are in and in IDLE; at each line of input goes on until nobody has been
thrown out for a while, and prints what happened since the line before:

  came_back   sessions that ended and are in again             per_second   log-ins in the busiest second
  torn        ended in the middle of a command's answer, or without a word before the answer of one
  crossed     said goodbye (BYE) before a word of the answer: command and goodbye met on the way, nothing had begun
  failed      log-ins that were refused                        away         seconds from the end to being in again
"""
import asyncio
import collections
import json
import ssl
import sys
import time

QUIET = 3              # seconds without a log-in: the storm is over
PAUSE = 0.2            # seconds between a busy person's commands, and between two tries
AT_ONCE = 100          # log-ins that the clients' own machine makes at once
BOUND = 120            # seconds for a connection


class Ended(Exception):
    """The connection is over. `bye`: the server said so."""

    def __init__(self, bye):
        super().__init__()
        self.bye = bye


class People:
    def __init__(self, port, ca, domain, accounts):
        self.port, self.domain, self.accounts = port, domain, accounts
        self.tls = ssl.create_default_context(cafile=ca)
        self.door, self.inside = asyncio.Semaphore(AT_ONCE), 0
        self.begin()

    def begin(self):
        self.events, self.away, self.log_ins = collections.Counter(), [], []

    async def person(self, number):
        ended = None
        while True:
            try:
                async with self.door:
                    client = await self.log_in(number)
            except (Ended, OSError, asyncio.TimeoutError):
                self.events["failed"] += 1
                await asyncio.sleep(PAUSE)
                continue
            now = time.monotonic()
            self.log_ins.append(now)
            self.inside += 1
            if ended is not None:
                self.events["came_back"] += 1
                self.away.append(now - ended)
            await self.stay(client, number % 10 == 0)
            self.inside -= 1
            ended = time.monotonic()
            client[1].transport.abort()

    async def log_in(self, number):
        client = await asyncio.wait_for(
            asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls, server_hostname="localhost"), BOUND)
        try:
            await line(client)
            await command(client, f"a LOGIN user{number % self.accounts}@{self.domain} secret")
            await command(client, "b SELECT INBOX")
            return client
        except BaseException:
            client[1].transport.abort()
            raise

    async def stay(self, client, busy):
        try:
            while busy:
                await command(client, "c FETCH 1 BODY.PEEK[]")
                if await goodbye_within(client, PAUSE):
                    return
            client[1].write(b"d IDLE\r\n")
            while True:
                if (await line(client)).startswith(b"* BYE"):
                    return
        except Torn:
            self.events["torn"] += 1
        except Crossed:
            self.events["crossed"] += 1
        except (Ended, OSError, asyncio.TimeoutError):
            self.events["torn"] += busy

    async def settled(self, sessions):
        while self.inside < sessions or time.monotonic() - self.log_ins[-1] < QUIET:
            await asyncio.sleep(PAUSE)

    def report(self):
        seconds = collections.Counter(int(moment) for moment in self.log_ins)
        away = sorted(self.away) or [0]
        return {**{name: self.events[name] for name in ("came_back", "torn", "crossed", "failed")},
                "per_second": max(seconds.values(), default=0), "away_median": away[len(away) // 2], "away_longest": away[-1]}


class Torn(Exception):
    """The answer had begun."""


class Crossed(Exception):
    """It had not."""


async def line(client):
    text = await client[0].readline()
    if not text.endswith(b"\n"):
        raise Ended(False)
    return text


async def goodbye_within(client, seconds):
    try:
        return (await asyncio.wait_for(line(client), seconds)).startswith(b"* BYE")
    except asyncio.TimeoutError:
        return False


async def command(client, text):
    """The answer's lines. Torn, Crossed; Ended: refused."""
    client[1].write(text.encode() + b"\r\n")
    tag, begun = text.split()[0].encode() + b" ", False
    while True:
        try:
            heard = await line(client)
        except (Ended, OSError):
            raise Torn from None
        if heard.startswith(b"* BYE"):
            raise Torn if begun else Crossed
        if heard.startswith(tag):
            if not heard.startswith(tag + b"OK"):
                raise Ended(False)
            return
        begun = True


async def main(port, ca, domain, accounts, sessions):
    people = People(int(port), ca, domain, int(accounts))
    sessions = int(sessions)
    running = [asyncio.create_task(people.person(number)) for number in range(sessions)]
    while people.inside < sessions:
        await asyncio.sleep(PAUSE)
    await people.settled(sessions)
    print(json.dumps({"ready": people.inside, **people.report()}), flush=True)
    people.begin()
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        people.log_ins = people.log_ins or [time.monotonic()]
        await people.settled(sessions)
        print(json.dumps({"inside": people.inside, **people.report()}), flush=True)
        people.begin()
    for one in running:
        one.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
