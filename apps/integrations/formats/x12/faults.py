"""What is wrong with an interchange, in the words of its acknowledgement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a transaction set (or with its group or interchange).

    detail is one sentence for people and quotes nothing of the body. set_code is X12 element 718
    (AK502, IK502); segment is the position in the set (ST is 1; 0: the set as a whole) with its
    name and element 720 (AK304), element the position in the segment (0: the segment as a whole)
    with element 723 (AK403). fatal: nothing of the set is used.
    """

    detail: str
    set_code: str = "5"
    segment: int = 0
    name: str = ""
    segment_code: str = "8"
    element: int = 0
    element_code: str = ""
    fatal: bool = True
