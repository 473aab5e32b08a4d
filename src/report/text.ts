/** A validation as text for a terminal, one function per section, so that each can be printed as soon as it is known. */

import type { Program } from "../compile/program.ts";
import type { Divergence } from "../equivalence/compare.ts";
import { counted, durationText, grouped, meanText, percent } from "../measure/numbers.ts";
import { assumptionRows } from "./assumptions.ts";
import type { Assumptions, LayerReport, ReportDocument } from "./document.ts";
import { ladderText } from "./ladder-text.ts";
import { energySection } from "./energy-text.ts";
import { timeSection, trafficSection } from "./traffic-text.ts";
import { programText } from "./program-text.ts";
import { type Style, plainStyle } from "./style.ts";
import { type NetworkSummary, nodeShape } from "./summary.ts";
import { type Cell, item, section, table } from "./table.ts";

/** The whole validation, section after section. */
export function reportText(document: ReportDocument, program: Program, style: Style = plainStyle): string {
  return [
    networkText(document.model, document.network, style),
    programText(program, style),
    assumptionsText(document.assumptions, style),
    resultsText(document, style),
    ladderText(document.ladder, style),
    verdictText(document, style),
  ].join("");
}

/** A network: one line per node. Ends with a line break, as every section does. */
export function networkText(model: string, network: NetworkSummary, style: Style = plainStyle): string {
  const rows = network.nodes.map((node) => [
    node.name,
    node.kind,
    node.from.join(", "),
    nodeShape(node),
    node.parameters === 0 ? "" : grouped(node.parameters),
    node.detail,
  ]);
  return section("Network", model, style, [
    `  ${counted(network.neurons, "neuron")}, ${grouped(network.parameters)} weights and biases`,
    "",
    ...table(
      [
        { header: "node" },
        { header: "kind" },
        { header: "from" },
        { header: "shape" },
        { header: "params", align: "right" },
        { header: "" },
      ],
      rows,
      style,
    ),
  ]);
}

/** How the model was read and the run was set up. */
export function assumptionsText(assumptions: Assumptions, style: Style = plainStyle): string {
  const rows = assumptionRows(assumptions).map(([label, value]) => [{ text: label, style: style.faint }, value]);
  return section("Assumptions", "", style, table([{ header: "" }, { header: "" }], rows, style));
}

/** Accuracy, agreement and layers of both runs; energy, time and traffic of the chip's. */
export function resultsText(document: ReportDocument, style: Style = plainStyle): string {
  const { samples, steps } = document;
  return (
    section("Results", `${counted(samples, "sample")}, ${counted(steps, "timestep")} each`, style, [
      ...runsTable(document, style),
      "",
      ...agreementLines(document, style),
      "",
      ...layersTable(document.layers, document, style),
    ]) +
    energySection(document.energy, style) +
    timeSection(document.time, style) +
    trafficSection(document.traffic, style)
  );
}

/** The last words: pass or fail, and why. */
export function verdictText(document: ReportDocument, style: Style = plainStyle): string {
  const { verdict } = document;
  const signs = { true: style.good, false: style.bad, null: style.faint };
  const checks = verdict.checks.flatMap(({ pass, reason }) =>
    item(pass === null ? "-" : pass ? "✓" : "✗", reason, signs[`${pass}`]),
  );
  const cautions = verdict.reasons.slice(verdict.checks.length).flatMap((reason) => item("!", reason, style.warning));
  const word = verdict.pass ? style.good("PASS") : style.bad("FAIL");
  return section("Verdict", `${word}  ${document.model} on ${document.chip.title}`, style, [...checks, ...cautions]);
}

/** `sample 3, step 7, population 1, neuron 33: float fires, the chip does not`. */
export function divergenceText(divergence: Divergence | null): string {
  if (divergence === null) return "none: every spike agrees";
  const { sample, step, population, neuron, reference } = divergence;
  const who = reference ? "float fires, the chip does not" : "the chip fires, float does not";
  return `sample ${sample}, step ${step}, population ${population}, neuron ${neuron}: ${who}`;
}

function runsTable({ reference, emulator, wallMs, assumptions, samples }: ReportDocument, style: Style): string[] {
  const threads = `${counted(emulator.threads, "thread")}${emulator.threads === 1 ? "" : ` by ${emulator.split}`}`;
  const rows: Cell[][] = [
    ["accuracy", accuracyText(reference.accuracy), accuracyText(emulator.accuracy)],
    ["run by", reference.backend, `${emulator.engine}, ${threads}`],
    ["wall time", durationText(wallMs.reference), durationText(wallMs.emulator)],
  ];
  if (assumptions.decode === "spikes" && reference.silent + emulator.silent > 0) {
    rows.splice(1, 0, [
      "no output spike",
      ...[reference, emulator].map(({ silent }) => `${silent} of ${samples} samples`),
    ]);
  }
  return table([{ header: "" }, { header: "float" }, { header: "chip" }], rows, style);
}

function agreementLines({ agreement, samples, divergence }: ReportDocument, style: Style): string[] {
  const same = samples - agreement.mismatches.length;
  const differing =
    agreement.spikesDiffering === 0
      ? ""
      : `; ${grouped(agreement.spikesDiffering)} differ, in ${grouped(agreement.samplesDiffering)} of ${grouped(samples)} samples`;
  return table(
    [{ header: "" }, { header: "" }],
    [
      ["predictions agree", `${percent(agreement.predictions)}; ${grouped(same)} of ${grouped(samples)}`],
      ["spikes agree", `${percent(agreement.spikes)}${differing}`],
      ["first divergence", divergenceText(divergence)],
    ],
    style,
  );
}

function layersTable(layers: readonly LayerReport[], document: ReportDocument, style: Style): string[] {
  const { samples, agreement } = document;
  const each = (total: number): string => meanText(samples === 0 ? 0 : total / samples);
  const rows = layers.map(({ name, neurons, spikes, sparsity, synops, reference }) => [
    name,
    grouped(neurons),
    each(reference.spikes),
    each(spikes),
    percent(reference.sparsity),
    percent(sparsity),
    each(synops),
    percent(agreement.populations.find((population) => population.name === name)?.share ?? 1),
  ]);
  const right = { align: "right" } as const;
  return table(
    [
      { header: "layer" },
      { header: "neurons", ...right },
      { header: "spikes float", ...right },
      { header: "chip", ...right },
      { header: "sparsity float", ...right },
      { header: "chip", ...right },
      { header: "synops", ...right },
      { header: "spikes agree", ...right },
    ],
    rows,
    style,
  );
}

/** `97.0 %`, or that there are no labels. */
export function accuracyText(accuracy: number | null): string {
  return accuracy === null ? "no labels" : percent(accuracy);
}
