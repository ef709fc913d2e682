"""A report as one HTML file with its drawings inside: report.html."""

from html import escape

from edgeft.report import Report
from edgeft.report.blocks import Block, Code, Details, Figure, Items, Section, Table, Text
from edgeft.report.markdown import is_numeric
from edgeft.report.sections import origin, sections, title

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem auto; max-width: 60rem;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td:first-child { white-space: nowrap; }
th, td { border-bottom: 1px solid #cbd2d9; padding: 0.3rem 0.8rem; text-align: left;
         vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { background: #f5f7fa; padding: 1rem; overflow-x: auto; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
details { margin: 0.5rem 0; } summary { color: #2b6cb0; cursor: pointer; }
figcaption { color: #616e7c; font-size: 0.9rem; }
"""


def to_html(report: Report) -> str:
    """Write the whole report as one HTML page that asks the network for nothing."""
    return page(title(report), origin(report), sections(report))


def page(name: str, what: str, parts: list[Section]) -> str:
    """A page with a title, a paragraph below it, and sections."""
    head = escape(name)
    body = [f"<h1>{head}</h1>", f"<p>{escape(what)}</p>"]
    for section in parts:
        body.append(f"<h2>{escape(section.title)}</h2>")
        body += [drawn(block) for block in section.blocks]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{head}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
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
        case Items(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        case Details(title, blocks):
            inside = "".join(drawn(each) for each in blocks)
            return f"<details><summary>{escape(title)}</summary>{inside}</details>"
        case Table(columns, rows):
            return table(columns, rows)


def table(columns: list[str], rows: list[list[str]]) -> str:
    """An HTML table that scrolls sideways where it is wider than the page."""
    numeric = [is_numeric([row[place] for row in rows]) for place in range(len(columns))]
    lines = [line("th", columns, numeric), *(line("td", row, numeric) for row in rows)]
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def line(tag: str, cells: list[str], numeric: list[bool]) -> str:
    """One line of a table; columns of numbers are set to the right."""
    kinds = [' class="number"' if right else "" for right in numeric]
    inside = "".join(
        f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True)
    )
    return f"<tr>{inside}</tr>"
