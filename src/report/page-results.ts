/** The part of the page about what both runs did: layers, differences, spikes and membranes. */

import { counted, grouped, meanText, percent } from "../measure/numbers.ts";
import type { DetailPopulation, ReportDetails } from "./details.ts";
import type { LayerReport, ReportDocument } from "./document.ts";
import { type Markup, type Piece, markup, trusted } from "./markup.ts";
import { divergenceText } from "./text.ts";

/** Most samples listed by name. */
const MAX_MISMATCHES = 60;

/** Bars of float and chip for every layer. */
export function layersSection(document: ReportDocument): Markup {
  const { layers, samples, agreement } = document;
  const most = (of: (layer: LayerReport) => number): number => Math.max(...layers.map(of), 1e-12);
  const spikes = most((layer) => Math.max(layer.spikes, layer.reference.spikes));
  const synops = most((layer) => Math.max(layer.synops, layer.reference.synops));
  const each = (total: number): string => meanText(total / Math.max(1, samples));
  const rows = layers.map((layer) => {
    const share = agreement.populations.find(({ name }) => name === layer.name)?.share ?? 1;
    return markup`<tr>
<td class="name">${layer.name}</td><td class="right">${grouped(layer.neurons)}</td>
<td>${bar("float", layer.reference.sparsity, percent(layer.reference.sparsity))}${bar("chip", layer.sparsity, percent(layer.sparsity))}</td>
<td>${bar("float", layer.reference.spikes / spikes, each(layer.reference.spikes))}${bar("chip", layer.spikes / spikes, each(layer.spikes))}</td>
<td>${bar("float", layer.reference.synops / synops, each(layer.reference.synops))}${bar("chip", layer.synops / synops, each(layer.synops))}</td>
<td>${bar("both", share, percent(share))}</td>
</tr>`;
  });
  return markup`<section id="layers">
<h2>Layers</h2>
<p class="lead">Per sample, on average over ${counted(samples, "sample")}. Synops are those that reach a layer, from inputs too; float's are what its spikes would cause in the chip's synapses.</p>
${key("float", "chip")}
<div class="scroll"><table class="layers">
<thead><tr><th>layer</th><th class="right">neurons</th><th>sparsity</th><th>spikes</th><th>synops</th><th>spikes agree</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
</section>`;
}

/** Where the runs part first, and the samples whose class changed. */
export function differencesSection(document: ReportDocument): Markup {
  const { agreement, divergence, labels, reference, emulator } = document;
  const listed = agreement.mismatches.slice(0, MAX_MISMATCHES);
  const rows = listed.map((sample) => {
    const [float = 0, chip = 0] = [reference.predictions[sample], emulator.predictions[sample]];
    const label = labels?.[sample];
    return markup`<tr><td class="right">${sample}</td><td class="right">${label ?? "–"}</td>
<td class="right">${chosen(float, label)}</td><td class="right">${chosen(chip, label)}</td>
<td>${counts(reference.spikeCounts[sample], float, chip)}</td><td>${counts(emulator.spikeCounts[sample], float, chip)}</td></tr>`;
  });
  const more = agreement.mismatches.length - listed.length;
  const table = markup`<div class="scroll tall" tabindex="0"><table class="narrow">
<thead><tr><th class="right">sample</th><th class="right">label</th><th class="right">float</th><th class="right">chip</th><th>output spikes, float</th><th>output spikes, chip</th></tr></thead>
<tbody>${rows}</tbody></table></div>${more > 0 ? markup`<p class="faint">and ${more} more</p>` : ""}`;
  return markup`<section id="differences">
<h2>Differences</h2>
<p><b>First divergence:</b> ${divergenceText(divergence)}.</p>
${silentText(document)}
${listed.length === 0 ? markup`<p>Every prediction agrees.</p>` : markup`<h3>Samples whose class differs</h3>${table}`}
</section>`;
}

/** Both runs of one sample, overlaid. */
export function rasterSection(document: ReportDocument, details: ReportDetails): Markup {
  const { sample, divergence, from, steps, allSteps } = details;
  const label = document.labels?.[sample];
  const facts = [
    label === undefined ? "" : `label ${label}`,
    `float says ${document.reference.predictions[sample] ?? "–"}`,
    `chip says ${document.emulator.predictions[sample] ?? "–"}`,
  ].filter((fact) => fact !== "");
  const part = steps < allSteps ? ` Shown are timesteps ${from} to ${from + steps - 1} of ${grouped(allSteps)}.` : "";
  return markup`<section id="spikes">
<h2>Spikes of sample ${sample}</h2>
<p class="lead">${facts.join(", ")}. ${divergence === null ? "Every spike of this sample agrees." : `The runs part at step ${divergence.step}, in ${divergence.population} (ringed).`}${part}</p>
${key("both", "float", "chip")}
${details.populations.map((population, index) => raster(population, index, details))}
</section>`;
}

/** The membrane plot; the page's script draws it. */
export function membraneSection(details: ReportDetails): Markup {
  const { divergence, traces } = details;
  const parts = traces.findIndex(
    (one) => one.population === divergence?.population && one.neuron === divergence.neuron,
  );
  const options = traces.map(
    ({ population, neuron, reference, emulator }, index) =>
      markup`<option value="${index}"${index === parts ? trusted(" selected") : ""}>${population}, neuron ${neuron}${reference === null && emulator === null ? " (not recorded)" : ""}</option>`,
  );
  return markup`<section id="membranes">
<h2>Membranes of sample ${details.sample}</h2>
<p class="lead">In float units, after each step, so a neuron that fires shows its reset value; the chip's integers are divided by its scale. Triangles mark spikes, float above chip. Shown are neurons that differ most, then those that fire most. Drag to zoom, double-click to go back.</p>
${
  options.length === 0
    ? markup`<p>No membranes were recorded.</p>`
    : markup`<div class="choose"><label for="neuron">Neuron</label><select id="neuron" autocomplete="off">${options}</select></div><div id="membrane"></div>
<noscript><p>The plot needs JavaScript, which is switched off here.</p></noscript>`
}
</section>`;
}

export type Run = "float" | "chip" | "both";

function key(...runs: readonly Run[]): Markup {
  const words = runs.includes("both")
    ? { both: "both runs", float: "float only", chip: "chip only" }
    : { both: "both", float: "float", chip: "chip" };
  return markup`<div class="key">${runs.map((run) => markup`<span><i class="${run}"></i>${words[run]}</span>`)}</div>`;
}

/** A share as a bar in the colour of a run, and in figures. */
export function bar(run: Run, share: number, figure: string): Markup {
  const width = (100 * Math.min(1, Math.max(0, share))).toFixed(2);
  return markup`<div class="bar ${run}"><span class="track"><b style="width:${width}%"></b></span><span class="figure">${figure}</span></div>`;
}

function chosen(predicted: number, label: number | undefined): Piece {
  if (label === undefined) return predicted;
  return markup`<span class="${predicted === label ? "good" : "bad"}">${predicted}</span>`;
}

/** Spikes of the two classes in question. */
function counts(row: readonly number[] | undefined, float: number, chip: number): string {
  return `class ${float}: ${row?.[float] ?? 0}, class ${chip}: ${row?.[chip] ?? 0}`;
}

function silentText({ reference, emulator, samples, assumptions }: ReportDocument): Piece {
  if (assumptions.decode !== "spikes" || reference.silent + emulator.silent === 0) return "";
  return markup`<p>No output spikes in ${reference.silent} of ${samples} samples in float and in ${emulator.silent} on the chip; these count as class 0.</p>`;
}

function raster(population: DetailPopulation, index: number, details: ReportDetails): Markup {
  const { from, steps } = details;
  const { name, neurons, rows, both, referenceOnly, emulatorOnly } = population;
  const shown =
    rows.length === neurons
      ? counted(neurons, "neuron")
      : `${rows.length} of ${grouped(neurons)} neurons, evenly spaced, and those with a membrane below`;
  const height = Math.round(Math.min(400, Math.max(44, rows.length * (rows.length > 60 ? 2 : 8))));
  const differing = referenceOnly.length + emulatorOnly.length;
  const first = ring(population, details);
  const path = (places: readonly number[], run: Run): Markup =>
    markup`<path class="${run}" d="${trusted(strokes(places, rows.length))}"/>`;
  return markup`<figure>
<figcaption><b>${name}</b><span class="faint">${shown}; ${grouped(both.length)} spikes in both runs, ${grouped(differing)} in one</span></figcaption>
<div class="raster" data-index="${index}" data-count="${rows.length}" data-population="${name}">
<div class="rows"><span>${rows[0] ?? 0}</span>${rows.length > 1 ? markup`<span>${rows.at(-1) ?? 0}</span>` : ""}</div>
<div class="plot" style="height:${height}px">${first}<svg viewBox="0 0 ${steps} ${rows.length}" preserveAspectRatio="none" role="img" aria-label="Spikes of ${name}: ${both.length} in both runs, ${referenceOnly.length} in float only, ${emulatorOnly.length} on the chip only">${path(both, "both")}${path(referenceOnly, "float")}${path(emulatorOnly, "chip")}</svg></div>
<div class="steps">${stepLabels(from, steps)}</div>
<div class="where"></div>
</div>
</figure>`;
}

/** A ring around the first difference, where this population has it. */
function ring({ name, rows }: DetailPopulation, { divergence, from, steps }: ReportDetails): Piece {
  if (divergence?.population !== name) return "";
  const across = (100 * (divergence.step - from + 0.5)) / steps;
  const down = (100 * (rows.indexOf(divergence.neuron) + 0.5)) / rows.length;
  return markup`<span class="first" style="left:${across.toFixed(2)}%;top:${down.toFixed(2)}%"></span>`;
}

/** About six round steps along the axis. */
function stepLabels(from: number, steps: number): Markup[] {
  const rough = steps / 6;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const every = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / every) * every;
  const count = Math.floor((from + steps - 1 - first) / every) + 1;
  return Array.from({ length: count }, (_, index) => {
    const step = first + index * every;
    const across = (100 * (step - from + 0.5)) / steps;
    return markup`<span style="left:${across.toFixed(2)}%">${index === 0 ? `step ${step}` : step}</span>`;
  });
}

/** One short stroke per place; a stroke is as long as a step is wide, less a gap. */
function strokes(places: readonly number[], rows: number): string {
  return places.map((place) => `M${Math.floor(place / rows)}.05 ${place % rows}.5h.9`).join("");
}
