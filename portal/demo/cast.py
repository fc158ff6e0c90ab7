"""People of the sample data, as plain constants: programs without Django import them too."""

PASSWORD = "handrail-demo"  # noqa: S105 - printed for everybody to see
STAFF = (
    ("ava@northlight.example", "Ava Lindgren", "admin"),
    ("reza@northlight.example", "Reza Karimi", "operator"),
    ("june@northlight.example", "June Abara", "reviewer"),
)
PEOPLE = (
    ("dana@harbor-pine.example", "owner of Harbor & Pine"),
    ("sam@harbor-pine.example", "approver there"),
    ("lou@harbor-pine.example", "viewer there"),
    ("imogen@fernside-dental.example", "owner of Fernside Dental"),
    ("jonas@cobalt-cycles.example", "owner of Cobalt Cycles"),
)
