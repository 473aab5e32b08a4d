/** The part of the page about why both runs differ: rungs, causes, and the neuron that differs first. */

import type { Difference, Explanation, FirstDivergence, Ladder } from "../equivalence/explanation.ts";
import type { LadderStep } from "../equivalence/ladder.ts";
import { counted, grouped, percent } from "../measure/numbers.ts";
import {
  backText,
  causeText,
  causesShown,
  classesAsFloat,
  differenceText,
  firstCauseText,
  firstText,
  membraneText,
  numberText,
  rungTexts,
  samplesText,
} from "./ladder-text.ts";
import { type Markup, markup } from "./markup.ts";
import { bar } from "./page-results.ts";

/** Nothing where nobody asked. */
export function ladderSection(ladder: Ladder | null): Markup {
  if (ladder === null) return markup``;
  const { explanation, steps, samples } = ladder;
  return markup`<section id="why">
<h2>Why they differ</h2>
<p class="lead">${ladder.reason}</p>
${rungTable(ladder)}
${steps.length === 0 ? "" : layerTable(steps, samples)}
${explanation === null ? "" : causeTable(explanation)}
${explanation === null || explanation.first === null ? "" : firstTable(explanation.first, explanation)}
</section>`;
}

function rungTable(ladder: Ladder): Markup {
  const { rungs, steps } = ladder;
  const most = Math.max(1, ...steps.map(({ spikes }) => spikes.differing));
  const rows = rungs.map(({ name, accuracy }, index) => {
    const differing = index === 0 ? undefined : steps[index - 1]?.spikes.differing;
    return markup`<tr><td class="name">${name}</td><td>${rungTexts[name]}</td>
<td class="right">${accuracy === null ? "–" : percent(accuracy)}</td><td class="right">${percent(classesAsFloat(ladder, index))}</td>
<td>${differing === undefined ? "" : bar("chip", differing / most, grouped(differing))}</td></tr>`;
  });
  return markup`<div class="scroll"><table class="rungs">
<thead><tr><th>rung</th><th>what runs</th><th class="right">accuracy</th><th class="right">class as float</th><th>spikes differ from the rung above</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function layerTable(steps: readonly LadderStep[], samples: number): Markup {
  const most = Math.max(1, ...steps.flatMap(({ populations }) => populations.map(({ differing }) => differing)));
  const rows = steps[0]!.populations.map(({ name }, index) => {
    const cells = steps.map(({ populations }) => {
      const { differing, membrane } = populations[index]!;
      return markup`<td>${bar("chip", differing / most, grouped(differing))}${membrane === null ? "" : markup`<span class="faint">membranes by ${membraneText(membrane)}</span>`}</td>`;
    });
    return markup`<tr><td class="name">${name}</td>${cells}</tr>`;
  });
  return markup`<h3>By layer</h3>
<p class="faint">Spikes that each step of the ladder changes in ${counted(samples, "sample")}, and membranes by so many thresholds (θ) on average.</p>
<div class="scroll"><table class="steps">
<thead><tr><th>layer</th>${steps.map(({ cost }) => markup`<th>by ${cost}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function causeTable(explanation: Explanation): Markup {
  const { samples, framework, quantization, parameters, arithmetic } = explanation;
  const { shown, left } = causesShown(explanation);
  const most = Math.max(1, quantization.spikes, ...shown.map(({ alone }) => alone?.spikes ?? 0));
  const barOf = (kind: "both" | "chip", difference: Difference | null): Markup =>
    bar(kind, (difference?.spikes ?? 0) / most, backText(difference, "spikes"));
  const part = (text: string, back: Difference | null): Markup =>
    markup`<tr><td>${text}</td><td>${barOf("both", back)}</td><td></td><td class="right">${backText(back, "predictions")}</td></tr>`;
  const rows = shown.map(
    (one) =>
      markup`<tr><td>${causeText(one)}</td><td>${barOf("both", one.undone)}</td><td>${barOf("chip", one.alone)}</td><td class="right">${backText(one.undone, "predictions")}</td></tr>`,
  );
  return markup`<h3>Undone one at a time</h3>
<p class="faint">In ${counted(samples.length, "sample")} (${samplesText(samples)}), where ${differenceText(framework)} differ from the float network, ${differenceText(quantization)} by quantization. Back: how many fewer differ from the rung chip order when this alone is undone. Alone: how many differ from it when nothing else is rounded.${left > 0 ? ` Left out: ${left} that ${left === 1 ? "does" : "do"} less.` : ""}</p>
<div class="scroll"><table class="causes">
<thead><tr><th>when undone</th><th>spikes back</th><th>alone</th><th class="right">classes back</th></tr></thead>
<tbody>${rows}${part("all parameters before rounding", parameters)}${part("all arithmetic without rounding and overflow", arithmetic)}</tbody></table></div>`;
}

function firstTable(first: FirstDivergence, explanation: Explanation): Markup {
  const rows = first.values.flatMap(({ name, order, chip }) => [
    markup`<tr><td class="name">${name}</td><td>real</td>${order.map((value) => markup`<td class="right">${numberText(value)}</td>`)}</tr>`,
    markup`<tr><td></td><td>chip</td>${chip.map((value) => markup`<td class="right">${numberText(value)}</td>`)}</tr>`,
  ]);
  return markup`<h3>The neuron that differs first</h3>
<p>First divergence: ${firstText(first)}. ${firstCauseText(first, explanation)}</p>
<div class="scroll"><table class="narrow">
<thead><tr><th>LSBs</th><th></th>${first.steps.map((step) => markup`<th class="right">step ${step}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
