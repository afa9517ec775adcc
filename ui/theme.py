"""The look as Gradio takes it: the palette, the type and the shapes. `page.css` does what Gradio has no name for.

Warm paper and dark ink, one evergreen accent; marked words are highlighter yellow, in `page.css`. Fonts are
the visitor's own: nothing is fetched.
"""

from gradio.themes import Base, Color
from gradio.themes.utils import sizes

PAPER = Color(
    name="paper",
    c50="#fbf9f4",
    c100="#f5f1e8",
    c200="#e8e1d3",
    c300="#d6cdbb",
    c400="#a79d8b",
    c500="#7d7566",
    c600="#635c50",
    c700="#4a453c",
    c800="#2d2a25",
    c900="#201e1a",
    c950="#171512",
)
EVERGREEN = Color(
    name="evergreen",
    c50="#eff5f0",
    c100="#dfeae1",
    c200="#c3d8c9",
    c300="#9dc0a8",
    c400="#6f9f80",
    c500="#4b8062",
    c600="#35674b",
    c700="#28533c",
    c800="#214331",
    c900="#1a3527",
    c950="#0f2017",
)

SANS = (
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "Ubuntu",
    "Cantarell",
    "Helvetica Neue",
    "Arial",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")


def theme() -> Base:
    """The theme that the page is launched with."""
    made = Base(
        primary_hue=EVERGREEN,
        secondary_hue=EVERGREEN,
        neutral_hue=PAPER,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        font=SANS,
        font_mono=MONO,
    )
    return made.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#ece6da",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="#aaa191",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_padding="0",
        border_color_primary="*neutral_200",
        border_color_primary_dark="#3a362f",
        color_accent="*primary_600",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_950",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        link_text_color_hover="*primary_800",
        link_text_color_hover_dark="*primary_200",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*border_color_primary",
        button_secondary_border_color_dark="*border_color_primary",
        button_secondary_text_color="*body_text_color",
        button_secondary_text_color_dark="*body_text_color",
        input_background_fill="transparent",
        input_background_fill_dark="transparent",
        input_border_width="0px",
        input_shadow="none",
        input_shadow_focus="none",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="#958c7d",
    )
