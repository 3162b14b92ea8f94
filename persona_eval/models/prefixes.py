"""Prompts are read once: what another prompt has begun with is taken from its cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Any

from persona_eval.models.decoding import Cache, Decoder, merged, row, size_in_bytes

WORTH_SHARING = 32
"""Tokens from which a common beginning is read on its own and kept."""
AT_ONCE = 8
"""Prompts that are read together."""

Prompt = tuple[int, ...]


class Prefixes:
    """Caches of prompts that were read, the least recently used given up beyond a size."""

    def __init__(self, decoder: Decoder, max_bytes: int):
        from mlx_lm.models.cache import LRUPromptCache

        self._decoder = decoder
        self._kept: Any = LRUPromptCache(max_size=1024, max_bytes=max_bytes)
        self.read = 0
        """Tokens that went through the model."""
        self.shared = 0
        """Tokens that did not have to."""

    @property
    def size_in_bytes(self) -> int:
        return int(self._kept.nbytes)

    def caches_of(
        self, prompts: Sequence[Sequence[int]], coming: Iterable[Sequence[int]] = ()
    ) -> list[Cache]:
        """For each prompt a cache that has read it. They are not to be changed, only merged.

        ``coming`` prompts will be asked for later: some are read along where that fills up a
        group. A beginning that prompts share is kept by itself, as not every cache can be cut
        back to it: a sliding window that has moved on cannot.
        """
        wanted = [tuple(prompt) for prompt in prompts]
        unique = dict.fromkeys(wanted)
        others = [*unique, *map(tuple, coming)]
        caches = {each: cache for each in unique if (cache := self._kept_for(each)) is not None}
        unread = [each for each in unique if each not in caches]
        ahead = (each for each in dict.fromkeys(others) if each not in unique)
        missing = (each for each in ahead if self._kept_for(each) is None)
        unread += islice(missing, -len(unread) % AT_ONCE)
        for start in range(0, len(unread), AT_ONCE):
            group = unread[start : start + AT_ONCE]
            self._read_all(list(_beginnings(group, others)))
            caches |= self._read_all(group)
        self.shared += sum(map(len, wanted)) - sum(len(each) for each in unique if each in unread)
        return [caches[prompt] for prompt in wanted]

    def keep(self, read: Sequence[int], cache: Cache) -> None:
        """Keep the cache of a sequence that several will go on from. It is computed at once: put
        off, it would hold on to the batch that it comes from."""
        import mlx.core as mx

        mx.eval([layer.state for layer in cache])
        self._keep(tuple(read), cache)

    def _kept_for(self, prompt: Prompt) -> Cache | None:
        cache, rest = self._kept.fetch_nearest_cache(None, list(prompt))
        return None if rest else cache

    def _read_all(self, prompts: Sequence[Prompt]) -> dict[Prompt, Cache]:
        """The caches of different prompts, read together."""
        caches, rests = {}, {}
        for prompt in prompts:
            cache, rest = self._kept.fetch_nearest_cache(None, list(prompt))
            caches[prompt] = self._decoder.new_cache() if cache is None else cache
            if rest:
                rests[prompt] = rest
            self.shared += len(prompt) - len(rest)
            self.read += len(rest)
        if rests:
            rows = merged([caches[prompt] for prompt in rests])
            self._decoder.read(list(rests.values()), rows)
            for index, prompt in enumerate(rests):
                caches[prompt] = row(rows, index)
                self._keep(prompt, caches[prompt])
        return caches

    def _keep(self, prompt: Prompt, cache: Cache) -> None:
        if size_in_bytes([cache]) <= self._kept.max_bytes:
            self._kept.insert_cache(None, list(prompt), cache)


def _beginnings(prompts: Sequence[Prompt], others: Sequence[Prompt]) -> Iterator[Prompt]:
    """What a prompt and another one have in common, where that is worth reading first."""
    found = {}
    for prompt in prompts:
        common = max((_common(prompt, other) for other in others if other != prompt), default=0)
        if WORTH_SHARING <= common < len(prompt):
            found[prompt[:common]] = True
    yield from found


def _common(one: Prompt, other: Prompt) -> int:
    """Length of the common beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
