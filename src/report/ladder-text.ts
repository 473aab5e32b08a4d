/** The ladder between float network and chip as text: rungs, what each step costs, causes, and the first spike that differs. */

import type { Cause, Difference, Explanation, FirstDivergence, Ladder } from "../equivalence/explanation.ts";
import type { LadderStep, RungName } from "../equivalence/ladder.ts";
import { counted, grouped, percent } from "../measure/numbers.ts";
import { plainStyle, type Style } from "./style.ts";
import { item, paragraph, section, table } from "./table.ts";

/** What each rung is, in words. */
export const rungTexts: Readonly<Record<RungName, string>> = {
  framework: "the float network",
  "chip order": "the chip's equations in real numbers, parameters before rounding",
  "chip parameters": "the same with the program's integers",
  chip: "rounding and overflow in every timestep",
};

/** Causes that are listed. */
export const mostCauses = 8;

/** The whole section; nothing where nobody asked for it. */
export function ladderText(ladder: Ladder | null, style: Style = plainStyle): string {
  if (ladder === null) return "";
  const { samples, explanation } = ladder;
  const rest = ladder.missing === null ? `the ladder, ${counted(samples, "sample")}` : "";
  return section("Why they differ", rest, style, [
    ...rungLines(ladder, style),
    ...(ladder.steps.length === 0 ? [] : ["", ...layerLines(ladder.steps, style)]),
    "",
    ...item(ladder.missing === null ? "→" : "!", ladder.reason, style.warning),
    ...(explanation === null ? [] : explanationLines(explanation, style)),
  ]);
}

/** Of what a rung gave, the share that is as on the first one. */
export function classesAsFloat({ rungs }: Ladder, index: number): number {
  const [float, own] = [rungs[0]!.predictions, rungs[index]!.predictions];
  const same = own.filter((one, sample) => one === float[sample]).length;
  return own.length === 0 ? 1 : same / own.length;
}

function rungLines(ladder: Ladder, style: Style): string[] {
  const { rungs, steps } = ladder;
  const right = { align: "right" } as const;
  const rows = rungs.map(({ name, accuracy }, index) => [
    name,
    accuracy === null ? "" : percent(accuracy),
    percent(classesAsFloat(ladder, index)),
    index === 0 || steps.length === 0 ? "" : grouped(steps[index - 1]!.spikes.differing),
    rungTexts[name],
  ]);
  return table(
    [
      { header: "rung" },
      { header: "accuracy", ...right },
      { header: "class as float", ...right },
      { header: "spikes differ", ...right },
      { header: "what runs" },
    ],
    rows,
    style,
  );
}

/** Spikes that differ over each step of the ladder, by layer, with membranes in parts of the threshold. */
function layerLines(steps: readonly LadderStep[], style: Style): string[] {
  const rows = steps[0]!.populations.map(({ name }, index) => [
    name,
    ...steps.map(({ populations }) => {
      const { differing, membrane } = populations[index]!;
      return `${grouped(differing)}${membrane === null ? "" : `  ${membraneText(membrane)}`}`;
    }),
  ]);
  return [
    ...table(
      [
        { header: "layer" },
        ...steps.map(({ cost }) => ({ header: `by ${cost}`, align: "right" as const })),
        { header: "" },
      ],
      rows,
      style,
    ),
    ...paragraph(
      "Spikes differ from those of the rung above, in all and by layer; membranes by so many thresholds (θ) on average.",
    ),
  ];
}

/** `0.097 θ`. */
export function membraneText(membrane: number): string {
  if (membrane === 0) return "0 θ";
  return membrane < 1e-5 ? "<1e-5 θ" : `${Number(membrane.toPrecision(2))} θ`;
}

/** Causes that do anything, and how many were left out. */
export function causesShown({ causes }: Explanation): { readonly shown: readonly Cause[]; readonly left: number } {
  const acting = causes.filter(({ undone, alone }) => [undone, alone].some((one) => one === null || doesAnything(one)));
  return { shown: acting.slice(0, mostCauses), left: causes.length - Math.min(acting.length, mostCauses) };
}

function doesAnything({ spikes, predictions }: Difference): boolean {
  return spikes !== 0 || predictions !== 0;
}

/** A number of the table of causes; a dash where there was no such run. */
export function backText(difference: Difference | null, what: keyof Difference): string {
  return difference === null ? "–" : grouped(difference[what]);
}

/** What was undone, and whether it could be. */
export function causeText({ text, undone }: Cause): string {
  return undone === null ? `${text} (cannot be undone alone)` : text;
}

/** Samples as ranges: `0 to 10, 15, 24`. */
export function samplesText(samples: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < samples.length;) {
    let end = i;
    while (samples[end + 1] === samples[end]! + 1) end++;
    parts.push(end - i > 1 ? `${samples[i]} to ${samples[end]}` : samples.slice(i, end + 1).join(", "));
    i = end + 1;
  }
  return parts.join(", ");
}

function explanationLines(explanation: Explanation, style: Style): string[] {
  const { samples, framework, quantization, parameters, arithmetic, first } = explanation;
  const { shown, left } = causesShown(explanation);
  const right = { align: "right" } as const;
  const rows = [
    ...shown.map((one) => [
      backText(one.undone, "spikes"),
      backText(one.undone, "predictions"),
      backText(one.alone, "spikes"),
      causeText(one),
    ]),
    ...[
      { part: parameters, text: "all parameters before rounding" },
      { part: arithmetic, text: "all arithmetic without rounding and overflow" },
    ].map(({ part, text }) => [backText(part, "spikes"), backText(part, "predictions"), "", text]),
  ];
  return [
    "",
    ...paragraph(
      `Undone one at a time in ${counted(samples.length, "sample")} that ${samples.length === 1 ? "differs" : "differ"} (${samplesText(samples)}): ` +
        `${differenceText(framework)} differ from the float network, ${differenceText(quantization)} by quantization.`,
    ),
    "",
    ...table(
      [
        { header: "spikes back", ...right },
        { header: "classes back", ...right },
        { header: "alone", ...right },
        { header: "when undone" },
      ],
      rows,
      style,
    ),
    ...(left > 0 ? paragraph(`${counted(left, "other")} that ${left === 1 ? "does" : "do"} less.`) : []),
    ...paragraph(
      "Back: how many fewer differ from the rung chip order when this alone is undone. Alone: spikes that differ from it when nothing else is rounded.",
    ),
    ...(first === null ? [] : ["", ...firstLines(first, explanation, style)]),
  ];
}

/** `1,518 spikes and 9 classes`. */
export function differenceText({ spikes, predictions }: Difference): string {
  return `${counted(spikes, "spike")} and ${grouped(predictions)} ${predictions === 1 ? "class" : "classes"}`;
}

/** Where the runs part, and what makes them. */
export function firstText({ sample, step, population, neuron, fires, condition }: FirstDivergence): string {
  const who = fires[0] ? "float fires, the chip does not" : "the chip fires, float does not";
  return `sample ${sample}, step ${step}, population ${population}, neuron ${neuron}: ${who} (spike = ${condition})`;
}

/** What the first difference comes from. */
export function firstCauseText({ fires }: FirstDivergence, { causes }: Explanation): string {
  const [, order, , chip] = fires;
  if (order === chip) return "It is there before anything is rounded.";
  const own = causes.filter(({ first }) => first).map(({ text }) => text);
  if (own.length === 0) return "It takes several causes together: undoing one does not bring it back.";
  return `It agrees again when ${own.length === 1 ? "this is undone" : "one of these is undone"}: ${own.join("; ")}.`;
}

function firstLines(first: FirstDivergence, explanation: Explanation, style: Style): string[] {
  const right = { align: "right" } as const;
  const rows = first.values.flatMap(({ name, order, chip }) => [
    [name, "real", ...order.map(numberText)],
    ["", "chip", ...chip.map(numberText)],
  ]);
  return [
    ...paragraph(`First divergence: ${firstText(first)}. ${firstCauseText(first, explanation)}`),
    "",
    ...table(
      [
        { header: "LSBs" },
        { header: "" },
        ...first.steps.map((step) => ({ header: `step ${step}`, ...right })),
        { header: "" },
      ],
      rows,
      style,
    ),
  ];
}

/** One decimal where a number is not whole. */
export function numberText(value: number): string {
  return grouped(value, Number.isInteger(value) ? 0 : 1);
}
