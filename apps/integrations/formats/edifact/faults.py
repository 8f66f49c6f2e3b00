"""What is wrong with an interchange, in the words of CONTRL."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a message (or with its interchange).

    detail is one sentence for people and quotes nothing of the body; code is element 0085. segment
    is the position in the message (UNH is 1; 0: the message as a whole), element and component
    stand for the data element (0: the segment as a whole). fatal: nothing of the message is used.
    """

    detail: str
    code: str
    segment: int = 0
    element: int = 0
    component: int = 0
    fatal: bool = True
