"""Helpers for tests of programs that use llmauto, and for our own.

`ScriptedChatModel` plays a list of messages through LangChain's interface, in process.
`ScriptedServer` plays a list of steps through a real HTTP server on loopback that speaks the OpenAI
chat-completions protocol, streaming included, and keeps every byte that it was sent.
"""

from llmauto_agent.testing.model import ScriptedChatModel, call
from llmauto_agent.testing.server import Drop, Reply, ScriptedServer, Stall, Status, ToolCall

__all__ = ["Drop", "Reply", "ScriptedChatModel", "ScriptedServer", "Stall", "Status", "ToolCall", "call"]
