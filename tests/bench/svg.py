# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Three small charts side by side, as SVG: what an open costs as things grow."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 280, 220, 52, 12, 34, 44
COLOURS = {"traced": "#1f6feb", "outside": "#8b949e"}
CHARTS = (("cgroups", "traced cgroups"), ("nesting", "depth of cgroups"), ("path", "components of the path"))


def _text(x, y, text, anchor="middle", size=11):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{text}</text>'


def _chart(points, title, top_ns, offset):
    inner_w, inner_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = inner_w / (len(points) - 1)

    def place(number, ns):
        return offset + LEFT + number * step, TOP + inner_h * (1 - ns / top_ns)

    parts = [_text(offset + LEFT + inner_w / 2, HEIGHT - 8, title, size=12)]
    for ns in range(0, top_ns + 1, 1000):
        _, y = place(0, ns)
        parts.append(f'<line x1="{offset + LEFT}" x2="{offset + WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>')
        parts.append(_text(offset + LEFT - 6, y + 4, ns, "end"))
    for number, point in enumerate(points):
        parts.append(_text(place(number, 0)[0], HEIGHT - BOTTOM + 16, f"{point['x']:,}"))
    for series, colour in COLOURS.items():
        line = " ".join("%.1f,%.1f" % place(number, point[series]) for number, point in enumerate(points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for number, point in enumerate(points):
            x, y = place(number, point[series])
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
    return parts


def growth(result):
    top = max(point["traced"] for points in result.values() for point in points)
    top_ns = int(top // 1000 + 1) * 1000
    parts = [_text(8, 18, "open and close, ns (minimum):", "start", 12)]
    for number, (series, colour) in enumerate(COLOURS.items()):
        parts.append(f'<text x="{190 + 70 * number}" y="18" font-size="12" fill="{colour}">{series}</text>')
    for number, (series, title) in enumerate(CHARTS):
        parts += _chart(result[series], title, top_ns, number * WIDTH)
    body = "\n".join(parts)
    return ('<!-- SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only -->\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * len(CHARTS)}" height="{HEIGHT}" '
            f'font-family="sans-serif" fill="#57606a">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
