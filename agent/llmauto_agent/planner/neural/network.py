"""The planner's network: a MiniLM encoder over request and schema, a small decoder with pointers.

The encoder is MiniLM-L6-H384 (Wang et al. 2020); the decoder is a pre-norm transformer (Vaswani et al.
2017) that reads, at each step, the action before and the grammar symbol to be expanded, and scores the
grammar's tokens and, by a dot product with the encoder's states, the items that may be pointed to
(pointer networks, Vinyals et al. 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from llmauto_agent.planner.neural.grammar import POINTERS, VOCABULARY
from llmauto_agent.planner.neural.inputs import SEGMENTS
from llmauto_agent.planner.neural.items import LEVELS
from llmauto_agent.planner.neural.symbols import SYMBOLS

NEVER = -1e4
"""The logit of what the grammar forbids; finite, so that bf16 and empty rows stay finite."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the decoder. width: that of the encoder's states."""

    width: int = 384
    layers: int = 3
    heads: int = 6
    inner: int = 1024
    longest: int = 96
    """Actions of the longest plan."""
    dropout: float = 0.1


class Planner(nn.Module):
    """Scores of the next action, for every step of a batch of requests."""

    def __init__(self, encoder: nn.Module, vocabulary: int, shape: Shape) -> None:
        super().__init__()
        self.encoder = encoder
        self.shape = shape
        width = shape.width
        self.known = encoder.embeddings.word_embeddings.num_embeddings
        """Word pieces of the encoder's own vocabulary; their embeddings stay as they were published."""
        encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.added = nn.Embedding(max(1, vocabulary - self.known), width)
        self.segment = nn.Embedding(SEGMENTS, width)
        self.level = nn.Embedding(LEVELS, width)
        self.flag = nn.Embedding(4, width)
        self.token = nn.Embedding(len(VOCABULARY) + 1, width)
        self.symbol = nn.Embedding(len(SYMBOLS), width)
        self.position = nn.Embedding(shape.longest, width)
        self.pointed = nn.Linear(width, width)
        self.kind = nn.Embedding(len(POINTERS), width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, len(VOCABULARY))
        self.query = nn.Linear(width, width * len(POINTERS))
        self.item = nn.Linear(width, width * len(POINTERS))
        for table in (self.segment, self.level, self.flag):
            nn.init.zeros_(table.weight)
        weight = encoder.embeddings.word_embeddings.weight
        nn.init.normal_(self.added.weight, std=0.3 * float(weight.std()))
        with torch.no_grad():
            self.added.weight += weight.mean(0)
        for table in (self.token, self.symbol, self.position, self.kind):
            nn.init.normal_(table.weight, std=0.02)

    def encode(self, ids: Tensor, segments: Tensor, levels: Tensor, flags: Tensor, mask: Tensor) -> Tensor:
        """States (batch, pieces, width) of integer features (batch, pieces); mask is 1 on real pieces."""
        words = self.encoder.embeddings.word_embeddings(ids.clamp(max=self.known - 1))
        added = self.added((ids - self.known).clamp(min=0))
        words = torch.where((ids >= self.known).unsqueeze(-1), added, words)
        words = words + self.segment(segments) + self.level(levels) + self.flag(flags)
        states: Tensor = self.encoder(inputs_embeds=words, attention_mask=mask).last_hidden_state
        return states

    def items(self, states: Tensor, places: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder reads of a pointed item, and the keys it is scored by: (batch, items, width)."""
        width = self.shape.width
        at = states.gather(1, places.unsqueeze(-1).expand(-1, -1, width))
        read = self.pointed(at) + self.kind(kinds)
        keys = self.item(at).view(*at.shape[:2], len(POINTERS), width)
        keys = keys.gather(2, kinds.view(*kinds.shape, 1, 1).expand(-1, -1, 1, width)).squeeze(2)
        return read, keys

    def decode(
        self, states: Tensor, mask: Tensor, read: Tensor, keys: Tensor, kinds: Tensor,
        before: Tensor, symbols: Tensor,
    ) -> Tensor:  # fmt: skip
        """Scores (batch, steps, tokens + items).

        before: the action before each step as a number (`Encoded.position`, and the number of tokens and
        items for the start); symbols: the symbol that each step expands.
        """
        tokens = len(VOCABULARY)
        is_item = before >= tokens
        start = before.new_full((), tokens)
        token = self.token(torch.where(is_item, start, before))
        place = (before - tokens).clamp(min=0)
        item = read.gather(1, place.unsqueeze(-1).expand(-1, -1, read.shape[-1]))
        first = torch.arange(before.shape[1], device=before.device) == 0
        use_item = (is_item & ~first).unsqueeze(-1)
        x = torch.where(use_item, item, token) + self.symbol(symbols)
        x = x + self.position(torch.arange(before.shape[1], device=before.device))
        for layer in self.layers:
            x = layer(x, states, mask)
        x = self.norm(x)
        scores = self.score(x)
        query = self.query(x).view(*x.shape[:2], len(POINTERS), self.shape.width)
        by_kind = torch.einsum("bskw,biw->bksi", query, keys) / math.sqrt(self.shape.width)
        chosen = kinds.view(kinds.shape[0], 1, 1, -1).expand(-1, 1, x.shape[1], -1)
        pointers = by_kind.gather(1, chosen).squeeze(1)
        return torch.cat([scores, pointers], dim=-1)

    def across(self, states: Tensor) -> Tensor:
        """The keys and values by which every layer reads the encoder: (2 layers, batch, heads, pieces, .)."""
        found = [part for layer in self.layers for part in layer.across.seen(states)]
        return torch.stack(found)

    def advance(
        self, across: Tensor, read: Tensor, keys: Tensor, kinds: Tensor, before: Tensor, symbols: Tensor,
        place: Tensor, memory: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """One step of `decode` for the beams of one request: scores (beams, tokens + items), new memory.

        before, symbols (beams): the action before and the symbol to expand; place (1): the step;
        memory (2 layers, beams, heads, steps so far, .): keys and values of the steps so far.
        """
        tokens = len(VOCABULARY)
        is_item = before >= tokens
        token = self.token(torch.where(is_item, torch.full_like(before, tokens), before))
        item = read[0][(before - tokens).clamp(min=0)]
        x = torch.where(is_item.unsqueeze(-1), item, token) + self.symbol(symbols) + self.position(place)
        x = x.unsqueeze(1)
        remembered = []
        for i, layer in enumerate(self.layers):
            x, *own = layer.advance(x, across[2 * i : 2 * i + 2], memory[2 * i : 2 * i + 2])
            remembered += own
        x = self.norm(x)[:, 0]
        query = self.query(x).view(x.shape[0], len(POINTERS), self.shape.width)
        by_kind = query @ keys[0].transpose(0, 1) / math.sqrt(self.shape.width)
        chosen = kinds.view(1, 1, -1).expand(x.shape[0], 1, -1)
        return torch.cat([self.score(x), by_kind.gather(1, chosen).squeeze(1)], dim=-1), torch.stack(
            remembered
        )


class Layer(nn.Module):
    """Causal self-attention, attention over the encoder, feed-forward; each behind a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.inward = Attention(shape)
        self.across = Attention(shape)
        self.forward_part = nn.Sequential(
            nn.Linear(shape.width, shape.inner), nn.GELU(), nn.Linear(shape.inner, shape.width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(shape.width) for _ in range(3))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        y = self.norms[0](x)
        steps = x.shape[1]
        causal = torch.ones(steps, steps, dtype=torch.bool, device=x.device).tril()[None, None]
        x = x + self.dropout(self.inward(y, y, causal))
        x = x + self.dropout(self.across(self.norms[1](x), states, mask.bool()[:, None, None]))
        changed: Tensor = x + self.dropout(self.forward_part(self.norms[2](x)))
        return changed

    def advance(self, x: Tensor, across: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One step x (beams, 1, width); returns it with the keys and values of all steps so far."""
        y = self.norms[0](x)
        keys, values = self.inward.seen(y)
        keys, values = torch.cat([memory[0], keys], dim=2), torch.cat([memory[1], values], dim=2)
        x = x + self.inward.look(y, keys, values)
        beams = x.shape[0]
        x = x + self.across.look(
            self.norms[1](x), across[0].expand(beams, -1, -1, -1), across[1].expand(beams, -1, -1, -1)
        )
        return x + self.forward_part(self.norms[2](x)), keys, values


class Attention(nn.Module):
    """Multi-head attention; `mask` is True where a key may be seen."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.queries = nn.Linear(shape.width, shape.width)
        self.keys = nn.Linear(shape.width, shape.width)
        self.values = nn.Linear(shape.width, shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, x: Tensor, seen: Tensor, mask: Tensor) -> Tensor:
        return self.look(x, *self.seen(seen), mask)

    def seen(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (batch, heads, steps, .) of states."""
        return self._split(self.keys(states)), self._split(self.values(states))

    def look(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """What x finds among keys and values."""
        found = nn.functional.scaled_dot_product_attention(
            self._split(self.queries(x)), keys, values, attn_mask=mask
        )
        joined: Tensor = self.out(found.transpose(1, 2).reshape(x.shape))
        return joined

    def _split(self, t: Tensor) -> Tensor:
        return t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)
