"""Far: a peer as if it were on another continent: its IMAP port behind a relay that delivers every byte late.

Bytes are not held back otherwise: the link is long, not narrow. A new connection waits for one round trip, as TCP's
handshake would. (Where the kernel has it, `tc netem` does the same to a network namespace; many hosts' kernels do not.)
"""
import asyncio
import threading

PIECE = 256 * 1024
UNDER_WAY = 512              # pieces that a direction holds at most


class Far:
    """Looks like `peer`, for clients of its `imaps` port. A context manager: the relay runs in a thread of its own."""

    def __init__(self, peer, round_trip):
        self._peer, self._delay = peer, round_trip / 2
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.ports = {}

    def __getattr__(self, name):
        return getattr(self._peer, name)

    def __enter__(self):
        self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.ports = {**self._peer.ports, "imaps": port}
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1000)
        return self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, here, answer):
        await asyncio.sleep(2 * self._delay)
        there, request = await asyncio.open_connection("127.0.0.1", self._peer.ports["imaps"])
        try:
            await asyncio.gather(self._carry(here, request), self._carry(there, answer))
        except OSError:
            pass
        finally:
            for end in (request, answer):
                end.close()

    async def _carry(self, source, target):
        late = asyncio.Queue(UNDER_WAY)
        reader = asyncio.create_task(self._read(source, late))
        try:
            while True:
                due, piece = await late.get()
                await asyncio.sleep(due - self._loop.time())
                if not piece:
                    break
                target.write(piece)
                await target.drain()
            if target.can_write_eof():
                target.write_eof()
        finally:
            reader.cancel()

    async def _read(self, source, late):
        piece = b"-"
        while piece:
            try:
                piece = await source.read(PIECE)
            except OSError:
                piece = b""
            await late.put((self._loop.time() + self._delay, piece))
