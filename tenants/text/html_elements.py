"""Names of HTML elements, grouped by what browsers do with them. Pure.

Sources: the HTML standard, sections 13.1.2.4 (optional tags) and 13.2.6 (tree construction).
"""


def _names(text: str) -> set[str]:
    return set(text.split())


HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = HEADINGS | _names(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form header hgroup hr legend li main menu nav ol optgroup "
    "option p pre search section summary table tbody tfoot thead tr ul"
)
SPACED = {"td", "th", "label", "button", "img", "input"}  # a blank on either side
SILENT = _names(
    "script style head title template noscript svg math object iframe select textarea audio video "
    "datalist noembed noframes canvas rp"
)
VOID = _names(
    "area base basefont bgsound br col embed frame hr img input link meta param source track wbr"
)
FOREIGN = {"svg", "math"}  # in these a slash closes an element, as in XML
# Opened again in what follows, where the element around them ends first.
FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")

# Elements that an end tag of another kind does not pass, as the standard names them.
SPECIAL = _names(
    "address article aside blockquote button caption center colgroup dd details dir div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup iframe li main "
    "menu nav noembed noframes noscript object ol p pre script search section select style summary "
    "table tbody td template textarea tfoot th thead title tr ul"
)
LOOSE = {"address", "div", "p"}  # a list item's start ends an open item through these too
CELLS = ("table", "td", "th", "caption", "object", "template")
SCOPES = (*CELLS, "button")
ROWS = ("table", "tbody", "thead", "tfoot")
# The parents of a part of a table: its start tag ends everything open inside them.
STANDS_IN: dict[str, tuple[str, ...]] = {
    "td": (*ROWS, "tr"),
    "th": (*ROWS, "tr"),
    "tr": ROWS,
    **dict.fromkeys(("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
}
IN_TABLE = {*ROWS, "tr", "colgroup"}  # text directly in these is shown before the table
ENDS_P = SPECIAL & (BLOCKS | {"hr"}) - {"tr", "tbody", "thead", "tfoot", "caption", "summary"}
ENDS_P |= {"summary", "hr", "dialog"}
ALIKE = {"li": ("li",), "dt": ("dt", "dd"), "dd": ("dt", "dd")}
INNERMOST = {"option": ("option",), "optgroup": ("option", "optgroup"), "rt": ("rt", "rp")}
INNERMOST |= {"rp": ("rt", "rp"), **dict.fromkeys(HEADINGS, tuple(HEADINGS))}
IN_HEAD = _names("base basefont bgsound link meta noframes noscript script style template title")
