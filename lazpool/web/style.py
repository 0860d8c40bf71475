"""The style sheet of the page; its colours stand apart, so that their contrast can be reckoned."""

from __future__ import annotations

from string import Template
from typing import Final

LIGHT: Final = {
    "paper": "#fbfaf6",
    "ink": "#1c2326",
    "soft": "#4a575c",
    "line": "#7d8b8c",
    "deep": "#0f5c5a",
    "band": "#e9f0ee",
    "cell0": "#f1efe8",
    "cell1": "#e0eae7",
    "cell2": "#bfdcd5",
    "cell3": "#86bfb4",
    "cell4": "#0f5c5a",
    "full": "#ffffff",
    "edge": "#b9c4c2",
}
DARK: Final = {
    "paper": "#14191b",
    "ink": "#eef1ef",
    "soft": "#b4c0c0",
    "line": "#7f8f90",
    "deep": "#7fd1c4",
    "band": "#20292b",
    "cell0": "#1a2123",
    "cell1": "#223033",
    "cell2": "#27484a",
    "cell3": "#1f6663",
    "cell4": "#9be0d5",
    "full": "#0c1f1e",
    "edge": "#3b484a",
}

TEXT: Final = (
    *(("ink", "paper"), ("soft", "paper"), ("deep", "paper"), ("ink", "band"), ("soft", "band"), ("deep", "band")),
    *(("ink", "cell0"), ("ink", "cell1"), ("ink", "cell2"), ("ink", "cell3"), ("full", "cell4"), ("paper", "deep")),
)
"""Which colour of text stands on which ground."""

_SHEET: Final = Template("""
:root { color-scheme: light dark; $light }
@media (prefers-color-scheme: dark) { :root { $dark } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif }
a { color: var(--deep) }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px; border-radius: 2px }
.skip { position: absolute; left: -999rem; top: 0; padding: .6rem 1rem; background: var(--deep); color: var(--paper) }
.skip:focus { left: 0; z-index: 1 }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.2rem }
header { display: flex; flex-wrap: wrap; gap: .3rem 2rem; align-items: baseline; justify-content: space-between;
  padding-top: 1.6rem }
h1 { font-size: 1.9rem; line-height: 1.15; margin: 0; color: var(--deep); font-weight: 650; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; line-height: 1.25; margin: 2.4rem 0 .5rem; color: var(--deep) }
h2 small { font-weight: 400; font-size: .9rem; color: var(--soft) }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem }
p { max-width: 46rem; margin: .4rem 0 }
.lead { font-size: 1.08rem }
.small, footer { color: var(--soft); font-size: .875rem }
nav ul { list-style: none; display: flex; gap: 1rem; margin: 0; padding: 0 }
nav [aria-current] { font-weight: 650; color: var(--ink) }
.figures { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 0; padding: 0 }
.figures div { background: var(--band); border-radius: .4rem; padding: .5rem 1rem; min-width: 9rem }
.figures dd { margin: 0; font-size: 1.6rem; font-weight: 650; line-height: 1.2 }
.figures dt { color: var(--soft); font-size: .875rem }
.map { width: 100%; height: auto; max-height: 80vh; display: block }
.cell { stroke: var(--edge); stroke-width: 1 }
.l0 { fill: var(--cell0) } .l1 { fill: var(--cell1) } .l2 { fill: var(--cell2) }
.l3 { fill: var(--cell3) } .l4 { fill: var(--cell4) }
.count { fill: var(--ink); font-weight: 650; text-anchor: middle }
.full { fill: var(--full) }
.town { fill: var(--ink); text-anchor: middle; paint-order: stroke; stroke: var(--cell0); stroke-width: 4px;
  stroke-linejoin: round }
.on1 { stroke: var(--cell1) } .on2 { stroke: var(--cell2) } .on3 { stroke: var(--cell3) }
.on4 { fill: var(--full); stroke: var(--cell4) }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 3rem; align-items: start }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--edge); font-weight: 400 }
thead th { color: var(--soft); font-size: .875rem; border-color: var(--line) }
td.n, th.n { text-align: right; white-space: nowrap }
tr[aria-current] { background: var(--band) } tr[aria-current] th { font-weight: 650 }
.join { display: flex; flex-wrap: wrap; gap: 1.2rem 2rem; align-items: flex-start }
.join > div { flex: 1 1 22rem; min-width: 0; overflow-wrap: anywhere }
pre { background: var(--band); padding: .8rem 1rem; border-radius: .4rem; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .6rem 0; font-size: .9rem }
code, pre { font-family: ui-monospace, "Liberation Mono", Menlo, Consolas, monospace }
.qr { width: 18rem; height: 18rem; max-width: 100%; flex: none; border-radius: .4rem }
.rules { white-space: pre-line }
footer { margin-top: 3rem; padding-bottom: 2rem }
""")


def sheet() -> str:
    """Return the style sheet."""
    return _SHEET.substitute(light=_variables(LIGHT), dark=_variables(DARK)).strip() + "\n"


def _variables(colours: dict[str, str]) -> str:
    return "; ".join(f"--{name}: {value}" for name, value in colours.items())
