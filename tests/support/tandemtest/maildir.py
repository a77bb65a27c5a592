"""What a mail server stored, read from its files: Maildirs, one per local part, below one directory."""
import pathlib


def stored(directory, address):
    """The messages of this recipient as bytes, line ends as the server wrote them."""
    place = pathlib.Path(directory) / address.partition("@")[0].lower()
    return [path.read_bytes() for folder in ("new", "cur") for path in sorted((place / folder).glob("*"))]


def owners(directory):
    """Local parts that have any mail."""
    return {place.name for place in pathlib.Path(directory).glob("*") if stored(directory, place.name)}
