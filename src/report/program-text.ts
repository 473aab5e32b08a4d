/** What the compiler decided, as text for a terminal. */

import {
  isExact,
  type Decision,
  type Fit,
  type PlannedTraffic,
  type Program,
  type Proofs,
  type ResourceUse,
} from "../compile/program.ts";
import { coresText } from "../equivalence/verdict.ts";
import type { Warning } from "../errors.ts";
import type { Confidence, Verification } from "../target/types.ts";
import { counted, grouped, memoryText, percent, significant } from "../measure/numbers.ts";
import type { Elsewhere } from "../mapping/elsewhere.ts";
import { integersText } from "./assumptions.ts";
import { legendOf, placeText } from "./marks.ts";
import { proofInputs, proofRows } from "./proof-text.ts";
import { type Style, plainStyle } from "./style.ts";
import { type Cell, type Column, item, paragraph, section, table } from "./table.ts";

/** Said of a program in which nothing was lost. */
export const exactText = "none: every integer is exactly what the network asks for";

/** What the compiler decided: integers, warnings, and whether it fits. */
export function programText(program: Program, style: Style = plainStyle): string {
  const { target, recipe } = program;
  const rows = [
    ["integers", integersText(recipe, program.calibration ?? null)],
    ...(isExact(program) ? [["rounding", exactText]] : []),
    ["latency", latencyText(program)],
    ...labelled("verified", target.verified.map(verifiedText)),
    ...labelled("not modelled", target.notModelled),
  ].map(([label = "", value = ""]): Cell[] => [{ text: label, style: style.faint }, value]);
  const lines = table([{ header: "" }, { header: "" }], rows, style);
  return (
    section("Program", `${target.title} (${target.name})`, style, lines) +
    decisionsText(program.decisions, style) +
    proofsText(program.proofs ?? null, style) +
    warningsText(program.warnings, style) +
    fitText(program.fit, target.chip.cores.confidence, style)
  );
}

/** `silicon, 1,000 values: <what>`. */
export function verifiedText({ level, against, values }: Verification): string {
  return `${level}${values === undefined ? "" : `, ${grouped(values)} values`}: ${against}`;
}

/** Rows of which only the first has the label. */
export function labelled(label: string, texts: readonly string[]): string[][] {
  return texts.map((text, index) => [index === 0 ? label : "", text]);
}

/** The table of everything that was rounded. */
export function decisionsText(decisions: readonly Decision[], style: Style = plainStyle): string {
  if (decisions.length === 0) return "";
  const cutOff = decisions.some(({ saturated }) => saturated > 0);
  const rows = decisions.map((decision): Cell[] => {
    const { where, parameter, integer, wanted, error, saturated, count, note } = decision;
    const cut = saturated === 0 ? "" : { text: `${grouped(saturated)} of ${grouped(count)}`, style: style.warning };
    const numbers = [rangeText(integer), rangeText(wanted), significant(error, 2)];
    return [where, parameter, ...numbers, ...(cutOff ? [cut] : []), note ?? ""];
  });
  const columns: Column[] = [
    { header: "where" },
    { header: "parameter" },
    { header: "integer", align: "right" },
    { header: "wanted (float)", align: "right" },
    { header: "error (LSB)", align: "right" },
    ...(cutOff ? [{ header: "cut off", align: "right" } as const] : []),
    { header: "" },
  ];
  return `\n${table(columns, rows, style).join("\n")}\n`;
}

/** What can overflow, population by population; empty where nothing was looked at. */
export function proofsText(proofs: Proofs | null, style: Style = plainStyle): string {
  if (proofs === null) return "";
  const rows = proofRows(proofs).flatMap(({ population, lines }) => {
    return lines.map((line, index): Cell[] => [index === 0 ? population : "", line]);
  });
  return section("Overflow", proofInputs(proofs), style, table([{ header: "" }, { header: "" }], rows, style));
}

/** One paragraph per warning; empty when there are none. */
export function warningsText(warnings: readonly Warning[], style: Style = plainStyle): string {
  const lines = warnings.flatMap(({ code, message, place }) => {
    const where = placeText(place);
    return item("!", `${message} [${code}${where === "" ? "" : `, ${where}`}]`, style.warning);
  });
  return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
}

/** Cores used and what lies on them. */
export function fitText(fit: Fit, coresConfidence: Confidence, style: Style = plainStyle): string {
  const answer = fit.fits ? style.good("✓ fits") : style.bad("✗ does not fit");
  const rows = placementRows(fit);
  const cores = coresText(fit, coresConfidence);
  const legend = legendOf([cores, ...fit.reasons].join(" "));
  const lines = [
    ...fit.reasons.flatMap((reason) => item("-", reason, style.faint)),
    ...(legend === "" ? [] : paragraph(legend).map(style.faint)),
    ...(fit.advice ?? []).flatMap((advice) => item("→", advice, style.warning)),
    ...useLines(fit, style),
    ...(rows.length === 0 ? [] : ["", ...placementTable(rows, style)]),
    ...(fit.traffic === undefined ? [] : ["", ...paragraph(hopsText(fit.traffic))]),
  ];
  return section("Fit", `${answer}, ${cores}`, style, lines);
}

/** Other chips with room for a network that does not fit. */
export function elsewhereText(found: readonly Elsewhere[], style: Style = plainStyle): string {
  const chips = found.map(({ target, cores, coresAvailable, chips: joined = 1 }) => {
    return `${target} (${cores} of ${coresAvailable} cores${joined === 1 ? "" : ` on ${joined} chips`})`;
  });
  const text = `The same neurons and synapses find room on ${chips.join(", ")}. Whether the equations of a chip can run them, bitspike compile says.`;
  return `\n${item("→", text, style.warning).join("\n")}\n`;
}

/** Everything that is limited, the tightest first. */
function useLines({ resources = [] }: Fit, style: Style): string[] {
  if (resources.length === 0) return [];
  const rows = tightestFirst(resources).map((resource): Cell[] => {
    const { name, per, where } = resource;
    const share = shareOf(resource);
    const shown = percent(share);
    const { most, available } = amountsOf(resource);
    return [`${name} per ${per}`, most, available, share > 1 ? { text: shown, style: style.bad } : shown, where];
  });
  const columns: Column[] = [
    { header: "limit" },
    { header: "most used", align: "right" },
    { header: "there is", align: "right" },
    { header: "share", align: "right" },
    { header: "where" },
  ];
  return ["", ...table(columns, rows, style)];
}

/** Resources by the share of them that is used, the largest first. */
export function tightestFirst(resources: readonly ResourceUse[]): readonly ResourceUse[] {
  return resources.toSorted((a, b) => shareOf(b) - shareOf(a));
}

/** How much of what there is one neuron, core or chip takes; above 1: too much. */
export function shareOf({ most, available }: ResourceUse): number {
  return most / available;
}

/** What is used, and what there is. */
export function amountsOf({ most, available, unit }: ResourceUse): {
  readonly most: string;
  readonly available: string;
} {
  const text = unit === "bits" ? memoryText : grouped;
  return { most: text(most), available: text(available) };
}

/** What messages cross per timestep, and what they would elsewhere. */
export function hopsText({ rates, messages, hops, inOrder, anywhere, atLeast }: PlannedTraffic): string {
  const when = rates === null ? "when every neuron fires" : `at the rates of ${rates}`;
  if (messages === 0) return `No messages between cores ${when}.`;
  const head = `${significant(messages)} messages to cores per timestep ${when}`;
  if (anywhere === 0) return `${head}, none of them over a link.`;
  const [now, order, mean, least] = [hops, inOrder, anywhere, atLeast].map((value) => significant(value));
  return `${head}. Links that they cross: ${now}; ${order} with the same parts in order, ${mean} anywhere on average, ${least} at the very least.`;
}

/** Neurons, cores and synapse memory of each population, in the order of the placement. */
export function placementRows(
  fit: Fit,
): readonly { population: string; cores: string; neurons: number; synapseBits: number }[] {
  const names = [...new Set(fit.placement.map(({ population }) => population))];
  return names.map((population) => {
    const uses = fit.placement.filter((use) => use.population === population);
    return {
      population,
      cores: runs(uses.map(({ core }) => core)),
      neurons: uses.reduce((sum, use) => sum + use.to - use.from, 0),
      synapseBits: uses.reduce((sum, use) => sum + use.synapseBits, 0),
    };
  });
}

function latencyText({ latency, populations }: Program): string {
  if (latency === 0) return "none: each layer runs in the same timestep as its input";
  const offsets = populations.map(({ name, offset }) => `${name} ${offset}`).join(", ");
  return `${counted(latency, "timestep")} beyond the model's; each layer is compared later by: ${offsets}`;
}

/** `-254 to 212`, or one number where both are equal. */
export function rangeText([low, high]: readonly [number, number]): string {
  const [from, to] = [significant(low, 4), significant(high, 4)];
  return from === to ? from : `${from} to ${to}`;
}

/** `0-3, 7` for numbers in any order. */
export function runs(cores: Iterable<number>): string {
  const sorted = [...new Set(cores)].toSorted((a, b) => a - b);
  const parts: { from: number; to: number }[] = [];
  for (const core of sorted) {
    const last = parts.at(-1);
    if (last !== undefined && last.to === core - 1) last.to = core;
    else parts.push({ from: core, to: core });
  }
  return parts.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

function placementTable(rows: ReturnType<typeof placementRows>, style: Style): string[] {
  return table(
    [
      { header: "population" },
      { header: "neurons", align: "right" },
      { header: "synapse memory", align: "right" },
      { header: "cores" },
    ],
    rows.map(({ population, cores, neurons, synapseBits }) => [
      population,
      grouped(neurons),
      memoryText(synapseBits),
      cores,
    ]),
    style,
  );
}
