/** The page's whole look: light or dark as the reader's system is, and fit for paper. */
export const style = `
:root { color-scheme: light dark;
  --paper: #ffffff; --ground: #f5f6f3; --ink: #1c2420; --quiet: #64706a; --line: #dfe4df; --code: #eef1ed;
  --green: #3f8f5b; --teal: #3a8f95; --blue: #3f78b5; --cyan: #3a9fc0; --red: #c2453d; --yellow: #c08a1e; --grey: #a3aca6;
  --red-soft: #fbecea; --yellow-soft: #fbf3df; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #1b211e; --ground: #131715; --ink: #e4eae6; --quiet: #97a49d; --line: #323b36; --code: #252d29;
  --green: #58b57a; --teal: #54b7bd; --blue: #6aa2de; --cyan: #5cc0e0; --red: #e5756d; --yellow: #d9ab49; --grey: #6d7872;
  --red-soft: #38211f; --yellow-soft: #342c19; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 30px; line-height: 1.2; margin: 2px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 0 0 10px; }
h3 { font-size: 15px; margin: 14px 0 6px; overflow-wrap: anywhere; }
p { margin: 6px 0; }
.kind { color: var(--quiet); margin: 0; overflow-wrap: anywhere; }
.lead { font-size: 17px; }
.quiet, .kind { font-size: 13.5px; color: var(--quiet); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 20px 22px; margin: 18px 0; }
.badge { font-size: 14px; font-weight: 600; color: var(--paper); padding: 3px 11px; border-radius: 99px; vertical-align: 5px; white-space: nowrap; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 8px 28px; margin: 16px 0; }
.facts div { display: flex; gap: 12px; min-width: 0; }
.facts .long { grid-column: 1 / -1; }
dt { color: var(--quiet); flex: 0 0 96px; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 8px; padding: 10px 12px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0; }
.states .bar { display: flex; gap: 2px; height: 9px; border-radius: 5px; overflow: hidden; background: var(--line); }
.states .bar i { min-width: 3px; flex: 1 1 0; }
.states ul { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 6px 0 0; padding: 0; font-size: 13.5px; color: var(--quiet); }
.states li { white-space: nowrap; }
.states li i { display: inline-block; width: 9px; height: 9px; border-radius: 3px; margin-right: 6px; }
td .states { min-width: 170px; }
.green { background: var(--green); } .teal { background: var(--teal); } .blue { background: var(--blue); } .cyan { background: var(--cyan); }
.red { background: var(--red); } .yellow { background: var(--yellow); } .grey { background: var(--grey); }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 14px; align-items: start; }
.row.of-1, .row.of-2 { grid-template-columns: repeat(2, 1fr); } .row.of-3 { grid-template-columns: repeat(3, 1fr); } .row.of-4 { grid-template-columns: repeat(4, 1fr); }
figure { margin: 0; min-width: 0; }
figure img { width: 100%; height: auto; max-height: 420px; object-fit: contain; background: #000; border-radius: 8px; display: block; }
.empty { min-height: 130px; border: 1px dashed var(--grey); border-radius: 8px; display: flex; align-items: center; justify-content: center; padding: 14px; font-size: 13px; color: var(--quiet); overflow-wrap: anywhere; text-align: center; }
figcaption { font-size: 12.5px; line-height: 1.4; color: var(--quiet); margin-top: 5px; overflow-wrap: anywhere; }
figcaption b { color: var(--ink); font-size: 13.5px; }
.item { border-top: 1px solid var(--line); margin-top: 14px; } .item:first-of-type { border-top: 0; margin-top: 0; }
.wide, .graph { overflow-x: auto; }
.graph svg { max-width: 100%; min-width: 620px; height: auto; display: block; }
.edge { fill: none; stroke: var(--grey); stroke-width: 1.6; }
.node rect { fill: var(--paper); stroke: var(--grey); stroke-width: 1.6; }
.node.green rect { stroke: var(--green); } .node.red rect { stroke: var(--red); fill: var(--red-soft); } .node.yellow rect { stroke: var(--yellow); fill: var(--yellow-soft); } .node.blue rect { stroke: var(--blue); }
.node.data rect, .node.calibration rect { fill: var(--code); stroke: var(--line); } .node.calibration rect { stroke: var(--grey); stroke-dasharray: 5 4; }
.node text { text-anchor: middle; fill: var(--ink); font-size: 14px; } .node .name { font-weight: 600; } .node .line { fill: var(--quiet); font-size: 12.5px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: 13px; white-space: nowrap; }
th, td { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.path { overflow-wrap: anywhere; min-width: 240px; } .hash { overflow-wrap: anywhere; color: var(--quiet); font-size: 12px; } td.hash { min-width: 200px; } td.hash code { font-size: 11.5px; }
.span { min-width: 190px; padding-right: 0; }
.when { position: relative; height: 9px; margin-top: 7px; border-radius: 5px; background: var(--line); }
.when i { position: absolute; top: 0; bottom: 0; min-width: 4px; border-radius: 5px; background: var(--blue); }
#failures { border-color: var(--red); background: var(--red-soft); } #failures pre { background: var(--paper); max-height: 320px; overflow-y: auto; }
.failure h3 { margin-top: 4px; } .tasks { columns: 2 320px; margin: 4px 0; padding-left: 20px; font-size: 13.5px; } .tasks li { overflow-wrap: anywhere; }
.bad { color: var(--red); } .notice { background: var(--yellow-soft); border-radius: 8px; padding: 8px 12px; }
summary { cursor: pointer; padding: 4px 0; }
@media (max-width: 620px) { .row.of-3, .row.of-4 { grid-template-columns: repeat(2, 1fr); } header, main { padding: 0 12px; } section { padding: 16px 14px; } .facts { grid-template-columns: 1fr; } }
@media print {
  body { background: none; font-size: 11px; } section { border: 0; padding: 8px 0; break-inside: auto; } figure, .failure, tr { break-inside: avoid; }
  figure img { max-height: 190px; } header, main { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
