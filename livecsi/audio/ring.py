"""The only place where live audio waits: a fixed piece of memory addressed by samples ever written.

The writer never blocks and never loses its place; a reader names absolute samples and gets a copy, zeros where audio
is known to be missing, or a LookupError when it asks for what was already overwritten.
"""

import numpy as np

from livecsi.types import Block, Gap, Samples


class Ring:
    """Keeps the last `capacity_samples` samples."""

    def __init__(self, capacity_samples: int, first_sample: int = 0) -> None:
        """`first_sample` is where writing begins; before it there was silence."""
        if capacity_samples < 1:
            raise ValueError(f"a ring needs room for at least one sample, not {capacity_samples}")
        self._memory = np.zeros(capacity_samples, dtype=np.float32)
        self._written = first_sample

    @property
    def capacity_samples(self) -> int:
        return len(self._memory)

    @property
    def first_sample(self) -> int:
        """The oldest sample still kept."""
        return max(0, self._written - self.capacity_samples)

    @property
    def last_sample(self) -> int:
        """One past the newest sample."""
        return self._written

    def write(self, block: Block) -> None:
        """Append audio; it must begin where the last piece ended."""
        self._expect(block.first_sample)
        self._append(block.samples)

    def write_gap(self, gap: Gap) -> None:
        """Append silence in the place of audio that is missing."""
        self._expect(gap.first_sample)
        if gap.last_sample < gap.first_sample:
            raise ValueError(f"a gap cannot end ({gap.last_sample}) before it begins ({gap.first_sample})")
        length = gap.last_sample - gap.first_sample
        self._written += max(0, length - self.capacity_samples)  # of an hour's gap only the kept end is written
        self._append(np.zeros(min(length, self.capacity_samples), dtype=np.float32))

    def read(self, first_sample: int, last_sample: int) -> Samples:
        """A copy of samples first..last; before sample 0 there was silence."""
        if last_sample < first_sample or last_sample > self._written or max(0, first_sample) < self.first_sample:
            kept = f"{self.first_sample}..{self.last_sample}"
            raise LookupError(f"samples {first_sample}..{last_sample} are not in the ring, which keeps {kept}")
        out = np.zeros(last_sample - first_sample, dtype=np.float32)
        begin = max(0, first_sample)
        if last_sample > begin:
            self._copy_out(begin, out[begin - first_sample :])
        return out

    def _expect(self, first_sample: int) -> None:
        if first_sample != self._written:
            raise ValueError(f"expected sample {self._written} next, got {first_sample}: write a gap between them")

    def _append(self, samples: Samples) -> None:
        kept = samples[-self.capacity_samples :]
        begin = (self._written + len(samples) - len(kept)) % self.capacity_samples
        head = min(len(kept), self.capacity_samples - begin)
        self._memory[begin : begin + head] = kept[:head]
        self._memory[: len(kept) - head] = kept[head:]
        self._written += len(samples)

    def _copy_out(self, first_sample: int, out: Samples) -> None:
        begin = first_sample % self.capacity_samples
        head = min(len(out), self.capacity_samples - begin)
        out[:head] = self._memory[begin : begin + head]
        out[head:] = self._memory[: len(out) - head]
