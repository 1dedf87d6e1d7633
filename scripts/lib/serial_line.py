"""One direction of a serial line as a model: bytes and the time go in, bytes come out. scripts/line puts it between two
pseudo-terminals, Tests/Scripts/line drives it in a time of its own.

A byte takes ten bits. The line carries one at a time; what is waiting for it stays with the sender but for `queue` bytes.
Faults strike each byte with a fixed probability, in an order that the seed alone decides.
"""

import math
import random
from collections import deque

FAULTS = ("corrupt", "flip", "drop", "duplicate", "burst")


class Faults:
    """What happens to bytes on their way. Draws how far it is to the next fault of each kind, so that the bytes between
    two of them cost nothing."""

    def __init__(self, rates, seed, burst_length=40):
        self.random = random.Random(seed)
        self.burst_length = burst_length
        self.burst = 0
        self.rates = {}
        self.until = {}
        self.counts = dict.fromkeys(FAULTS, 0)
        for kind in FAULTS:
            self.set(kind, rates.get(kind, 0.0))

    def set(self, kind, rate):
        """Lets `kind` strike one byte in 1/rate from now on."""
        self.rates[kind] = rate
        self.until[kind] = self._distance(rate)

    def _distance(self, rate):
        """Bytes that pass before the next fault (a geometric distribution)."""
        if rate <= 0:
            return math.inf
        if rate >= 1:
            return 0
        return int(math.log(1.0 - self.random.random()) / math.log(1.0 - rate))

    def apply(self, data):
        """What arrives of `data`."""
        result = bytearray()
        position = 0
        while position < len(data):
            # Nothing happens up to the next fault.
            clean = 0 if self.burst else int(min(min(self.until.values()), len(data) - position))
            result += data[position:position + clean]
            position += clean
            for kind in FAULTS:
                self.until[kind] -= clean
            if position < len(data):
                self._strike(data[position], result)
                position += 1
        return bytes(result)

    def _strike(self, byte, result):
        """Passes one byte that something happens to."""
        struck = set()
        for kind in FAULTS:
            if self.until[kind] <= 0:
                struck.add(kind)
                self.counts[kind] += 1
                self.until[kind] = self._distance(self.rates[kind])
            else:
                self.until[kind] -= 1
        if "burst" in struck:
            self.burst = self.random.randint(1, self.burst_length)
        if "corrupt" in struck:
            byte ^= self.random.randint(1, 255)
        if "flip" in struck:
            byte ^= 1 << self.random.randrange(8)
        if self.burst:
            self.burst -= 1
            byte = self.random.randrange(256)
        if "drop" not in struck:
            result.append(byte)
        if "duplicate" in struck:
            result.append(byte)


class Direction:
    """The way from one end to the other. Times are seconds of any monotonic clock."""

    def __init__(self, baud, latency, faults, queue=16):
        self.byte_time = 10.0 / baud
        self.latency = latency
        self.faults = faults
        self.queue = queue
        self.waiting = bytearray()
        self.is_backlogged = False
        self.free_at = 0.0
        self.under_way = deque()
        self.is_unplugged = False
        self.carried = 0
        self.delivered = 0
        self.unplugged = 0
        self.first_at = None

    def room(self, now):
        """How many bytes the line can take from the sender now."""
        return max(self._startable(now) + self.queue - len(self.waiting), 0)

    def _startable(self, now):
        """How many bytes can have begun their way by now, if they were there in time."""
        begin = self.free_at if self.is_backlogged else max(self.free_at, now)
        return 0 if begin > now else int((now - begin) / self.byte_time) + 1

    def put(self, data, now, has_more):
        """Takes what the sender has, which is no more than `room`; nothing, where it has none. To be called whenever the
        line may have become free: bytes that have come since the last call begin now, those that were there already
        have begun in time. `has_more`: whether the sender may have more than it was asked for."""
        count = self._startable(now)
        if not self.is_backlogged:
            self.free_at = max(self.free_at, now)
        self.waiting += data
        begun = bytes(self.waiting[:count])
        if begun:
            del self.waiting[:count]
            self._carry(begun)
        self.is_backlogged = bool(self.waiting) or has_more

    def _carry(self, data):
        if self.first_at is None:
            self.first_at = self.free_at
        self.free_at += len(data) * self.byte_time
        self.carried += len(data)
        if self.is_unplugged:
            self.unplugged += len(data)
            return
        arrived = self.faults.apply(data)
        if arrived:
            self.under_way.append((self.free_at + self.latency, arrived))

    def take(self, now):
        """What has arrived by now."""
        result = bytearray()
        while self.under_way and self.under_way[0][0] <= now:
            result += self.under_way.popleft()[1]
        self.delivered += len(result)
        return bytes(result)

    def next_event(self):
        """When something arrives or the line becomes free for what waits; None where nothing is to be waited for."""
        times = [self.under_way[0][0]] if self.under_way else []
        return min(times + ([self.free_at] if self.is_backlogged else []), default=None)

    def statistics(self):
        """What was carried, and what became of it."""
        return {"carried": self.carried, "delivered": self.delivered, "unplugged": self.unplugged, **self.faults.counts}
