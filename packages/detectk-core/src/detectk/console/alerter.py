"""Tell people where they already look: print messages to standard output."""

from __future__ import annotations

from typing import Final

from detectk.console.options import ConsoleOptions
from detectk.console.printing import Style, line, paint, wants_colour
from detectk.contracts.alerter import Alerter, Sent
from detectk.errors import AlertError
from detectk.values.message import Message

__all__ = ["ConsoleAlerter"]

_STYLES: Final[dict[str, Style]] = {
    "CRITICAL": "red",
    "HIGH": "red",
    "WARNING": "yellow",
    "INFO": "blue",
    "RESOLVED": "green",
    "WITHDRAWN": "dim",
    "NO DATA": "magenta",
    "CHECK FAILED": "magenta",
    "TEST": "blue",
}


class ConsoleAlerter(Alerter[ConsoleOptions]):
    """Prints a headline and its facts, an empty line after them."""

    def send(self, message: Message) -> Sent:
        """Print ``message``.

        Raises:
            AlertError: Standard output is closed; retryable, the next run may have another.
        """
        try:
            line(f"{self._words(message)}\n")
        except (OSError, ValueError) as error:
            raise AlertError(
                f"standard output cannot be written ({error})", where="console", retryable=True
            ) from error
        return Sent()

    def _words(self, message: Message) -> str:
        from detectk.template.messages import as_text, look  # most runs have nothing to say

        problem = ""
        if self.options.message_template:
            from detectk.template.custom import custom_text

            text, problem = custom_text(self.options.message_template, message)
            if text:
                return text
        words = as_text(message)
        if wants_colour(self.options.color):
            word = look(message).word
            words = words.replace(word, paint(word, "bold", _STYLES[word]), 1)
        return f"{words}\n  {problem}" if problem else words
