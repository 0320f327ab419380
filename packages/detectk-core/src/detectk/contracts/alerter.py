"""What carries a message to people."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from detectk.contracts.part import O, Part
from detectk.values.message import Message

__all__ = ["Alerter", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message.

    Attributes:
        reference: What the channel calls it, for a later edit or thread; may be empty.
    """

    reference: str = ""


class Alerter(Part[O]):
    """Sends a message once; retries and order are the core's business."""

    @abstractmethod
    def send(self, message: Message) -> Sent:
        """Deliver ``message``.

        Raises:
            AlertError: It was not delivered; ``retryable`` says whether trying again may help.
        """
