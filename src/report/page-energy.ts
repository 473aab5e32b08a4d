/** The part of the page about energy: counted events, prices, where and when it goes, and the dense baseline. */

import { macName, type DenseBaseline } from "../measure/baseline.ts";
import type { BreakEven } from "../measure/break-even.ts";
import { severalOf } from "../measure/costs.ts";
import {
  counted,
  durationOfNs,
  energyRangeText,
  energyText,
  grouped,
  meanText,
  percent,
  powerRangeText,
} from "../measure/numbers.ts";
import type { EnergyRange } from "../measure/range.ts";
import type { Confidence } from "../target/types.ts";
import type { ReportDocument } from "./document.ts";
import { rateText, shareText, totalText } from "./energy-text.ts";
import { markOf } from "./marks.ts";
import { type Markup, type Piece, markup } from "./markup.ts";
import { columns } from "./page-plots.ts";

type Energy = ReportDocument["energy"];

/** Counts always, prices where they are known, and the ranges side by side. */
export function energySection(energy: Energy): Markup {
  const { basis, lowerBound, notPriced, perSample, denseBaseline, breakEven } = energy;
  const missing = lowerBound && perSample !== null ? markup`<p>Not in it: ${notPriced.join("; ")}.</p>` : "";
  return markup`<section id="energy" class="long">
<h2>Energy per sample</h2>
<p class="lead">${sentence(totalText(energy))} ${basis}</p>
${spans(energy)}
<p class="faint">Logarithmic scale; the tick is the typical figure. The dense bars are the same layers at ${denseBaseline.technology}. Technologies differ and nothing is scaled: read orders of magnitude, not percentages.</p>
<h3>Events on the chip</h3>
${eventsTable(energy)}
${missing}
${silentText(energy)}
${perSample === null ? "" : layersPart(energy)}
<h3>Dense baseline</h3>
<p>${counted(denseBaseline.macsPerStep, "multiply-accumulate")} for one pass through all weights, ${grouped(denseBaseline.macsPerSample)} at every step of a sample.</p>
${baselineTable(denseBaseline)}
${breakEvenPart(breakEven)}
</section>`;
}

function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

interface Span {
  readonly label: Piece;
  readonly range: EnergyRange;
  readonly style: "chip" | "";
}

function spans({ perSample, kind, marks, denseBaseline }: Energy): Markup {
  const chip: Span[] =
    perSample === null
      ? []
      : [
          {
            label: markup`chip${kind === "stand-in" ? " (stand-in)" : ""} ${marks.map(mark)}`,
            range: perSample,
            style: "chip",
          },
        ];
  const dense = denseBaseline.energies.flatMap(({ price, everyStep, once }): Span[] => [
    { label: markup`dense ${macName(price)}, every step ${mark(price.confidence)}`, range: everyStep, style: "" },
    { label: markup`dense ${macName(price)}, once ${mark(price.confidence)}`, range: once, style: "" },
  ]);
  const all = [...chip, ...dense].filter(({ range }) => range.low > 0);
  if (all.length === 0) return markup``;
  const low = Math.floor(Math.log10(Math.min(...all.map(({ range }) => range.low))));
  const high = Math.ceil(Math.log10(Math.max(...all.map(({ range }) => range.high))) + 1e-9);
  const at = (pJ: number): string => ((100 * (Math.log10(pJ) - low)) / Math.max(1, high - low)).toFixed(2);
  const decades = Array.from({ length: Math.max(1, high - low) + 1 }, (_, index) => low + index);
  const shown = decades.filter((_, index) => decades.length <= 7 || index % 2 === 0);
  return markup`<div class="spans">
${all.map(
  ({ label, range, style }) =>
    markup`<div class="row"><span>${label}</span><span class="track"><span class="span ${style}" style="left:${at(range.low)}%;width:calc(${at(range.high)}% - ${at(range.low)}%)"></span><span class="dot" style="left:${at(range.typical)}%"></span></span><span class="figure">${energyRangeText(range.low, range.high)}</span></div>`,
)}
<span class="axis">${shown.map((decade) => markup`<span style="left:${at(10 ** decade)}%">${energyText(10 ** decade)}</span>`)}</span>
</div>`;
}

function eventsTable({ events, static: rest, perSample: total }: Energy): Markup {
  const rows = events.map(({ event, perSample, cost, energy }) => {
    const together = energy === null ? "–" : energyRangeText(energy.low, energy.high);
    const priced =
      cost === null
        ? markup`<td class="right faint">unpublished</td><td class="right">–</td><td></td><td></td>`
        : markup`<td class="right">${energyRangeText(cost.low, cost.high)}</td><td class="right">${together}</td><td class="right">${shareText(energy, total)}</td><td>${mark(cost.confidence)} ${cost.source}</td>`;
    return markup`<tr><td class="name">${severalOf(event)}</td><td class="right">${perSample === null ? "not counted" : meanText(perSample)}</td>${priced}</tr>`;
  });
  return markup`<div class="scroll"><table class="wide">
<thead><tr><th>event</th><th class="right">per sample</th><th class="right">each</th><th class="right">together</th><th class="right">share</th><th>source</th></tr></thead>
<tbody>${rows}${staticRow(rest, total)}</tbody></table></div>`;
}

function staticRow({ power, time, energy }: Energy["static"], total: EnergyRange | null): Markup {
  const ns = time === null ? "time not known" : durationOfNs(time);
  if (power === null) {
    return markup`<tr><td class="name">static power</td><td class="right">${ns}</td><td class="right faint">unpublished</td><td class="right">–</td><td></td><td></td></tr>`;
  }
  const included = power.high === 0;
  const each = included ? "in the others" : powerRangeText(power.low, power.high);
  const together = energy === null || included ? "–" : energyRangeText(energy.low, energy.high);
  return markup`<tr><td class="name">static power</td><td class="right">${ns}</td><td class="right">${each}</td><td class="right">${together}</td><td class="right">${included ? "" : shareText(energy, total)}</td><td>${mark(power.confidence)} ${power.source}</td></tr>`;
}

function silentText({ silent, static: rest, perSample }: Energy): Markup {
  const words = [
    silent === null
      ? ""
      : `${percent(silent.share)} of the neuron updates are of neurons that do not fire` +
        (silent.energy === null
          ? "; what they cost is not known."
          : `: ${energyRangeText(silent.energy.low, silent.energy.high)}, ${shareText(silent.energy, perSample) || "0 %"} of the energy.`),
    rest.dominates ? "Static power is more than half of the energy: what the chip draws whatever it does." : "",
  ].filter((text) => text !== "");
  return words.length === 0 ? markup`` : markup`<p>${words.join(" ")}</p>`;
}

/** When it goes where. */
function layersPart({ layers, cores, perSample }: Energy): Markup {
  const series = layers.map(({ name, byStep }) => ({ name, values: byStep }));
  const rows = layers.map(
    ({ name, energy }) =>
      markup`<tr><td class="name">${name}</td><td class="right">${energy === null ? "–" : energyRangeText(energy.low, energy.high)}</td><td class="right">${shareText(energy, perSample)}</td></tr>`,
  );
  const used = cores.filter(({ core, energy }) => core !== null && energy !== null);
  const most = used.toSorted((a, b) => b.energy!.typical - a.energy!.typical).slice(0, 8);
  const coreRows = most.map(
    ({ core, energy }) =>
      markup`<tr><td class="name">core ${core ?? ""}</td><td class="right">${energyRangeText(energy!.low, energy!.high)}</td><td class="right">${shareText(energy, perSample)}</td></tr>`,
  );
  return markup`<h3>By layer, core and timestep</h3>
${columns(series, "Events' energy at typical prices, per sample", energyText)}
<div class="side"><div class="scroll"><table><thead><tr><th>layer</th><th class="right">energy</th><th class="right">share</th></tr></thead><tbody>${rows}</tbody></table></div>
${used.length < 2 ? "" : markup`<div class="scroll"><table><thead><tr><th>${most.length < used.length ? `${most.length} of ${used.length} cores` : "core"}</th><th class="right">energy</th><th class="right">share</th></tr></thead><tbody>${coreRows}</tbody></table></div>`}</div>`;
}

function baselineTable({ energies }: DenseBaseline): Markup {
  const rows = energies.map(
    ({ price, everyStep, once }) => markup`<tr><td class="name">${macName(price)}</td>
<td class="right">${energyRangeText(price.low, price.high)}</td>
<td class="right">${energyRangeText(everyStep.low, everyStep.high)}</td>
<td class="right">${energyRangeText(once.low, once.high)}</td>
<td>${mark(price.confidence)} ${price.source}. <span class="faint">${price.includes}</span></td></tr>`,
  );
  return markup`<div class="scroll"><table class="wide">
<thead><tr><th>arithmetic</th><th class="right">each</th><th class="right">every step</th><th class="right">once</th><th>source</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function breakEvenPart(layers: readonly BreakEven[]): Markup {
  const known = layers.filter(({ against }) => against.some(({ once }) => once !== null));
  const [first] = known;
  if (first === undefined) return markup``;
  const rows = known.map(
    ({ layer, rate, against }) =>
      markup`<tr><td class="name">${layer}</td><td class="right">${rate === null ? "–" : percent(rate)}</td>${against.map(({ everyStep, once }) => markup`<td class="right">${rateText(everyStep)} / ${rateText(once)}</td>`)}</tr>`,
  );
  return markup`<h3>Break-even rates</h3>
<p>Events per input of a layer and timestep at which it costs as much on the chip as computed densely, at every step / once per sample; typical prices, without static power. The chip adds integers: beside float32 the arithmetic differs as well as the sparsity.</p>
<div class="scroll"><table><thead><tr><th>layer</th><th class="right">rate now</th>${first.against.map((price) => markup`<th class="right">${macName(price)}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** The mark of a figure as it stands on the page. */
export function mark(confidence: Confidence): Piece {
  const text = markOf(confidence);
  return text === "" ? "" : markup`<span class="mark">${text}</span>`;
}
