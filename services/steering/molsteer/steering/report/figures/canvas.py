"""Figures that look alike, and the formats in which they leave.

matplotlib is loaded where a figure is drawn, for it takes as long as everything else at a start.
"""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANDOM, CHOSEN, HITS, INK, FAINT = "#7a828e", "#1f6fb4", "#c2541b", "#1d2430", "#dfe3e8"
"""Colours that people who see no red or green tell apart, and that print in grey."""

TOPIC_COLOURS = {"simulate": "#1f6fb4", "train": "#c2541b", "infer": "#2f8f6b"}

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")

FEW, MANY = 500, 2_000
"""Points up to which they are large, and from which on they are drawn as an image inside the
figure, which keeps files small."""

_STYLE: Any = {  # matplotlib knows the names of its settings as literals
    "font.family": "DejaVu Sans",
    "font.size": 11.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8b93a0",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "molsteer",  # the same campaign gives the same file
    "pdf.fonttype": 42,
    "text.parse_math": False,  # what users wrote is no formula
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure that can be drawn in any format.

    Attributes:
        name: Name of its file, without the format.
        title: What it shows, in a few words.
        told: What a reader sees in it, in a sentence or two, for those who do not see it as well.
        draw: Draws it, on an empty figure.
        size: Width and height in inches.
    """

    name: str
    title: str
    told: str
    draw: Callable[[Figure], None]
    size: tuple[float, float] = (8.0, 4.2)

    def written(self, kind: Format) -> bytes:
        """Draw it in a format."""
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}[kind]
        with mpl.rc_context(_STYLE), warnings.catch_warnings():
            # Names may have letters that the font has not; these are boxes then.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = Figure(figsize=self.size, layout="constrained")
            FigureCanvasAgg(figure)
            self.draw(figure)
            file = BytesIO()
            figure.savefig(file, format=kind, dpi=150, metadata=metadata)
        return file.getvalue()

    @property
    def source(self) -> str:
        """The figure as the address of an image, with everything that is in it."""
        return as_source(self.written("svg"))


def as_source(svg: bytes) -> str:
    """Write an SVG as the address of an image; nothing in it can act on the page around it."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def legend_above(figure: Figure, axes: Sequence[Axes]) -> None:
    """Explain the signs of all axes above them, where no point can be."""
    signs = {
        name: sign
        for each in axes
        for sign, name in zip(*each.get_legend_handles_labels(), strict=True)
    }
    if signs:
        figure.legend(
            signs.values(), signs.keys(), loc="outside upper left", ncols=3, fontsize=10.0
        )


def whole_numbers(axes: Axes, *, x: bool = False, y: bool = False) -> None:
    """Count in whole numbers along an axis."""
    from matplotlib.ticker import MaxNLocator

    for wanted, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        if wanted:
            axis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))


def name_line(axes: Axes, at: float, text: str) -> None:
    """Draw a threshold and write what it is, above the line at the left."""
    axes.axhline(at, color=HITS, linewidth=1.0, linestyle="--", zorder=1)
    axes.annotate(
        text,
        (0.0, at),
        xycoords=("axes fraction", "data"),
        xytext=(4, 2),
        textcoords="offset points",
        color=HITS,
        fontsize=9.5,
        va="bottom",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
    )
