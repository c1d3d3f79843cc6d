"""Explanations of trained models: importance, contributions, partial dependence, in the inputs' own terms."""
