"""Writes what Python's html module says about character names and the words of pages."""
import html.entities
import html.parser
import json
import random
import sys

from reference_folder import make


class Words(html.parser.HTMLParser):
    """The words of a page; elements that part words count as spaces."""

    PARTING = {"p", "div", "li", "ul", "h2", "br", "td", "tr", "table", "pre", "title"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = []
        self.dropped = 0

    def handle_starttag(self, tag, attrs):
        self.dropped += tag in ("script", "style")
        if tag in self.PARTING:
            self.text.append(" ")

    def handle_endtag(self, tag):
        self.dropped -= tag in ("script", "style")
        if tag in self.PARTING:
            self.text.append(" ")

    def handle_data(self, data):
        if not self.dropped:
            self.text.append(data)


def page(dice):
    """A page of well-formed parts in any order: on broken markup Python and browsers differ."""
    words = ["word", "caf\u00e9", "a&amp;b", "&lt;p&gt;", "&#8212;", "&#x1F600;", "&eacute;t&eacute;", "&copy;", "x < y", "\u4f60\u597d",
             "AT&T", "&hellip;", "&#150;", "\n", "  ", "&unknown;", "R&amp;amp;D"]
    parts = []

    def text():
        return " ".join(dice.choice(words) for _ in range(dice.randrange(6)))

    for _ in range(dice.randrange(40)):
        tag = dice.choice(["p", "div", "li", "b", "i", "span", "h2", "pre", "td", "tr", "table", "ul", "a"])
        parts.append(dice.choice([
            f"<{tag}>{text()}</{tag}>", f"<{tag} class='a > b' id=\"c\">{text()}</{tag.upper()}>", text(), "<br/>", "<br>",
            f"<!-- {text()} <p> -- -->", "<script>if (a < b) { c('</p>'); }</script>", "<style>p > a {}</style>",
            f"<{tag}><b>{text()}</b>{text()}</{tag}>"]))
    return "<!DOCTYPE html>\n" + "".join(parts)


def build(folder):
    names = {name[:-1]: text for name, text in html.entities.html5.items() if name.endswith(";")}
    wanted = set(html.entities.name2codepoint) | {name for name, text in names.items() if text.isascii() and len(text) == 1}
    old = sorted(name for name in html.entities.html5 if not name.endswith(";"))
    dice = random.Random(1)
    pages = []
    for _ in range(300):
        source = page(dice)
        parser = Words()
        parser.feed(source)
        parser.close()
        pages.append({"html": source, "words": "".join(parser.text).split()})
    with open(f"{folder}/texts.json", "w", encoding="utf-8") as file:
        json.dump({"names": {name: names[name] for name in sorted(wanted)}, "old": old, "pages": pages}, file)


if __name__ == "__main__":
    make(sys.argv[0], build)
