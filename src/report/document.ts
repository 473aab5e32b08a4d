/** The document of a validation: what `report.json` holds, as a type and as a schema. */

import { z } from "zod";
import type { Decision, Fit, Proofs } from "../compile/program.ts";
import type { Divergence, PopulationAgreement } from "../equivalence/compare.ts";
import type { Ladder } from "../equivalence/explanation.ts";
import type { Verdict } from "../equivalence/verdict.ts";
import type { Warning } from "../errors.ts";
import type { DenseBaseline } from "../measure/baseline.ts";
import type { BreakEven } from "../measure/break-even.ts";
import type { EnergyEstimate } from "../measure/energy.ts";
import type { CountedAccount } from "../measure/on-chip.ts";
import type { TimeEstimate } from "../measure/timing.ts";
import type { Traffic } from "../measure/traffic.ts";
import type { Confidence, Verification, NocSpec } from "../target/types.ts";
import { ladder } from "./ladder-schema.ts";
import { confidence, energy, ledger, time, traffic } from "./measures-schema.ts";
import type { NetworkSummary } from "./summary.ts";

/** How the file was read and the run was set up; a file cannot say all of this itself. Described in `reportSchema`. */
export interface Assumptions {
  readonly dt: number | null;
  readonly method: string | null;
  readonly reset: string;
  readonly resetDelay: boolean;
  readonly scale: number | null;
  readonly encode: string;
  readonly decode: string;
  readonly seed: number;
  readonly latency: number;
  readonly recipe: string | null;
  readonly calibration: string | null;
  readonly notes: readonly string[];
}

/** What one run gave. Described in `reportSchema`. */
export interface RunResult {
  readonly accuracy: number | null;
  readonly predictions: readonly number[];
  readonly spikeCounts: readonly (readonly number[])[];
  readonly silent: number;
}

/** Activity of one layer on the chip, and of the reference in the same layer. Described in `reportSchema`. */
export interface LayerReport {
  readonly name: string;
  readonly neurons: number;
  readonly offset: number;
  readonly cores: number;
  readonly spikes: number;
  readonly sparsity: number;
  readonly synops: number;
  readonly reference: { readonly spikes: number; readonly sparsity: number; readonly synops: number };
}

/** The document of `bitspike validate`. Every field is described in `reportSchema`. */
export interface ReportDocument {
  readonly format: "bitspike-report";
  readonly version: 1;
  readonly model: string;
  readonly target: string;
  readonly chip: {
    readonly title: string;
    readonly verified: readonly Verification[];
    readonly notModelled: readonly string[];
  };
  readonly samples: number;
  readonly steps: number;
  readonly output: string;
  readonly labels: readonly number[] | null;
  readonly assumptions: Assumptions;
  readonly network: NetworkSummary;
  readonly reference: RunResult & { readonly backend: string; readonly backendReason: string | null };
  readonly emulator: RunResult & { readonly engine: string; readonly threads: number; readonly split: string };
  readonly agreement: {
    readonly predictions: number;
    readonly spikes: number;
    readonly spikesDiffering: number;
    readonly samplesDiffering: number;
    readonly mismatches: readonly number[];
    readonly populations: readonly PopulationAgreement[];
  };
  readonly divergence: Divergence | null;
  readonly ladder: Ladder | null;
  readonly layers: readonly LayerReport[];
  readonly activationSparsity: { readonly reference: number; readonly emulator: number };
  readonly energy: EnergyEstimate & {
    readonly denseBaseline: DenseBaseline;
    readonly breakEven: readonly BreakEven[];
  };
  readonly time: TimeEstimate;
  readonly traffic: Traffic;
  readonly ledger: readonly CountedAccount[];
  readonly fit: Fit & { readonly coresConfidence: Confidence; readonly mesh?: NocSpec | undefined };
  readonly decisions: readonly Decision[];
  readonly proofs: Proofs | null;
  readonly warnings: readonly Warning[];
  readonly verdict: Verdict;
  readonly wallMs: { readonly reference: number; readonly emulator: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const pair = z.tuple([z.number(), z.number()]);
const text = z.string();
const assumptions = z
  .strictObject({
    dt: z.number().nullable().describe("Timestep in seconds; null where the model's time was already discrete."),
    method: text.nullable().describe("How continuous time became steps: euler, lagged or exact; null as for dt."),
    reset: text.describe("Kind of reset, or that it is as the model says."),
    resetDelay: z.boolean().describe("The reset takes effect one step after the spike."),
    scale: z.number().nullable().describe("What input values were multiplied with; null: nothing."),
    encode: text.describe("How input values became events or values per step."),
    decode: text.describe("How classes were read: spikes, membrane, max-membrane or first-spike."),
    seed: z.number().describe("Seed of random encodings."),
    latency: count.describe("Chip timesteps beyond the model's; each layer is compared at its own offset."),
    recipe: text.nullable().describe("Recipe by which floats became integers; null: the target's own rules."),
    calibration: text
      .nullable()
      .describe(
        "Data for which the weights were rounded, never their labels; null: each weight was rounded for itself.",
      ),
    notes: z.array(text).describe("Further readings that were taken, as sentences."),
  })
  .describe("How the model was read and the run was set up; the files cannot say all of this themselves.");

const runFields = {
  accuracy: share.nullable().describe("Share of right classes; null without labels."),
  predictions: z.array(count).describe("[samples] chosen class."),
  spikeCounts: z.array(z.array(z.number())).describe("[samples][classes] spikes at the output."),
  silent: count.describe("Samples without a spike at the output; class 0 by the tie rule when spikes are read."),
};

const layer = z.strictObject({
  name: text.describe("The population."),
  neurons: count.describe("Its neurons."),
  offset: count.describe("Chip timestep at which the model's step 0 of this layer runs."),
  cores: count.describe("Cores that hold neurons of this layer."),
  spikes: count.describe("Spikes on the chip, total over samples; a graded spike counts once."),
  sparsity: share.describe("On the chip, 1 - spikes / (samples * steps * neurons)."),
  synops: count.describe(
    "Synapses of this layer looked up on the chip for what was sent within the timesteps, total over samples; those from inputs and those with a stored weight of 0 included.",
  ),
  reference: z
    .strictObject({
      spikes: count.describe("Spikes of the float run, total over samples."),
      sparsity: share.describe("Of the float run."),
      synops: count.describe("Synaptic operations that the float run's spikes would cause in the chip's synapses."),
    })
    .describe("The same layer of the float run."),
});

const network = z
  .strictObject({
    nodes: z
      .array(
        z.strictObject({
          name: text.describe("Name in the model."),
          kind: text.describe("The field's word: dense, conv2d, LIF, .."),
          from: z.array(text).describe("Nodes it receives from; (t-1) marks values of the previous timestep."),
          inputShape: z.array(count).describe("Shape of what arrives."),
          outputShape: z.array(count).describe("Shape of what leaves."),
          neurons: count.describe("Neurons with state."),
          parameters: count.describe("Weights and biases."),
          detail: text.describe("What matters of its parameters, in words."),
        }),
      )
      .describe("In the order in which the network runs them."),
    neurons: count.describe("Neurons of the network."),
    parameters: count.describe("Weights and biases of the network."),
  })
  .describe("The network as read from the model.");

const sourced = z.strictObject({
  value: z.number().describe("How many."),
  source: text.describe("Where the number was read."),
  confidence,
});

const fit = z
  .strictObject({
    fits: z.boolean().describe("Whether the chip has room for the network."),
    cores: count.describe("Cores used."),
    coresAvailable: count.nullable().describe("Cores of the chip; null: not known."),
    coresConfidence: confidence,
    placement: z
      .array(
        z.strictObject({
          core: count.describe("Number of the core."),
          population: text.describe("Whose neurons lie on it."),
          from: count.describe("First neuron on the core."),
          to: count.describe("Neuron after the last."),
          synapseBits: count.describe("Bits of synapse memory taken."),
        }),
      )
      .describe("Which neurons lie on which core."),
    reasons: z.array(text).describe("Why it does not fit, or what a limit rests on."),
    chips: count.optional().describe("Chips used; one where it is absent."),
    resources: z
      .array(
        z.strictObject({
          name: text.describe("What the target limits."),
          per: z.enum(["neuron", "core", "chip"]).describe("Of what it says how much there is."),
          available: z.number().describe("How much there is."),
          unit: z.literal("bits").nullable().describe("null: a number of them."),
          source: text.describe("Where the limit was read."),
          confidence,
          most: z.number().describe("The most that one neuron, core or chip takes."),
          where: text.describe("Which one."),
        }),
      )
      .optional()
      .describe("Everything that the target limits, as far as the network uses it."),
    loads: z
      .array(
        z.strictObject({
          core: count.describe("Number of the core."),
          used: z.array(z.number()).describe("By the resources that are counted per core, in their order."),
        }),
      )
      .optional()
      .describe("What each core takes."),
    traffic: z
      .strictObject({
        rates: text.nullable().describe("What the rates were read from; null: every neuron fires in every timestep."),
        messages: z.number().describe("From core to core, per timestep."),
        hops: z.number().describe("Links that they cross; a border between chips counts as several."),
        inOrder: z.number().describe("The same, with the same parts on the cores in order."),
        anywhere: z.number().describe("The same, on average over all places of the parts."),
        atLeast: z.number().describe("No placement of these parts needs less."),
        links: z
          .array(
            z.strictObject({
              tile: count.describe("Number of the tile."),
              direction: z.enum(["east", "west", "north", "south"]).describe("Where the link leads."),
              messages: z.number().describe("Per timestep."),
            }),
          )
          .describe("Links with messages."),
      })
      .optional()
      .describe("Messages between cores."),
    mesh: z
      .strictObject({
        topology: z.literal("mesh").describe("Tiles are joined to their neighbours."),
        routing: z.literal("x-then-y").describe("First along a row, then along a column."),
        width: sourced.describe("Tiles across."),
        height: sourced.describe("Tiles down."),
        coresPerTile: sourced.describe("Core c lies on tile floor(c / this)."),
        tiles: z.enum(["by-column", "by-row"]).describe("How tiles are numbered."),
        linkBuffer: sourced.optional().describe("Messages that wait at a link."),
        chipsAcross: sourced.optional().describe("Chips side by side where several are joined."),
        copies: z.enum(["per-core", "multicast"]).optional().describe("How a spike reaches several cores."),
      })
      .optional()
      .describe("The network of the cores, where the target describes it."),
    advice: z.array(text).optional().describe("Where it does not fit: what was tried, and what came of it."),
  })
  .describe("Whether the network fits the chip, and where it lies.");

const decision = z.strictObject({
  where: text.describe("Population or projection."),
  parameter: text.describe("Register or parameter."),
  integer: pair.describe("Smallest and largest integer used."),
  wanted: pair.describe("Smallest and largest float wanted, in the units of the network."),
  error: z.number().describe("Largest difference between wanted and got, in steps of the integer."),
  saturated: count.describe("Values cut at the end of the range."),
  count: count.describe("Values in all."),
  note: text.nullable().describe("What else there is to know."),
});

const witness = z.strictObject({
  neuron: count.describe("The neuron."),
  from: z
    .enum(["reset", "sources", "state"])
    .describe(
      "reset: a run from a reset by events of inputs alone; sources: the same where neurons fire together that were not shown to; state: from registers that were not shown to be reachable.",
    ),
  timesteps: count.describe("Timesteps of that run, the last one acting."),
  events: count.describe("Events of the last timestep; 0 where only their sum is known."),
  arrived: z.record(text, z.number()).describe("What they add up to, by accumulator."),
  registers: z
    .record(text, z.number())
    .describe("Registers before the last timestep; on a chip that runs on events, before the event that acts."),
  sent: z
    .array(
      z.strictObject({
        timesteps: count.describe("Timesteps in a row."),
        elements: z.record(text, z.array(count)).describe("By input: elements that send in each of them."),
      }),
    )
    .exactOptional()
    .describe("On a chip that runs on events: what inputs send in that run."),
});

const proofs = z
  .strictObject({
    between: z
      .enum(["timesteps", "events"])
      .exactOptional()
      .describe("Between what registers are told; events: any two of them, on a chip that runs on events."),
    inputs: z
      .record(text, pair)
      .describe("What the proofs rest on: the least and the most that one element of each input sends in a timestep."),
    populations: z
      .array(
        z.strictObject({
          population: text.describe("The population."),
          registers: z.record(text, pair).describe("Smallest and largest value of each register between timesteps."),
          arriving: z
            .record(text, pair.nullable())
            .describe("What one timestep brings to each accumulator that is no register; null: not known."),
          cuts: z
            .array(
              z.strictObject({
                kind: z
                  .enum(["wrap", "saturate", "clamp", "type"])
                  .describe("The call; type: a register that may leave its type, which stops a run."),
                block: text.describe("Block of equations."),
                line: count.describe("Line of the block."),
                name: text.describe("What the line assigns."),
                text: text.describe("The call with its ends."),
                acts: z.enum(["never", "may", "always"]).describe("Whether it changes anything, on any input."),
                witness: witness.nullable().describe("Values that make it act; null where none were found."),
              }),
            )
            .describe("Everything that cuts, wraps or stops."),
          order: z
            .array(
              z.strictObject({
                projection: text.describe("The projection."),
                free: z.boolean().describe("Its events of one timestep may come in any order."),
                because: z
                  .enum([
                    "an exact sum",
                    "never cut",
                    "cut alike in any order",
                    "events all alike",
                    "cut one by one",
                    "not decided",
                  ])
                  .describe("Why."),
              }),
            )
            .describe("By projection."),
        }),
      )
      .describe("By population."),
  })
  .nullable()
  .describe("What can overflow and what never will, from any input; null where nobody asked.");

const warning = z.strictObject({
  code: text.describe("Permanent code."),
  message: text.describe("What the user should know."),
  place: z
    .strictObject({
      file: text.exactOptional().describe("File."),
      line: z.number().exactOptional().describe("Line, from 1."),
      column: z.number().exactOptional().describe("Column, from 1."),
      field: text.exactOptional().describe("Dotted path inside a document, or an option."),
      node: text.exactOptional().describe("Node of the network."),
    })
    .exactOptional()
    .describe("Where it is, as far as known."),
});

const verdict = z
  .strictObject({
    pass: z.boolean().describe("No rule was broken."),
    checks: z
      .array(
        z.strictObject({
          rule: z.enum(["accuracy", "predictions", "spikes", "fit"]).describe("What was judged."),
          pass: z.boolean().nullable().describe("Null: could not be judged."),
          reason: text.describe("A sentence with the numbers."),
        }),
      )
      .describe("Every rule."),
    reasons: z.array(text).describe("Reasons of all rules, then cautions, as sentences."),
    tolerances: z
      .strictObject({
        accuracyDrop: z.number().describe("Largest drop of accuracy below float."),
        predictions: z.number().describe("Smallest share of predictions that agree."),
        spikes: z.number().nullable().describe("Smallest share of spikes that agree; null: not judged."),
      })
      .describe("What a run may lose and still pass."),
  })
  .describe("Whether the network still works on the chip.");

const agreement = z
  .strictObject({
    predictions: share.describe("Share of samples with the same class."),
    spikes: share.describe("Spikes of both runs / spikes of either, over sample, aligned step and neuron."),
    spikesDiffering: count.describe("Places (sample, step, neuron) where only one run has a spike."),
    samplesDiffering: count.describe("Samples with at least one such place."),
    mismatches: z.array(count).describe("Samples whose classes differ."),
    populations: z
      .array(
        z.strictObject({
          name: text.describe("The population."),
          both: count.describe("Spikes that both runs have."),
          either: count.describe("Spikes that at least one run has."),
          differing: count.describe("either - both."),
          share: share.describe("both / either; 1 when neither run has a spike."),
        }),
      )
      .describe("The same per population."),
  })
  .describe("How far the chip's run agrees with the float run.");

const divergence = z
  .strictObject({
    sample: count.describe("Sample."),
    step: count.describe("The model's timestep."),
    population: text.describe("Population."),
    neuron: count.describe("Neuron in the population."),
    reference: z.boolean().describe("Whether the float network fires there."),
    emulator: z.boolean().describe("Whether the chip fires there."),
  })
  .nullable()
  .describe("First difference in order of sample, step, population, neuron; null when none.");

const chip = z
  .strictObject({
    title: text.describe("Name for people."),
    verified: z
      .array(
        z.strictObject({
          level: z
            .enum(["silicon", "rtl", "vendor-emulator", "independent-emulator", "literature", "property-tests"])
            .describe("Kind of evidence."),
          against: text.describe("What the target's results were compared with."),
          values: z.number().optional().describe("Values compared without a mismatch."),
        }),
      )
      .describe("What the target's results were compared with."),
    notModelled: z.array(text).describe("What the chip does and the target does not."),
  })
  .describe("The target in a few words.");

/** The schema of a `ReportDocument`; `z.toJSONSchema` turns it into the published JSON Schema. */
export const reportSchema: z.ZodType<ReportDocument> = z
  .strictObject({
    format: z.literal("bitspike-report").describe("What this document is."),
    version: z.literal(1).describe("Version of this format."),
    model: text.describe("The model that was validated, as named on the command line."),
    target: text.describe("Name of the target."),
    chip,
    samples: count.describe("Samples that were run."),
    steps: count.describe("The model's timesteps per sample."),
    output: text.describe("Output node that classes were read from."),
    labels: z.array(count).nullable().describe("[samples] right classes; null when none were given."),
    assumptions,
    network,
    reference: z
      .strictObject({
        ...runFields,
        backend: text.describe("What computed the floats."),
        backendReason: text.nullable().describe("Why this backend was taken."),
      })
      .describe("The float run."),
    emulator: z
      .strictObject({
        ...runFields,
        engine: text.describe("Integer engine."),
        threads: count.describe("Threads used; the results do not depend on it."),
        split: text.describe("What the threads divided: sample or core."),
      })
      .describe("The run in the chip's integer arithmetic."),
    agreement,
    divergence,
    ladder,
    layers: z.array(layer).describe("Activity of every population."),
    activationSparsity: z
      .strictObject({ reference: share.describe("Float run."), emulator: share.describe("Chip.") })
      .describe("Silent share of (sample, step, neuron) over all layers together."),
    energy,
    time,
    traffic,
    ledger,
    fit,
    decisions: z.array(decision).describe("Every number that the compiler derived."),
    proofs,
    warnings: z.array(warning).describe("What the user should know that did not stop the work."),
    verdict,
    wallMs: z
      .strictObject({ reference: z.number().describe("Float run."), emulator: z.number().describe("Chip run.") })
      .describe("Wall time in milliseconds."),
    versions: z.record(text, text).describe("Versions of what ran, by name."),
    command: z.array(text).describe("Command line that made this document."),
  })
  .describe("Result of validating a spiking network against a chip's arithmetic.");

/** The published JSON Schema of the document, draft 2020-12. */
export function reportJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "bitspike report", ...z.toJSONSchema(reportSchema) };
}
