"""The conversation in the terminal: `llmauto chat`."""
