"""What words mean in this line of work: definitions and filters that always apply.

    types.py      Meanings, Definition, StandingFilter: what any source of them provides
    say.py        a sentence ("ARR means …", "always exclude test accounts") to one of them
    body.py       the words of a definition to a SQL expression or condition over a table
    resolve.py    that to the typed parts of a plan, for the tables that are there
    plans.py      definitions and filters in a plan
    apply.py      a question read with them: defined names are columns to the planner, and are replaced in its plan

The memory is one source of meanings (llmauto_agent.memory), a project's llmauto.yml another.
"""
