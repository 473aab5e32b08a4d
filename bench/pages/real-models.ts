/** Real networks on every target, as text. */

import { factLines, table, type Facts } from "../shared.ts";

/** What became of one network on one target; shares are fractions of 1, counts and energies for one sample. */
export type ModelOutcome =
  | {
      /** Sentences on what stands in for what the chip lacks. */
      readonly approximated: readonly string[];
      readonly fits: boolean;
      readonly cores: number;
      readonly float: number | null;
      readonly chip: number | null;
      readonly predictions: number | null;
      readonly spikes: number;
      readonly sparsity: number;
      readonly synops: number;
      readonly energy: { readonly low: number; readonly high: number } | null;
      /** The prices are another chip's. */
      readonly standIn: boolean;
      readonly lowerBound: boolean;
      /** Timesteps per second on the chip; null: not known. */
      readonly rate: number | null;
    }
  | { readonly refused: string; readonly why: string };

/** One network on all targets. */
export interface ModelRows {
  readonly model: string;
  readonly about: string;
  readonly samples: number;
  readonly rows: readonly { readonly target: string; readonly outcome: ModelOutcome }[];
}

/** What real-models.ts finds out. */
export interface ModelResults extends Facts {
  readonly tables: readonly ModelRows[];
}

const head = [
  "target",
  "fits",
  "cores",
  "float %",
  "chip %",
  "same class %",
  "same spikes %",
  "silent %",
  "synops",
  "energy, µJ",
  "samples/s",
];

/** docs/models.md. */
export function modelsPage(results: ModelResults): string {
  return `# Real networks on every target

Written by \`npm run models\`: trained networks, each compiled for every target by the compiler's own rules and run in the target's
integers, beside their float runs. Spikes are compared at each timestep; synops and energy are those of one sample.

- **fits** says whether the target's cores have room; networks that do not fit run all the same, to show what their integers would do.
- **energy** is a proxy, counted events times published prices, from lowest to highest, and static power where both it and the time are
  published, as for loihi, most of whose energy it is; _≥_ where something that draws energy has no published price, _stand-in_ where
  the prices are another chip's. Blank: nobody published any.
- **samples/s** by the target's published times of events; blank where there are none.
- Letters name what stands in for what a chip lacks; without \`--approximate\` it is an error.
- A code of [an error](errors.md) stands where a network cannot be put on a target at all.

${results.tables.map(section).join("\n\n")}

## What others published of the NIR paper's networks

Accuracies on recordings that are not public, from the files beside the networks (J. E. Pedersen et al., Nature Communications 15, 2024, and
its repository): the figures above cannot be compared with these, as their input is made up.

${published}

## How this was made

${factLines(results)}
`;
}

function section({ model, about, rows }: ModelRows): string {
  const notes = new Map<string, string>();
  const lines = rows.map(({ target, outcome }) => [target, ...cells(outcome, notes)]);
  const list = [...notes].map(([note, letter]) => `- ${letter}: ${note}`);
  return [`## ${model}`, `${about}.`, table(head, lines), ...(list.length === 0 ? [] : [list.join("\n")])].join("\n\n");
}

function cells(outcome: ModelOutcome, notes: Map<string, string>): string[] {
  if ("refused" in outcome) {
    return [`no: ${outcome.refused}${marks([outcome.why], notes)}`, ...Array.from(head.slice(2), () => "")];
  }
  const { fits, cores, float, chip, predictions, spikes, sparsity, synops, rate } = outcome;
  return [
    `${fits ? "yes" : "no"}${marks(outcome.approximated, notes)}`,
    String(cores),
    ...[float, chip, predictions, spikes, sparsity].map(percent),
    Math.round(synops).toLocaleString("en"),
    energyCell(outcome),
    rate === null ? "" : Math.round(rate).toLocaleString("en"),
  ];
}

function energyCell({ energy, standIn, lowerBound }: Exclude<ModelOutcome, { readonly refused: string }>): string {
  if (energy === null) return "";
  const [low, high] = [energy.low, energy.high].map((picojoules) => Number((picojoules / 1e6).toPrecision(3)));
  const range = low === high ? `${low}` : `${low} to ${high}`;
  return `${lowerBound ? "≥ " : ""}${range}${standIn ? ", stand-in" : ""}`;
}

/** Letters of notes, new ones where they are new. */
function marks(texts: readonly string[], notes: Map<string, string>): string {
  const letters = texts.map((text) => {
    const letter = notes.get(text) ?? String.fromCodePoint(97 + notes.size);
    notes.set(text, letter);
    return letter;
  });
  return letters.length === 0 ? "" : ` (${letters.join(" ")})`;
}

function percent(share: number | null): string {
  return share === null ? "" : (100 * share).toFixed(1);
}

const published = table(
  ["platform", "scnn, N-MNIST %", "braille with biases %", "braille without biases %"],
  [
    ["snnTorch", "97.9", "95.0", "92.1"],
    ["Norse", "98.1", "94.3", "93.6"],
    ["sinabs", "98.5", "", ""],
    ["Spyx", "97.1", "84.3", "92.1"],
    ["Nengo", "98.1", "55.7", "78.6"],
    ["Rockpool", "", "", "71.4"],
    ["Lava", "98.2", "48.6", ""],
    ["SpiNNaker 2", "98.2", "85.0", "93.6"],
    ["Speck", "95.4", "", ""],
    ["Xylo", "", "", "85.7"],
  ],
);
