"""What the assistant learned, kept between sessions: stored, recalled, inspected and forgotten.

    Memory(workspace=…, person=…)       memory.py   the door: add, search, recall, forget, export, import
      Entry                             entry.py    one thing remembered: kind, scope, text, data, source
      Store                             store.py    one SQLite file: texts, keyword index, vectors (the truth)
      Embedder                          embed.py    texts to vectors: on this machine, or by configuration
      nearest vectors                   nearest.py  exact in numpy; through Chroma where a store is large
      recall                            recall.py   dense and keyword together, fused and re-ranked
      documents                         documents.py, chunks.py
      definitions, standing filters     meaning.py (the types), say.py (from words), apply.py (to a plan)

Importing this package loads none of these; `ask` loads what it needs when there is a memory.
"""
