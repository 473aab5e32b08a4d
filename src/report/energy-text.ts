/** The energy proxy, by kind of event and by layer, and its dense baseline, as text for a terminal. */

import { macName, type DenseBaseline } from "../measure/baseline.ts";
import type { BreakEven } from "../measure/break-even.ts";
import { severalOf } from "../measure/costs.ts";
import type { EnergyEstimate } from "../measure/energy.ts";
import { durationOfNs, energyRangeText, energyText, meanText, percent, powerRangeText } from "../measure/numbers.ts";
import type { EnergyRange } from "../measure/range.ts";
import type { ReportDocument } from "./document.ts";
import { legendOf, markOf, marksOf } from "./marks.ts";
import { type Style, plainStyle } from "./style.ts";
import { type Cell, paragraph, section, table } from "./table.ts";

const right = { align: "right" } as const;

/** Events, prices, total, layers and baseline; every unchecked price with its mark. */
export function energySection(energy: ReportDocument["energy"], style: Style = plainStyle): string {
  const { denseBaseline: dense, breakEven } = energy;
  const lines = [
    ...chipLines(energy, style),
    ...(energy.perSample === null ? [] : ["", ...layersTable(energy, style)]),
    "",
    ...baselineTable(dense, style),
    ...breakEvenLines(breakEven, style),
  ];
  return section("Energy", totalText(energy), style, [...lines, ...notes(lines, style)]);
}

/** The chip's side alone. */
export function chipEnergySection(energy: EnergyEstimate, style: Style = plainStyle): string {
  const lines = [
    ...chipLines(energy, style),
    ...(energy.perSample === null ? [] : ["", ...layersTable(energy, style)]),
  ];
  return section("Energy", totalText(energy), style, [...lines, ...notes(lines, style)]);
}

function chipLines(energy: EnergyEstimate, style: Style): string[] {
  const { basis, notPriced, lowerBound, perSample } = energy;
  const missing = lowerBound && perSample !== null ? paragraph(`Not in it: ${notPriced.join("; ")}.`) : [];
  return [...paragraph(basis), ...missing, "", ...eventsTable(energy, style)];
}

/** The total in words: `at least 31 to 47 µJ (typically 33 µJ) per sample, stand-in [unverified]`. */
export function totalText({ perSample, lowerBound, marks, kind }: EnergyEstimate): string {
  if (perSample === null) return "not priced: no published energy per event";
  const least = lowerBound ? "at least " : "";
  const whose = kind === "stand-in" ? ", stand-in" : "";
  return [`${least}${spanText(perSample)} per sample${whose}`, marksOf(marks)].join(" ").trimEnd();
}

/** `31 to 47 µJ (typically 33 µJ)`; the middle is left out where it is one of the ends. */
export function spanText({ low, typical, high }: EnergyRange): string {
  const ends = [energyText(low), energyText(high)];
  const middle = ends.includes(energyText(typical)) ? "" : ` (typically ${energyText(typical)})`;
  return energyRangeText(low, high) + middle;
}

/** Share of the typical total, `12.3 %`; empty where it is not known. */
export function shareText(part: EnergyRange | null, whole: EnergyRange | null): string {
  if (part === null || whole === null || whole.typical === 0) return "";
  return percent(part.typical / whole.typical);
}

function rangeText(range: EnergyRange | null, otherwise = ""): string {
  return range === null ? otherwise : energyRangeText(range.low, range.high);
}

function eventsTable(energy: EnergyEstimate, style: Style): string[] {
  const { events, perSample: total, silent, static: rest } = energy;
  const rows = events.flatMap(({ event, perSample, cost, energy: own }): Cell[][] => {
    const row = [
      severalOf(event),
      perSample === null ? "not counted" : meanText(perSample),
      cost === null ? "unpublished" : energyRangeText(cost.low, cost.high),
      rangeText(own, perSample === null || perSample > 0 ? "not known" : ""),
      shareText(own, total),
      cost === null ? "" : markOf(cost.confidence),
    ];
    if (event !== "neuron update" || silent === null || perSample === 0) return [row];
    const idle = [
      "  that do not fire",
      meanText(silent.updates),
      "",
      rangeText(silent.energy),
      shareText(silent.energy, total),
      "",
    ];
    return [row, idle.map((text) => ({ text, style: style.faint }))];
  });
  const { power, time } = rest;
  const restRow = [
    rest.dominates ? "static power (most of it)" : "static power",
    time === null ? "" : durationOfNs(time),
    power === null ? "unpublished" : power.high === 0 ? "in the others" : powerRangeText(power.low, power.high),
    rest.energy === null ? "not known" : power?.high === 0 ? "" : rangeText(rest.energy),
    power?.high === 0 ? "" : shareText(rest.energy, total),
    power === null ? "" : markOf(power.confidence),
  ];
  return table(
    [
      { header: "per sample" },
      { header: "count", ...right },
      { header: "each", ...right },
      { header: "together", ...right },
      { header: "share", ...right },
      { header: "" },
    ],
    [...rows, restRow],
    style,
  );
}

function layersTable({ layers, cores, perSample }: EnergyEstimate, style: Style): string[] {
  const rows = layers.map(({ name, events, energy }) => [
    name,
    countText(events["synop"]),
    countText(events["neuron update"]),
    countText(events["spike"]),
    countText(events["message received"]),
    rangeText(energy),
    shareText(energy, perSample),
  ]);
  const used = cores.filter(({ core }) => core !== null);
  const largest = used.reduce<(typeof used)[number] | null>((most, one) => {
    return (one.energy?.typical ?? 0) > (most?.energy?.typical ?? 0) ? one : most;
  }, null);
  const busiest =
    used.length < 2 || largest === null
      ? []
      : [`  Of ${used.length} cores, core ${largest.core} takes most: ${shareText(largest.energy, perSample)}.`];
  return [
    ...table(
      [
        { header: "layer" },
        { header: "synops", ...right },
        { header: "updates", ...right },
        { header: "spikes", ...right },
        { header: "messages", ...right },
        { header: "together", ...right },
        { header: "share", ...right },
      ],
      rows,
      style,
    ),
    ...busiest,
  ];
}

function countText(count: number | undefined): string {
  return count === undefined ? "" : meanText(count);
}

function baselineTable({ energies, technology }: DenseBaseline, style: Style): string[] {
  const rows = energies.map(({ price, everyStep, once }) => [
    `${price.name} MACs${price.weightReads ? ", weights read" : ""}`,
    energyRangeText(price.low, price.high),
    energyRangeText(everyStep.low, everyStep.high),
    energyRangeText(once.low, once.high),
    markOf(price.confidence),
  ]);
  return table(
    [
      { header: `dense, at ${technology}` },
      { header: "each", ...right },
      { header: "every step", ...right },
      { header: "once", ...right },
      { header: "" },
    ],
    rows,
    style,
  );
}

function breakEvenLines(layers: readonly BreakEven[], style: Style): string[] {
  const known = layers.filter(({ against }) => against.some(({ once }) => once !== null));
  const [first] = known;
  if (first === undefined) return [];
  const rows = known.map(({ layer, rate, against }) => [
    layer,
    rate === null ? "" : percent(rate),
    ...against.map(({ everyStep, once }) => `${rateText(everyStep)} / ${rateText(once)}`),
  ]);
  return [
    "",
    ...table(
      [
        { header: "break-even rate" },
        { header: "now", ...right },
        ...first.against.map((price) => ({ header: macName(price), ...right })),
      ],
      rows,
      style,
    ),
    ...paragraph(
      "Events per input of a layer and timestep at which it costs as much as its MACs, at every step / once per sample. " +
        "The chip adds integers: beside float32 the arithmetic differs as well as the sparsity.",
    ),
  ];
}

/** `3.1 %`; `never` where the chip costs more even in silence. */
export function rateText(rate: number | null): string {
  if (rate === null) return "not known";
  if (rate === 0) return "never";
  return rate >= 10 ? "> 1000 %" : percent(rate);
}

/** Where the sources are, and what the marks mean. */
function notes(lines: readonly string[], style: Style): string[] {
  const legend = legendOf(lines.join(" "));
  return paragraph(`Every figure has its source in the report. ${legend}`.trimEnd()).map(style.faint);
}
