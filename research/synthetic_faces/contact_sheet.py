"""Draw contact sheets for visual inspection."""

from pathlib import Path

from PIL import Image, ImageDraw


def draw_sheet(files: list[Path], cell: int, columns: int) -> Image.Image:
    """Return a grid of pictures with their file names."""
    rows = -(-len(files) // columns)
    page = Image.new("RGB", (columns * cell, rows * (cell + 14)), "white")
    draw = ImageDraw.Draw(page)
    for k, file in enumerate(files):
        x, y = k % columns * cell, k // columns * (cell + 14)
        page.paste(
            Image.open(file).convert("RGB").resize((cell, cell), Image.Resampling.LANCZOS), (x, y)
        )
        draw.text((x + 2, y + cell + 1), file.stem, fill="black")
    return page


def save_contact_sheet(sheet: Path, cell: int, columns: int, pictures: list[Path]) -> None:
    """Write one sheet of all `pictures`."""
    draw_sheet(pictures, cell, columns).save(sheet)
