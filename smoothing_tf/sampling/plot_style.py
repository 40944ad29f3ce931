"""The style that all plots share."""

# Okabe and Ito's colors, which color-blind readers can tell apart.
BLUE, VERMILION = "#0072B2", "#D55E00"
_INK = "#33383d"


def style_axes(axes) -> None:
    """Draws a light grid and dark grey labels, without the upper and right spine."""
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=_INK, labelsize=9)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(_INK)
        text.set_fontsize(10)
