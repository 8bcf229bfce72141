"""Bars and lines as SVG, light and dark. Written here, since two kinds of chart need no package of 100 MB."""

import html
import math

STYLE = """<style>
  text{font:13px system-ui,sans-serif;fill:#1b1f24} .quiet{fill:#6a737d} .title{font-weight:600;font-size:15px}
  .grid{stroke:#d0d7de;stroke-width:1} .bar{fill:#9aa4af} .ours{fill:#0b7285} .floor{fill:#ced4da}
  path{fill:none;stroke-width:2}
  @media (prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#8b949e}.grid{stroke:#30363d}.bar{fill:#57606a}
  .ours{fill:#3bc9db}.floor{fill:#373e47}}
</style>"""
COLOURS = ["#0b7285", "#c2410c", "#6a737d", "#6741d9", "#2b8a3e"]
WIDTH = 720


def _svg(path, height, title, parts):
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{html.escape(title)}">\n{STYLE}\n<text class="title" x="12" y="24">{html.escape(title)}</text>\n'
        + "\n".join(parts) + "\n</svg>\n")


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _kind(name):
    return "ours" if name.startswith("lastcall") else "floor" if name.startswith("floor") else "bar"


def bars(path, title, unit, values, notes=None):
    """A bar a name, on a logarithmic scale, with its figure behind it."""
    left, right, top, step = 190, 110 if not notes else 230, 44, 26
    least = min(value for value in values.values() if value > 0) / 1.6
    most = max(values.values())
    scale = (WIDTH - left - right) / max(math.log(most / least), 0.1)
    parts = [f'<text class="quiet" x="{WIDTH - 12}" y="24" text-anchor="end">{html.escape(unit)}</text>']
    for row, (name, value) in enumerate(values.items()):
        y = top + row * step
        length = max(2, scale * math.log(max(value, least) / least))
        label = _number(value) + (f", {notes[name]}" if notes else "")
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect class="{_kind(name)}" x="{left}" y="{y}" width="{length:.1f}" height="18" rx="2"/>'
                     f'<text class="quiet" x="{left + length + 6:.1f}" y="{y + 14}">{html.escape(label)}</text>')
    _svg(path, top + len(values) * step + 10, title, parts)


def lines(path, title, x_unit, y_unit, curves):
    """A line a name; both scales are logarithmic."""
    left, right, top, bottom, height = 70, 190, 44, 46, 380
    xs = [x for points in curves.values() for x, _ in points]
    ys = [y for points in curves.values() for _, y in points if y > 0]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)

    def at(x, y):
        across = math.log(x / x0) / max(math.log(x1 / x0), 0.01)
        up = math.log(max(y, y0) / y0) / max(math.log(y1 / y0), 0.01)
        return left + across * (WIDTH - left - right), height - bottom - up * (height - top - bottom)

    parts = [f'<text class="quiet" x="{WIDTH - 12}" y="24" text-anchor="end">{html.escape(y_unit)}, by '
             f'{html.escape(x_unit)}; both logarithmic</text>']
    for x in sorted(set(xs)):
        px, _ = at(x, y0)
        parts.append(f'<line class="grid" x1="{px:.1f}" y1="{top}" x2="{px:.1f}" y2="{height - bottom}"/>'
                     f'<text class="quiet" x="{px:.1f}" y="{height - bottom + 18}" text-anchor="middle">{x:,}</text>')
    for power in range(math.floor(math.log10(y0)), math.ceil(math.log10(y1)) + 1):
        y = 10.0 ** power
        if y0 <= y <= y1:
            _, py = at(x0, y)
            parts.append(f'<line class="grid" x1="{left}" y1="{py:.1f}" x2="{WIDTH - right}" y2="{py:.1f}"/>'
                         f'<text class="quiet" x="{left - 8}" y="{py + 4:.1f}" text-anchor="end">{_number(y)}</text>')
    taken = []
    for colour, (name, points) in zip(COLOURS, curves.items()):
        corners = [at(x, y) for x, y in points]
        drawn = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(corners))
        dash = ' stroke-dasharray="4 4"' if name == "ideal" else ""
        parts.append(f'<path d="{drawn}" stroke="{colour}"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in corners]
        y = corners[-1][1] + 4
        while any(abs(y - other) < 16 for other in taken):
            y += 16
        taken.append(y)
        parts.append(f'<text x="{corners[-1][0] + 8:.1f}" y="{y:.1f}">{html.escape(name)} {_number(points[-1][1])}</text>')
    _svg(path, height, title, parts)
