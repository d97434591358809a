"""How the notice for the pole looks: black on white, on A4 or Letter, without anything that a printer must guess.

The page is laid out for the part that both papers have: 210 mm wide (A4), 279 mm high (Letter). The
size of type is set in the page so that it fills one; nothing carries meaning by colour, and there are lines, no
tints, for copiers.
"""

from typing import Final

STYLE: Final = """
@page { margin: 8mm 11mm 7mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
html { background: #fff; color: #000; }
body { font: 10pt/1.2 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; max-width: 188mm;
  margin: 0 auto; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
@media screen { body { padding: 9mm 0; } }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 6mm;
  border-bottom: 1.2mm solid #000; padding-bottom: 2mm; }
.kicker { font-size: 10pt; letter-spacing: .02em; }
h1 { font-size: 21pt; line-height: 1.08; margin: 1mm 0 2mm; letter-spacing: -.01em; }
.site { font-size: 13pt; font-weight: bold; line-height: 1.15; }
.unit { margin-top: 1mm; font-size: 9pt; }
.lead { margin-top: 1.5mm; font-size: 10pt; }
figure { flex: none; width: 30mm; text-align: center; }
svg.qr { display: block; width: 30mm; height: 30mm; shape-rendering: crispEdges; }
figcaption { font-size: 8pt; font-weight: bold; }
h2 { font-size: 1.25em; margin: 2.6mm 0 1mm; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 7mm; }
ul { padding-left: 1.15em; }
li { margin-bottom: .15em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .12em .7em; }
dt { font-weight: bold; }
dd { overflow-wrap: anywhere; }
.cards { display: flex; gap: 5mm; align-items: flex-start; }
.cards > div { flex: 1 1 0; min-width: 0; }
article { break-inside: avoid; border: .35mm solid #000; border-radius: 1.2mm; padding: 1.6mm 2.2mm;
  margin-bottom: 2.4mm; }
article > * + * { margin-top: .8mm; }
article dl { display: block; border-top: .2mm solid #000; padding-top: 1mm; }
article dt, article dd { display: inline; }
article dd::after { content: "\\A"; white-space: pre; }
article dt::after { content: ": "; }
h3 { font-size: 1.2em; line-height: 1.15; }
.tags { font-size: .88em; line-height: 1.25; }
.tags code { font-weight: normal; font-size: .92em; overflow-wrap: anywhere; }
footer { border-top: .35mm solid #000; padding-top: 1mm; font-size: 7pt; }
code { font-family: "Liberation Mono", "DejaVu Sans Mono", monospace; font-weight: bold; }
@media (max-width: 150mm) { .facts { display: block; } .cards { display: block; } body { padding: 4mm; } }
"""
