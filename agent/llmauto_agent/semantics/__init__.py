"""The semantic layer: what a project's llmauto.yml says of its data (docs/semantics.md).

    model.py      the file as Pydantic models
    places.py     YAML with the line of each entry
    read.py       find and read the file; errors name file and line
    check.py      the file against the tables that are attached
    apply.py      the file as meanings for the planner and for chat models: `Semantics`
    learn.py      a draft of the file from the tables
    draft.py      a draft as text with comments
    questions.py  a file of questions with expected results
    compare.py    an answer against what was expected

Only `llmauto.yml` in a project brings any of this in; without one, nothing here is imported.
"""
