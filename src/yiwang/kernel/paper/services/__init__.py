"""Every write of the room: print forms, enter them, make plates."""

from yiwang.kernel.paper.services.entering import close_form, enter_act, enter_report
from yiwang.kernel.paper.services.plates import asset_plates, place_plate, plates_pdf, retire
from yiwang.kernel.paper.services.printing import print_blanks, print_cases

__all__ = ["asset_plates", "close_form", "enter_act", "enter_report", "place_plate", "plates_pdf", "print_blanks", "print_cases", "retire"]
