/** The part of the page about energy: counted events, prices, and the dense baseline beside them. */

import type { DenseBaseline, EnergyRange } from "../measure/energy.ts";
import { counted, energyRangeText, energyText, grouped, meanText } from "../measure/numbers.ts";
import type { Confidence } from "../target/types.ts";
import type { ReportDocument } from "./document.ts";
import { totalText } from "./energy-text.ts";
import { markOf } from "./marks.ts";
import { type Markup, type Piece, markup } from "./markup.ts";

type Energy = ReportDocument["energy"];

/** Counts always, prices where they are known, and the ranges side by side. */
export function energySection(energy: Energy): Markup {
  const { basis, lowerBound, notPriced, perSample, denseBaseline } = energy;
  const missing = lowerBound && perSample !== null ? markup`<p>Not in it: ${notPriced.join(", ")}.</p>` : "";
  return markup`<section id="energy" class="long">
<h2>Energy per sample</h2>
<p class="lead">${sentence(totalText(energy))} ${basis}</p>
${spans(energy)}
<p class="faint">Logarithmic scale; the tick is the typical figure. The dense bars are the same layers at ${denseBaseline.technology}, from arithmetic alone to arithmetic with each weight read from an 8 KB SRAM. Technologies differ and nothing is scaled: read orders of magnitude, not percentages.</p>
<h3>Events on the chip</h3>
${eventsTable(energy)}
${missing}
<h3>Dense baseline</h3>
<p>${counted(denseBaseline.macsPerStep, "multiply-accumulate")} for one pass through all weights, ${grouped(denseBaseline.macsPerSample)} at every step of a sample.</p>
${baselineTable(denseBaseline)}
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
    { label: markup`dense ${price.name}, every step ${mark(price.confidence)}`, range: everyStep, style: "" },
    { label: markup`dense ${price.name}, once ${mark(price.confidence)}`, range: once, style: "" },
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

function eventsTable({ events }: Energy): Markup {
  const rows = events.map(({ event, perSample, cost }) => {
    const priced =
      cost === null
        ? markup`<td class="right faint">unpublished</td><td class="right">–</td><td></td>`
        : markup`<td class="right">${energyRangeText(cost.low, cost.high)}</td><td class="right">${energyRangeText(cost.low * perSample, cost.high * perSample)}</td><td>${mark(cost.confidence)} ${cost.source}</td>`;
    return markup`<tr><td class="name">${event}s</td><td class="right">${meanText(perSample)}</td>${priced}</tr>`;
  });
  return markup`<div class="scroll"><table class="wide">
<thead><tr><th>event</th><th class="right">per sample</th><th class="right">each</th><th class="right">together</th><th>source</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function baselineTable({ energies }: DenseBaseline): Markup {
  const rows = energies.map(
    ({ price, everyStep, once }) => markup`<tr><td class="name">${price.name} MAC</td>
<td class="right">${energyRangeText(price.low, price.high)}</td>
<td class="right">${energyRangeText(everyStep.low, everyStep.high)}</td>
<td class="right">${energyRangeText(once.low, once.high)}</td>
<td>${mark(price.confidence)} ${price.source}. <span class="faint">${price.includes}</span></td></tr>`,
  );
  return markup`<div class="scroll"><table class="wide">
<thead><tr><th>arithmetic</th><th class="right">each</th><th class="right">every step</th><th class="right">once</th><th>source</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The mark of a figure as it stands on the page. */
export function mark(confidence: Confidence): Piece {
  const text = markOf(confidence);
  return text === "" ? "" : markup`<span class="mark">${text}</span>`;
}
