"""Training data of the trained planner: public question sets as plans that were run and checked."""
