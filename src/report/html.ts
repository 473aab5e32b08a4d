/** A validation as one HTML page that opens offline and asks for nothing from outside. */

import { counted, durationText, energyRangeText, grouped, meanText, percent } from "../measure/numbers.ts";
import type { ReportDetails } from "./details.ts";
import type { ReportDocument } from "./document.ts";
import { legendOf, markOf, marksOf } from "./marks.ts";
import { type Markup, type Piece, embedded, jsonData, markup } from "./markup.ts";
import {
  assumptionsSection,
  compilerSection,
  fitSection,
  overflowSection,
  networkSection,
  reproduceSection,
  targetSection,
} from "./page-chip.ts";
import { energySection } from "./page-energy.ts";
import { ladderSection } from "./page-ladder.ts";
import { differencesSection, layersSection, membraneSection, rasterSection } from "./page-results.ts";
import { timeSection, trafficSection } from "./page-traffic.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { accuracyText } from "./text.ts";

/** Source texts of uPlot, read by the caller from its package: `dist/uPlot.iife.min.js` and `dist/uPlot.min.css`. */
export interface PageAssets {
  readonly uplotScript: string;
  readonly uplotStyle: string;
}

/**
 * The page: verdict and key numbers, layers, differences and why, spikes and membranes of one sample, energy, time and traffic, what the compiler
 * did, and what is needed to reproduce it. Below 1 MB for details that `detailsOf` picked.
 */
export function reportHtml(document: ReportDocument, details: ReportDetails, assets: PageAssets): string {
  const title = `${document.model} on ${document.chip.title}`;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="bitspike ${document.versions["bitspike"] ?? ""}">
<title>${document.verdict.pass ? "Pass" : "Fail"}: ${title}</title>
<style>${embedded(assets.uplotStyle)}${embedded(pageStyle)}</style>
</head>
<body>
<header>
<p class="above">bitspike report: float network against the chip's integers</p>
<h1>${document.model} <span class="on">on</span> ${document.chip.title}</h1>
${navigation(document)}
</header>
<main>
${verdictSection(document)}
${numbers(document)}
${layersSection(document)}
${differencesSection(document)}
${ladderSection(document.ladder)}
${rasterSection(document, details)}
${membraneSection(details)}
${energySection(document.energy)}
${timeSection(document.time)}
${trafficSection(document.traffic)}
${networkSection(document.network)}
${compilerSection(document)}
${overflowSection(document)}
${fitSection(document)}
${assumptionsSection(document)}
${targetSection(document)}
${reproduceSection(document)}
</main>
<footer>
<p>${legendOf("[unverified] [assumed]")}</p>
<p>report.json, written beside this page, holds the same results as data.</p>
</footer>
<script type="application/json" id="details">${jsonData(scriptData(details))}</script>
<script>${embedded(assets.uplotScript)}</script>
<script>${embedded(pageScript)}</script>
</body>
</html>
`.text;
}

/** What the page's script needs: traces, and the neuron of each raster row where not every neuron has one. */
function scriptData({ from, steps, traces, populations }: ReportDetails): unknown {
  return { from, steps, traces, rows: populations.map(({ rows, neurons }) => (rows.length === neurons ? null : rows)) };
}

function navigation({ proofs, ladder }: ReportDocument): Markup {
  const places: readonly (readonly [id: string, title: string])[] = [
    ["layers", "Layers"],
    ["differences", "Differences"],
    ...(ladder === null ? [] : ([["why", "Why"]] as const)),
    ["spikes", "Spikes"],
    ["membranes", "Membranes"],
    ["energy", "Energy"],
    ["time", "Time"],
    ["traffic", "Traffic"],
    ["network", "Network"],
    ["compiler", "Compiler"],
    ...(proofs === null ? [] : ([["overflow", "Overflow"]] as const)),
    ["fit", "Fit"],
    ["assumptions", "Assumptions"],
    ["target", "Target"],
    ["reproduce", "Reproduce"],
  ];
  return markup`<nav aria-label="Sections">${places.map(([id, title]) => markup`<a href="#${id}">${title}</a>`)}</nav>`;
}

function verdictSection({ verdict, warnings }: ReportDocument): Markup {
  const checks = verdict.checks.map(({ pass, reason }) => {
    const [sign, style] = pass === null ? ["–", "faint"] : pass ? ["✓", "good"] : ["✗", "bad"];
    return markup`<li><span class="sign ${style}">${sign}</span>${reason}</li>`;
  });
  const cautions = verdict.reasons
    .slice(verdict.checks.length)
    .map((reason) => markup`<li><span class="sign warn">!</span>${reason}</li>`);
  const warned =
    warnings.length === 0
      ? ""
      : markup`<li><span class="sign warn">!</span><a href="#assumptions">${counted(warnings.length, "warning")}</a></li>`;
  return markup`<section class="verdict ${verdict.pass ? "pass" : "fail"}">
<h2>${verdict.pass ? "PASS" : "FAIL"}</h2>
<ul>${checks}${cautions}${warned}</ul>
</section>`;
}

function numbers(document: ReportDocument): Markup {
  const { samples, agreement, layers, energy, fit, activationSparsity, wallMs, reference, emulator } = document;
  const same = samples - agreement.mismatches.length;
  const synops = layers.reduce((sum, layer) => sum + layer.synops, 0) / Math.max(1, samples);
  const threads = `${emulator.engine}, ${counted(emulator.threads, "thread")}`;
  return markup`<div class="numbers">
${number("Accuracy", reference.accuracy === null ? accuracyText(null) : pair(accuracyText(reference.accuracy), accuracyText(emulator.accuracy)), `${counted(samples, "sample")}, ${counted(document.steps, "timestep")}`)}
${number("Predictions agree", percent(agreement.predictions), `${grouped(same)} of ${counted(samples, "sample")}`)}
${number("Spikes agree", percent(agreement.spikes), differing(document))}
${number("Activation sparsity", pair(percent(activationSparsity.reference), percent(activationSparsity.emulator)), "share of silent neuron timesteps")}
${number("Synops per sample", meanText(synops), "on the chip, inputs included")}
${number("Energy proxy per sample", energyValue(energy), energyMore(energy))}
${number("Cores", `${fit.cores}${fit.coresAvailable === null ? "" : ` of ${fit.coresAvailable}`}`, [fit.fits ? "it fits" : "it does not fit", markOf(fit.coresConfidence)].join(" "))}
${number("Wall time", pair(durationText(wallMs.reference), durationText(wallMs.emulator)), `${reference.backend}; ${threads}`)}
</div>`;
}

function number(what: string, value: Piece, more: Piece): Markup {
  return markup`<div class="number"><div class="what">${what}</div><div class="value">${value}</div><div class="more">${more}</div></div>`;
}

function pair(float: string, chip: string): Markup {
  return markup`<span class="pair"><span class="float">${float}<small>float</small></span><span class="chip">${chip}<small>chip</small></span></span>`;
}

function differing({ agreement }: ReportDocument): string {
  if (agreement.spikesDiffering === 0) return "every one";
  return `${grouped(agreement.spikesDiffering)} differ, in ${counted(agreement.samplesDiffering, "sample")}`;
}

function energyValue({ perSample }: ReportDocument["energy"]): string {
  return perSample === null ? "not priced" : energyRangeText(perSample.low, perSample.high);
}

function energyMore({ perSample, lowerBound, kind, marks }: ReportDocument["energy"]): Piece {
  if (perSample === null) return "no energy per event is published";
  const words = [lowerBound ? "at least" : "", kind === "stand-in" ? "another chip's figures" : "published figures"];
  return markup`${words.filter((word) => word !== "").join(", ")} ${marksOf(marks)}`;
}
