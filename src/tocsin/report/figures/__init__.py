"""The drawings of a report: SVG text that needs nothing else, every text in it escaped.

Colours and sizes of letters come from the page's style sheet, so that a drawing follows
dark mode, print and a narrow screen. Nothing is told by colour alone.
"""

from tocsin.report.figures.bells import clock_strip
from tocsin.report.figures.ground import coverage_map, incident_maps, sector_maps
from tocsin.report.figures.hours import coverage_strip, timeline
from tocsin.report.figures.signs import sign

__all__ = [
    "clock_strip",
    "coverage_map",
    "coverage_strip",
    "incident_maps",
    "sector_maps",
    "sign",
    "timeline",
]
