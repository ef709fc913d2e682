"""A report as one HTML file with its drawings inside: report.html."""

from html import escape

from edgeft.report import Report
from edgeft.report.blocks import Block, Code, Figure, Table, Text
from edgeft.report.markdown import is_number
from edgeft.report.sections import sections

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem auto; max-width: 60rem;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #cbd2d9; padding: 0.3rem 0.8rem; text-align: left;
         vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { background: #f5f7fa; padding: 1rem; overflow-x: auto; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
figcaption { color: #616e7c; font-size: 0.9rem; }
"""


def to_html(report: Report) -> str:
    """Write the whole report as one HTML page that asks the network for nothing."""
    title = escape(f"{report.task}: {len(report.labels)} labels")
    body = [
        f"<h1>{title}</h1>",
        f"<p>Made by edgeft {escape(report.edgeft)} on {report.created}.</p>",
    ]
    for section in sections(report):
        body.append(f"<h2>{escape(section.title)}</h2>")
        body += [drawn(block) for block in section.blocks]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def drawn(block: Block) -> str:
    """The HTML of one block."""
    match block:
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Figure(svg, caption):
            return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        case Table(columns, rows):
            return table(columns, rows)


def table(columns: list[str], rows: list[list[str]]) -> str:
    """An HTML table that scrolls sideways where it is wider than the page."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = "".join(f"<tr>{''.join(cell(each) for each in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def cell(text: str) -> str:
    kind = ' class="number"' if is_number(text) else ""
    return f"<td{kind}>{escape(text)}</td>"
