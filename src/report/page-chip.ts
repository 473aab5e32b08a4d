/** The part of the page about how the network came onto the chip, and how to do it again. */

import { isExact, type Decision, type ResourceUse } from "../compile/program.ts";
import { coresText } from "../equivalence/verdict.ts";
import { markOf } from "../measure/marks.ts";
import { counted, grouped, memoryText, percent, significant } from "../measure/numbers.ts";
import { assumptionRows } from "./assumptions.ts";
import type { ReportDocument } from "./document.ts";
import { placeText } from "./marks.ts";
import { type Markup, type Piece, markup } from "./markup.ts";
import { proofInputs, proofRows } from "./proof-text.ts";
import { meshPicture } from "./page-mesh.ts";
import {
  amountsOf,
  exactText,
  hopsText,
  placementRows,
  rangeText,
  shareOf,
  tightestFirst,
  verifiedText,
} from "./program-text.ts";
import { type NetworkSummary, nodeShape } from "./summary.ts";

/** Colours for populations, used in turn. */
const COLOURS = 8;

/** One row per node. */
export function networkSection(network: NetworkSummary): Markup {
  const rows = network.nodes.map(
    (node) => markup`<tr><td class="name">${node.name}</td><td>${node.kind}</td><td>${node.from.join(", ")}</td>
<td class="tight">${nodeShape(node).replace("->", "→")}</td><td class="right">${node.parameters === 0 ? "" : grouped(node.parameters)}</td><td>${node.detail}</td></tr>`,
  );
  return markup`<section id="network" class="long">
<h2>Network</h2>
<p class="lead">${counted(network.neurons, "neuron")}, ${grouped(network.parameters)} weights and biases.</p>
<div class="scroll"><table class="narrow">
<thead><tr><th>node</th><th>kind</th><th>from</th><th>shape</th><th class="right">parameters</th><th></th></tr></thead>
<tbody>${rows}</tbody></table></div>
</section>`;
}

/** Every number that became an integer. */
export function compilerSection(document: ReportDocument): Markup {
  const { decisions, assumptions, layers } = document;
  const rounding = isExact(document) ? ` Rounding: ${exactText}.` : "";
  const recipe = assumptions.recipe === null ? "the target's own rules" : `the recipe ${assumptions.recipe}`;
  const offsets = layers.map(({ name, offset }) => `${name} ${offset}`).join(", ");
  const latency =
    assumptions.latency === 0
      ? "Layers run in the same timestep as their input."
      : `The chip runs ${counted(assumptions.latency, "timestep")} more than the model; layers are compared later by: ${offsets}.`;
  return markup`<section id="compiler" class="long">
<h2>What the compiler decided</h2>
<p class="lead">Integers by ${recipe}.${rounding} ${latency}</p>
<div class="scroll"><table class="wide">
<thead><tr><th>where</th><th>parameter</th><th class="right">integer</th><th class="right">wanted (float)</th><th class="right">error (LSB)</th><th class="right">cut off</th><th></th></tr></thead>
<tbody>${decisions.map(decisionRow)}</tbody></table></div>
</section>`;
}

function decisionRow({ where, parameter, integer, wanted, error, saturated, count, note }: Decision): Markup {
  const cut = saturated === 0 ? "" : markup`<span class="warn">${grouped(saturated)} of ${grouped(count)}</span>`;
  return markup`<tr><td class="name">${where}</td><td>${parameter}</td><td class="right">${rangeText(integer)}</td>
<td class="right">${rangeText(wanted)}</td><td class="right">${significant(error, 2)}</td><td class="right">${cut}</td><td>${note ?? ""}</td></tr>`;
}

/** What can overflow; nothing where nobody looked. */
export function overflowSection({ proofs }: ReportDocument): Piece {
  if (proofs === null) return "";
  const rows = proofRows(proofs).map(
    ({ population, lines }) =>
      markup`<tr><td class="name">${population}</td><td>${lines.map((line) => markup`<p>${line}</p>`)}</td></tr>`,
  );
  return markup`<section id="overflow" class="long">
<h2>What can overflow</h2>
<p class="lead">From any input, worked out from the integers: ${proofInputs(proofs)}.</p>
<div class="scroll"><table class="narrow"><thead><tr><th>population</th><th></th></tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}

/** Whether the network fits, and a map of the cores. */
export function fitSection({ fit, traffic }: ReportDocument): Markup {
  const rows = placementRows(fit);
  const answer = fit.fits ? markup`<b class="good">✓ It fits</b>` : markup`<b class="bad">✗ It does not fit</b>`;
  const table = rows.map(
    (
      { population, cores, neurons, synapseBits },
      index,
    ) => markup`<tr><td class="name"><span class="swatch c${index % COLOURS}"></span>${population}</td>
<td class="right">${grouped(neurons)}</td><td class="right">${memoryText(synapseBits)}</td><td>${cores}</td></tr>`,
  );
  // What a limit rests on stands beside it in the table.
  const sources = (fit.resources ?? []).map(({ source }) => `: ${source} (`);
  const reasons = fit.reasons.filter((reason) => !sources.some((source) => reason.includes(source)));
  return markup`<section id="fit" class="long">
<h2>Fit and placement</h2>
<p>${answer}: ${coresText(fit, fit.coresConfidence)}.</p>
${reasons.length === 0 ? "" : markup`<ul class="plain">${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}
${(fit.advice ?? []).length === 0 ? "" : markup`<h3>What would help</h3><ul class="plain">${(fit.advice ?? []).map((advice) => markup`<li>${advice}</li>`)}</ul>`}
${meshPicture(
  fit,
  rows.map(({ population }) => population),
  fit.mesh === undefined ? [] : traffic.links,
)}
${fit.traffic === undefined ? "" : markup`<p>Where the parts were laid: ${hopsText(fit.traffic)}</p>`}
${useTable(fit.resources ?? [])}
${
  rows.length === 0
    ? ""
    : markup`<div class="scroll"><table class="narrow"><thead><tr><th>population</th><th class="right">neurons</th><th class="right">synapse memory</th><th>cores</th></tr></thead><tbody>${table}</tbody></table></div>`
}
</section>`;
}

/** Everything that is limited, the tightest first. */
function useTable(resources: readonly ResourceUse[]): Piece {
  if (resources.length === 0) return "";
  const rows = tightestFirst(resources).map((resource) => {
    const { name, per, where, source, confidence } = resource;
    const { most, available } = amountsOf(resource);
    const share = shareOf(resource);
    const shown = share > 1 ? markup`<b class="bad">${percent(share)}</b>` : percent(share);
    return markup`<tr><td class="name">${name} per ${per}</td><td class="right">${most}</td><td class="right">${available}</td><td class="right">${shown}</td><td class="tight">${where}</td><td>${source} <span class="mark">${markOf(confidence)}</span></td></tr>`;
  });
  return markup`<div class="scroll"><table class="wide"><thead><tr><th>limit</th><th class="right">most used</th><th class="right">there is</th><th class="right">share</th><th>where</th><th>source</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** How the model was read, and every warning. */
export function assumptionsSection({ assumptions, warnings }: ReportDocument): Markup {
  const rows = assumptionRows(assumptions).map(([label, value]) => markup`<tr><td>${label}</td><td>${value}</td></tr>`);
  const list = warnings.map(({ code, message, place }) => {
    const where = placeText(place);
    return markup`<li>${message} <span class="faint mono">${code}${where === "" ? "" : `, ${where}`}</span></li>`;
  });
  return markup`<section id="assumptions" class="long">
<h2>Assumptions and warnings</h2>
<p class="lead">What the files do not say and the run had to take for granted.</p>
<table class="facts"><tbody>${rows}</tbody></table>
${list.length === 0 ? markup`<p>No warnings.</p>` : markup`<h3>Warnings</h3><ul class="warnings">${list}</ul>`}
</section>`;
}

/** How far the target can be trusted. */
export function targetSection({ chip, target }: ReportDocument): Markup {
  return markup`<section id="target" class="long">
<h2>Target</h2>
<p class="lead">${chip.title} (${target})</p>
<h3>Verified against</h3>
${chip.verified.length === 0 ? markup`<p>Nothing yet.</p>` : list(chip.verified.map(verifiedText))}
${chip.notModelled.length === 0 ? "" : markup`<h3>Not modelled</h3>${list(chip.notModelled)}`}
</section>`;
}

function list(items: readonly string[]): Markup {
  return markup`<ul class="plain">${items.map((text) => markup`<li>${text}</li>`)}</ul>`;
}

/** Command, versions and seed. */
export function reproduceSection({ command, versions, assumptions, reference, emulator }: ReportDocument): Markup {
  const rows = [
    ...Object.entries(versions),
    ["seed", String(assumptions.seed)],
    ["float backend", reference.backend + (reference.backendReason === null ? "" : `. ${reference.backendReason}`)],
    [
      "integer engine",
      `${emulator.engine}, ${counted(emulator.threads, "thread")} by ${emulator.split}; the results do not depend on it`,
    ],
  ];
  return markup`<section id="reproduce" class="long">
<h2>Reproduce</h2>
<pre>${command.map(quoted).join(" ")}</pre>
<table class="facts"><tbody>${rows.map(([name = "", value = ""]) => markup`<tr><td>${name}</td><td>${value}</td></tr>`)}</tbody></table>
</section>`;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
