/** The look of the report page, light and dark, on screens and on paper. */

/** Colours by what they mean: blue is float, orange is the chip, grey is where both agree. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #17202c; --faint: #5d6877; --line: #dfe3e9; --sunken: #eef1f5;
  --float: #2563c9; --chip: #d9630b; --both: #8b97a6; --good: #0e7a45; --bad: #c2292e; --warn: #96690a;
  --good-soft: #e5f5ec; --bad-soft: #fdecec; --warn-soft: #fdf4df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151c; --card: #181f29; --ink: #e4e9f0; --faint: #98a4b3; --line: #2b3542; --sunken: #212a36;
    --float: #6ea8ff; --chip: #ff9d4d; --both: #7c8999; --good: #4ccb8a; --bad: #ff7d7d; --warn: #e6b450;
    --good-soft: #14301f; --bad-soft: #3a1c1f; --warn-soft: #33290f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
footer { padding-bottom: 40px; color: var(--faint); font-size: 13px; }
h1 { font-size: 27px; line-height: 1.2; margin: 2px 0 0; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere; }
h1 .on { color: var(--faint); font-weight: 400; }
h2 { font-size: 19px; margin: 0 0 4px; font-weight: 650; }
h3 { font-size: 15px; margin: 20px 0 6px; font-weight: 600; }
p { margin: 0 0 10px; max-width: 78ch; }
.lead { color: var(--faint); margin-bottom: 14px; }
.above { color: var(--faint); font-size: 13px; letter-spacing: .02em; margin: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin: 18px 0; scroll-margin-top: 8px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 16px 0 0; font-size: 14px; }
nav a { color: var(--faint); text-decoration: none; border-bottom: 1px solid transparent; }
nav a:hover, nav a:focus { color: var(--ink); border-color: currentColor; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: .92em; }
pre { background: var(--sunken); border-radius: 6px; padding: 12px 14px; overflow-x: auto; margin: 0 0 12px; white-space: pre-wrap; overflow-wrap: anywhere; }

.verdict { border-left-width: 6px; margin-top: 18px; }
.verdict.pass { border-left-color: var(--good); background: var(--good-soft); }
.verdict.fail { border-left-color: var(--bad); background: var(--bad-soft); }
.verdict h2 { font-size: 23px; letter-spacing: .02em; }
.verdict.pass h2 { color: var(--good); }
.verdict.fail h2 { color: var(--bad); }
.verdict ul { list-style: none; margin: 6px 0 0; padding: 0; }
.verdict li { padding-left: 24px; position: relative; margin: 3px 0; }
.verdict li .sign { position: absolute; left: 0; font-weight: 700; width: 18px; text-align: center; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .faint { color: var(--faint); }
.mark { color: var(--warn); font-size: .86em; white-space: nowrap; }

.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(224px, 1fr)); gap: 12px; margin: 18px 0; }
.number { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px 13px; }
.number .what { color: var(--faint); font-size: 13px; }
.number .value { font-size: 23px; font-weight: 620; line-height: 1.3; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.number .more { color: var(--faint); font-size: 13px; line-height: 1.4; margin-top: 3px; }
.pair { display: flex; flex-wrap: wrap; column-gap: 18px; }
.pair > span { display: flex; flex-direction: column; }
.pair small { font-size: 12px; font-weight: 500; letter-spacing: 0; line-height: 1.2; }
.pair .float small, .key .float { color: var(--float); } .pair .chip small, .key .chip { color: var(--chip); }

.scroll { overflow-x: auto; margin: 0 -22px; padding: 0 22px; }
.tall { max-height: 400px; overflow-y: auto; }
.tall th { position: sticky; top: 0; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--faint); font-size: 13px; border-bottom: 1px solid var(--line); padding: 5px 14px 5px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); padding: 6px 14px 6px 0; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
td.right, th.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { font-weight: 600; overflow-wrap: anywhere; min-width: 9ch; }
td.tight { white-space: nowrap; }
table.narrow { width: auto; min-width: min(100%, 480px); }
table.narrow td, table.narrow th { padding-right: 26px; }
.scroll + p, .scroll + h3, .scroll + .scroll { margin-top: 14px; }
table.facts { width: auto; }
table.facts td { border: 0; padding: 3px 18px 3px 0; overflow-wrap: anywhere; }
table.facts td:first-child { color: var(--faint); white-space: nowrap; }

.key { display: flex; flex-wrap: wrap; gap: 3px 18px; font-size: 13px; color: var(--faint); margin: 0 0 10px; }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
i.float, .bar.float b { background: var(--float); } i.chip, .bar.chip b { background: var(--chip); } i.both, .bar.both b { background: var(--both); }

a { color: inherit; }
table.wide { min-width: 720px; }
table.wide th:last-child { min-width: 240px; }
table.layers { min-width: 720px; table-layout: fixed; }
table.layers th:nth-child(1) { width: 13%; } table.layers th:nth-child(2) { width: 9%; } table.layers th:nth-child(6) { width: 16%; }
table.rungs, table.steps, table.causes { min-width: 720px; table-layout: fixed; }
table.rungs th:nth-child(1) { width: 15%; } table.rungs th:nth-child(2) { width: 36%; } table.rungs th:nth-child(5) { width: 25%; }
table.steps th:nth-child(1) { width: 15%; }
table.causes th:nth-child(1) { width: 47%; } table.causes th:nth-child(4) { width: 11%; }
table.rungs td, table.causes td { vertical-align: middle; } table.causes td:first-child { overflow-wrap: anywhere; }
table.layers td { padding-top: 9px; padding-bottom: 9px; vertical-align: middle; }
.bar { display: flex; align-items: center; gap: 8px; font-size: 12.5px; line-height: 17px; font-variant-numeric: tabular-nums; }
.bar .track { flex: 1 1 auto; min-width: 44px; height: 9px; background: var(--sunken); border-radius: 2px; overflow: hidden; }
.bar b { display: block; height: 100%; min-width: 1px; border-radius: 2px; }
.bar .figure { flex: 0 0 auto; min-width: 58px; text-align: right; }

figure { margin: 0 0 8px; }
figcaption { font-size: 14px; margin-bottom: 6px; }
figcaption .faint { margin-left: 6px; }
.raster { display: grid; grid-template-columns: auto 1fr; column-gap: 8px; }
.raster .rows { display: flex; flex-direction: column; justify-content: space-between; text-align: right; font-size: 11px; line-height: 1; color: var(--faint); font-variant-numeric: tabular-nums; min-width: 4ch; }
.raster .plot { position: relative; background: var(--sunken); border-radius: 4px; overflow: hidden; cursor: crosshair; touch-action: pan-y; }
.raster svg { display: block; width: 100%; height: 100%; }
.raster path { fill: none; stroke-width: .84; }
.raster .both { stroke: var(--both); } .raster .float { stroke: var(--float); } .raster .chip { stroke: var(--chip); }
.raster .steps { grid-column: 2; position: relative; height: 15px; font-size: 11px; color: var(--faint); margin-top: 3px; font-variant-numeric: tabular-nums; }
.raster .steps span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.raster .first { position: absolute; width: 16px; height: 16px; margin: -8px 0 0 -8px; border: 2px solid var(--ink); border-radius: 50%; pointer-events: none; }
.raster .where { grid-column: 2; min-height: 19px; font-size: 12.5px; color: var(--faint); }

.choose { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-bottom: 8px; }
select { font: inherit; color: inherit; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; padding: 5px 8px; max-width: 100%; }
#membrane { min-height: 320px; }
.uplot { font-family: inherit; }
.u-legend { font-size: 13px; color: var(--ink); text-align: left; margin: 4px 0 0; }
.u-legend .u-value { font-variant-numeric: tabular-nums; }
.u-select { background: color-mix(in srgb, var(--both) 25%, transparent); }

.spans { display: grid; grid-template-columns: max-content minmax(120px, 1fr) max-content; gap: 9px 14px; align-items: center; font-size: 14px; margin: 8px 0 16px; }
.spans .row { display: contents; }
.spans .track { position: relative; height: 16px; background: var(--sunken); border-radius: 3px; }
.spans .span { position: absolute; top: 3px; bottom: 3px; border-radius: 3px; min-width: 4px; background: var(--both); }
.spans .span.chip { background: var(--chip); }
.spans .dot { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--ink); }
.spans .axis { grid-column: 2; position: relative; height: 15px; font-size: 11px; color: var(--faint); }
.spans .axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.spans .axis span:first-child { transform: none; }
.spans .axis span:last-child { transform: translateX(-100%); }
.spans .figure { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }

.columns { margin: 10px 0 16px; max-width: 720px; }
.columns figcaption { font-size: 14px; margin-bottom: 4px; }
.columns svg { display: block; width: 100%; height: 130px; background: var(--sunken); border-radius: 4px; }
.columns .high, .columns .ends { font-size: 11px; color: var(--faint); font-variant-numeric: tabular-nums; }
.columns .ends { display: flex; justify-content: space-between; }
.columns .key { flex-wrap: wrap; }
.side { display: flex; flex-wrap: wrap; gap: 10px 40px; }
.p0 { fill: #4c78d0; } .p1 { fill: #e08a2c; } .p2 { fill: #2f9e75; } .p3 { fill: #b05cc6; }
.p4 { fill: #cf4f5f; } .p5 { fill: #3fa3b8; } .p6 { fill: #8f8a2e; } .p7 { fill: #8a6d5c; }

.mesh { margin: 10px 0 16px; overflow-x: auto; }
.mesh svg { display: block; max-width: 100%; height: auto; }
.mesh figcaption { font-size: 13px; margin-top: 6px; }
.mesh .free { fill: var(--sunken); } .mesh .used { fill: var(--sunken); stroke-width: 1.5; } .mesh .chip { fill: none; stroke: var(--line); stroke-width: 1.5; }
.mesh line { stroke: var(--chip); stroke-linecap: round; }
.s0 { stroke: #4c78d0; } .s1 { stroke: #e08a2c; } .s2 { stroke: #2f9e75; } .s3 { stroke: #b05cc6; }
.s4 { stroke: #cf4f5f; } .s5 { stroke: #3fa3b8; } .s6 { stroke: #8f8a2e; } .s7 { stroke: #8a6d5c; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 8px; vertical-align: -1px; }
.c0 { background: #4c78d0 !important; } .c1 { background: #e08a2c !important; } .c2 { background: #2f9e75 !important; } .c3 { background: #b05cc6 !important; }
.c4 { background: #cf4f5f !important; } .c5 { background: #3fa3b8 !important; } .c6 { background: #8f8a2e !important; } .c7 { background: #8a6d5c !important; }

ul.warnings { list-style: none; padding: 0; margin: 0; }
ul.warnings li { background: var(--warn-soft); border-left: 4px solid var(--warn); border-radius: 4px; padding: 8px 12px; margin: 0 0 8px; }
ul.plain { margin: 0 0 10px; padding-left: 20px; }
details > summary { cursor: pointer; color: var(--faint); margin: 8px 0; }

@media (max-width: 640px) {
  body { font-size: 15px; }
  main, header, footer { padding-left: 12px; padding-right: 12px; }
  h1 { font-size: 22px; }
  section { padding: 16px 14px; margin: 12px 0; border-radius: 8px; }
  .scroll { margin: 0 -14px; padding: 0 14px; }
  .numbers { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .number { padding: 9px 11px; }
  .number .value { font-size: 19px; }
  .spans { grid-template-columns: 1fr; }
  .spans .row { display: grid; grid-template-columns: 1fr auto; gap: 3px 10px; }
  .spans .track { grid-row: 2; grid-column: 1 / -1; }
  .spans .axis { grid-column: 1; }
  table.narrow { min-width: 0; }
  table.narrow td, table.narrow th { padding-right: 16px; }
  table.narrow td { white-space: nowrap; }
  table.facts, table.facts tbody, table.facts tr, table.facts td { display: block; }
  table.facts td { padding: 0; }
  table.facts tr { margin-bottom: 8px; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --ink: #000; --faint: #444; --line: #bbb; --sunken: #f0f0f0;
    --float: #2563c9; --chip: #d9630b; --both: #8b97a6; --good: #0e7a45; --bad: #c2292e; --warn: #7a5508;
    --good-soft: #fff; --bad-soft: #fff; --warn-soft: #fff;
  }
  body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main, header, footer { max-width: none; padding: 0; }
  nav, .choose, .raster .where { display: none; }
  section, .number, figure, tr { break-inside: avoid; }
  section.long { break-inside: auto; }
  .scroll { overflow: visible; max-height: none; }
  table.layers { min-width: 0; }
}
`;
