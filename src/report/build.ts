/** From two recordings of one network to the report document. */

import type { Program } from "../compile/program.ts";
import type { Recording, Stimuli } from "../engine.ts";
import { comparePredictions, compareRecordings } from "../equivalence/compare.ts";
import type { Ladder } from "../equivalence/explanation.ts";
import { type Evidence, type Tolerances, judge } from "../equivalence/verdict.ts";
import type { Warning } from "../errors.ts";
import { denseMacs } from "../measure/dense.ts";
import { denseBaseline } from "../measure/baseline.ts";
import { measureOnChip } from "../measure/on-chip.ts";
import { type Decode, type Readout, accuracyOf, readOut } from "../measure/readout.ts";
import { type LayerActivity, activationSparsity, layerActivity } from "../measure/sparsity.ts";
import { fanOut, synopsOf } from "../measure/synops.ts";
import type { Network } from "../network/types.ts";
import { sizeOf } from "../network/types.ts";
import type { Assumptions, LayerReport, ReportDocument, RunResult } from "./document.ts";
import { summarizeNetwork } from "./summary.ts";

/** One finished run and what it ran on. */
interface Run {
  readonly recording: Recording;
  /** Milliseconds. */
  readonly wallMs: number;
}

/** Everything a report is made of. */
export interface ReportInputs {
  /** As the user named it. */
  readonly model: string;
  /** The network as the user's file has it; in discrete time when it has no other. */
  readonly network: Network;
  readonly program: Program;
  readonly reference: Run & { readonly backend: string; readonly backendReason: string | null };
  readonly emulator: Run & { readonly threads: number; readonly split: string };
  /** What both were given. */
  readonly stimuli: Stimuli;
  /** [samples] class indices; null without labels. */
  readonly labels: ArrayLike<number> | null;
  readonly decode: Decode;
  /** Output node to read; the first unless given. */
  readonly output?: string;
  /** `latency`, `recipe`, `calibration` and `decode` are filled in. */
  readonly assumptions: Omit<Assumptions, "latency" | "recipe" | "calibration" | "decode">;
  readonly tolerances: Tolerances;
  /** Why the runs differ, where somebody asked. */
  readonly ladder?: Ladder | null | undefined;
  /** Warnings of reading and running; those of the program are added. */
  readonly warnings: readonly Warning[];
  /** Versions of what ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/**
 * Compare, measure and judge two runs.
 *
 * @throws MEASURE_NOT_PLACED, RECORDINGS_UNLIKE, LABELS_COUNT, LABELS_RANGE, READOUT_OUTPUT, READOUT_NO_SPIKES, READOUT_NO_MEMBRANE
 */
export function buildReport(inputs: ReportInputs): ReportDocument {
  const { program, assumptions } = inputs;
  const reference = inputs.reference.recording;
  const emulator = inputs.emulator.recording;
  const names = program.populations.map(({ name }) => name);
  const compared = compareRecordings(reference, emulator, names);
  const [floatRead, chipRead] = readBoth(inputs);
  const predictions = comparePredictions(floatRead.predictions, chipRead.predictions);
  const floatLayers = layerActivity(reference, names);
  const { synops, energy, time, traffic, ledger, breakEven } = measureOnChip(program, inputs.stimuli, emulator, inputs);
  const chipLayers = layerActivity(emulator, names).map((layer) => ({ ...layer, synops: synops.get(layer.name) ?? 0 }));
  const floatRun = runResult(floatRead, inputs.labels);
  const chipRun = runResult(chipRead, inputs.labels);
  const { samples, steps } = reference;
  return {
    format: "bitspike-report",
    version: 1,
    model: inputs.model,
    target: program.target.name,
    chip: {
      title: program.target.title,
      verified: program.target.verified,
      notModelled: program.target.notModelled,
    },
    samples,
    steps,
    output: floatRead.output,
    labels: inputs.labels === null ? null : Array.from(inputs.labels),
    assumptions: {
      ...assumptions,
      decode: inputs.decode,
      latency: program.latency,
      recipe: program.recipe,
      calibration: program.calibration ?? null,
    },
    network: summarizeNetwork(inputs.network),
    reference: { ...floatRun, backend: inputs.reference.backend, backendReason: inputs.reference.backendReason },
    emulator: {
      ...chipRun,
      engine: emulator.engine,
      threads: inputs.emulator.threads,
      split: inputs.emulator.split,
    },
    agreement: {
      predictions: predictions.share,
      spikes: compared.spikes.share,
      spikesDiffering: compared.spikes.differing,
      samplesDiffering: compared.samplesDiffering,
      mismatches: predictions.mismatches,
      populations: compared.populations,
    },
    divergence: compared.divergence,
    ladder: inputs.ladder ?? null,
    layers: layerReports(program, floatLayers, chipLayers, referenceSynops(inputs, ledger)),
    activationSparsity: {
      reference: activationSparsity(floatLayers, samples, steps),
      emulator: activationSparsity(chipLayers, samples, steps),
    },
    energy: { ...energy, denseBaseline: denseBaseline(denseMacs(inputs.network), steps), breakEven: breakEven ?? [] },
    time,
    traffic,
    ledger,
    fit: {
      ...program.fit,
      coresConfidence: program.target.chip.cores.confidence,
      ...(program.target.noc === undefined ? {} : { mesh: program.target.noc }),
    },
    decisions: program.decisions,
    proofs: program.proofs ?? null,
    warnings: [...inputs.warnings, ...program.warnings],
    verdict: judge(
      {
        samples,
        accuracy: accuracies(floatRun, chipRun),
        predictions: predictions.share,
        spikes: compared.spikes.share,
        fit: program.fit,
        coresConfidence: program.target.chip.cores.confidence,
        classes: floatRead.classes,
        silent: Math.min(floatRead.silent, chipRead.silent),
      },
      inputs.tolerances,
    ),
    wallMs: { reference: inputs.reference.wallMs, emulator: inputs.emulator.wallMs },
    versions: inputs.versions,
    command: inputs.command,
  };
}

/** The float network's classes and the chip's, read from the same output in the same way. */
function readBoth({ reference, emulator, program, decode, output }: ReportInputs): readonly [Readout, Readout] {
  const options = output === undefined ? { decode } : { decode, output };
  const first = readOut(reference.recording, withPopulation(options, program, output));
  const shown = withPopulation({ decode, output: first.output }, program, first.output);
  const units = program.populations.find(({ name }) => name === shown.population);
  return [first, readOut(emulator.recording, { ...shown, scale: units?.scale ?? null, origin: units?.origin ?? null })];
}

function withPopulation<T extends object>(
  options: T,
  program: Program,
  output: string | undefined,
): T & { readonly population?: string } {
  const shown = output === undefined ? program.outputs[0] : program.outputs.find(({ name }) => name === output);
  return shown === undefined ? options : { ...options, population: shown.population };
}

function runResult(read: Readout, labels: ArrayLike<number> | null): RunResult {
  const { predictions, counts, classes, silent } = read;
  return {
    accuracy: labels === null ? null : accuracyOf(predictions, labels, classes),
    predictions: [...predictions],
    spikeCounts: Array.from(predictions, (_, sample) => [...counts.subarray(sample * classes, (sample + 1) * classes)]),
    silent,
  };
}

function accuracies(reference: RunResult, emulator: RunResult): Evidence["accuracy"] {
  if (reference.accuracy === null || emulator.accuracy === null) return null;
  return { reference: reference.accuracy, emulator: emulator.accuracy };
}

function layerReports(
  program: Program,
  reference: readonly LayerActivity[],
  emulator: readonly LayerActivity[],
  synops: ReadonlyMap<string, number>,
): readonly LayerReport[] {
  return emulator.flatMap(({ name, neurons, spikes, sparsity, synops: received }) => {
    const other = reference.find((layer) => layer.name === name);
    if (other === undefined) return [];
    const cores = new Set(
      program.fit.placement.filter(({ population }) => population === name).map(({ core }) => core),
    );
    return {
      name,
      neurons,
      offset: program.populations.find((population) => population.name === name)?.offset ?? 0,
      cores: cores.size,
      spikes,
      sparsity,
      synops: received,
      reference: { spikes: other.spikes, sparsity: other.sparsity, synops: synops.get(name) ?? 0 },
    };
  });
}

/**
 * Synops by layer that the reference's spikes would cause in the chip's synapses. Where the reference records no
 * events for an input, the chip's count stands: both runs are given the same input.
 */
function referenceSynops(
  { program, reference: { recording } }: ReportInputs,
  ledger: ReportDocument["ledger"],
): ReadonlyMap<string, number> {
  const received = new Map<string, number>();
  for (const { name, from, to, synapses } of program.projections) {
    const source = recording.populations.find((population) => population.name === from);
    const total =
      source === undefined
        ? ledger.reduce((sum, { projection, count }) => sum + (projection === name ? count : 0), 0)
        : synopsOf(source.spikes, fanOut(synapses, sourcesOf(from, program)), recording.steps).reduce(
            (a, b) => a + b,
            0,
          );
    received.set(to, (received.get(to) ?? 0) + total);
  }
  return received;
}

function sourcesOf(name: string, program: Program): number {
  const population = program.populations.find((one) => one.name === name);
  if (population !== undefined) return population.neurons;
  return sizeOf(program.inputs.find((one) => one.name === name)?.shape ?? [0]);
}
