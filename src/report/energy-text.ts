/** The energy proxy and its dense baseline, as text for a terminal. */

import type { DenseBaseline, EnergyEstimate, EnergyRange } from "../measure/energy.ts";
import { counted, energyRangeText, energyText, meanText } from "../measure/numbers.ts";
import type { ReportDocument } from "./document.ts";
import { legendOf, markOf, marksOf } from "./marks.ts";
import { type Style, plainStyle } from "./style.ts";
import { paragraph, section, table } from "./table.ts";

/** Events, prices, total and baseline; every unchecked price with its mark. */
export function energySection(energy: ReportDocument["energy"], style: Style = plainStyle): string {
  const { denseBaseline: dense, notPriced, events } = energy;
  const lines = [
    ...paragraph(energy.basis),
    ...(energy.lowerBound && energy.perSample !== null ? paragraph(`Not in it: ${notPriced.join(", ")}.`) : []),
    "",
    ...eventsTable(energy, style),
    "",
    ...baselineTable(dense, style),
    "",
    ...paragraph(
      `Dense baseline: ${counted(dense.macsPerStep, "MAC")} per pass through all weights, at ${dense.technology} (not scaled to the chip), ` +
        "from the arithmetic alone to arithmetic with one weight read from an 8 KB SRAM.",
    ),
  ];
  const sources = [
    ...events.flatMap(({ event, cost }) => (cost === null ? [] : [`${event}: ${cost.source}`])),
    ...dense.energies.map(({ price }) => `${price.name} MAC: ${price.source}`),
  ];
  const legend = legendOf(lines.join(" "));
  const notes = [...sources, ...(legend === "" ? [] : [legend])].flatMap((text) => paragraph(text)).map(style.faint);
  return section("Energy", totalText(energy), style, [...lines, ...notes]);
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

function eventsTable({ events }: EnergyEstimate, style: Style): string[] {
  const rows = events.map(({ event, perSample, cost }) => [
    `${event}s`,
    meanText(perSample),
    cost === null ? "unpublished" : energyRangeText(cost.low, cost.high),
    cost === null ? "" : energyRangeText(cost.low * perSample, cost.high * perSample),
    cost === null ? "" : markOf(cost.confidence),
  ]);
  return table(
    [
      { header: "per sample" },
      { header: "count", align: "right" },
      { header: "each", align: "right" },
      { header: "together", align: "right" },
      { header: "" },
    ],
    rows,
    style,
  );
}

function baselineTable({ energies }: DenseBaseline, style: Style): string[] {
  const rows = energies.map(({ price, everyStep, once }) => [
    `${price.name} MACs`,
    energyRangeText(price.low, price.high),
    energyRangeText(everyStep.low, everyStep.high),
    energyRangeText(once.low, once.high),
    markOf(price.confidence),
  ]);
  return table(
    [
      { header: "dense baseline" },
      { header: "each", align: "right" },
      { header: "every step", align: "right" },
      { header: "once", align: "right" },
      { header: "" },
    ],
    rows,
    style,
  );
}
