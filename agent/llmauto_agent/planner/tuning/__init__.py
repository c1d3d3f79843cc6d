"""Fine-tune the built-in planner on somebody's own accepted question-SQL pairs, and keep it if it is better."""
