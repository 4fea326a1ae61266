"""Samples of one part of the bench, and their table: medians with their spread, and ratios to a baseline."""

import statistics


class Table:
    """Samples by case and figure. A case is a tuple whose first item is the measured program."""

    def __init__(self, title, columns, baseline):
        self.title = title
        self.columns = columns
        # The first item of the baseline cases. The rest of the tuple is the same.
        self.baseline = baseline
        # Figures without a ratio.
        self.plain = set()
        # Cases that could not be measured, with the reasons.
        self.missing = []
        self._samples = {}

    def add(self, case, figure, value):
        self._samples.setdefault(case, {}).setdefault(figure, []).append(value)

    def cases(self):
        return list(self._samples)

    def samples(self, case, figure):
        return self._samples.get(case, {}).get(figure, [])

    def ratios(self, case, figure, other):
        """Returns the case's samples, divided by those of `other` in the same rounds."""
        others = self.samples((other, *case[1:]), figure)
        return [mine / theirs for mine, theirs in zip(self.samples(case, figure), others)]

    def compares(self, figure):
        return bool(self.baseline) and figure not in self.plain

    def rows(self):
        """Returns the head and the rows of the printed table."""
        figures = list(dict.fromkeys(figure for samples in self._samples.values() for figure in samples))
        head = list(self.columns)
        for figure in figures:
            head.append(figure)
            if self.compares(figure):
                head.append(f"× {self.baseline}")
        rows = []
        for case, samples in self._samples.items():
            row = [str(item) for item in case]
            for figure in figures:
                row.append(format_samples(samples.get(figure, [])))
                if self.compares(figure):
                    row.append(format_samples(self.ratios(case, figure, self.baseline)))
            rows.append(row)
        return head, rows

    def markdown(self):
        head, rows = self.rows()
        lines = [f"## {self.title}", "", *markdown_table(head, rows)]
        if self.missing:
            lines += ["", "Not measured:", "", *(f"- {what}" for what in self.missing)]
        return "\n".join(lines) + "\n"

    def as_json(self):
        cases = [
            {"case": dict(zip(self.columns, case)), "samples": samples} for case, samples in self._samples.items()
        ]
        return {"title": self.title, "baseline": self.baseline, "cases": cases, "missing": self.missing}


def markdown_table(head, rows):
    """Returns the lines of a Markdown table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows)]

    def line(cells):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"

    return [line(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]


def short(value):
    """Returns a number with three significant digits."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def format_samples(samples):
    """Returns the median. If there are several samples, also the minimum and the maximum."""
    if not samples:
        return "–"
    middle = short(statistics.median(samples))
    if len(samples) == 1:
        return middle
    return f"{middle} ({short(min(samples))}–{short(max(samples))})"
