"""Reports: a goal and a workspace become a document whose every number leads to its evidence.

    request = Request(goal="What drives sales?", sources=("sales.csv",))
    report = make_report(workspace, request)
    write_report(report.document, "report.html", workspace)

docs/reports.md describes templates, grounding and scheduled runs.
"""

from llmauto_agent.report.run import Report, Request, make_report
from llmauto_agent.report.write import SUFFIXES, write_report

__all__ = ["SUFFIXES", "Report", "Request", "make_report", "write_report"]
