/** The main job, step by step and without a word printed: a network, a target and data in; a report out. */

import type { Approximation } from "./compile/approximate.ts";
import type { Calibration } from "./compile/calibration.ts";
import { compileWithExact, type CompiledExactly } from "./compile/compile.ts";
import type { Program } from "./compile/program.ts";
import {
  chooseLabels,
  prepareInputs,
  type InputShape,
  type Prepared,
  type PrepareOptions,
} from "./encoding/prepare.ts";
import type { Engine, Recording, StopSignal } from "./engine.ts";
import { explain, withoutRungs } from "./equivalence/explain.ts";
import type { Ladder } from "./equivalence/explanation.ts";
import { pickStimuli, readoutProbes } from "./equivalence/ladder.ts";
import { defaultTolerances, type Tolerances } from "./equivalence/verdict.ts";
import { BitspikeError, mistake, type Warning } from "./errors.ts";
import type { Mapping } from "./mapping/file.ts";
import type { NpzFile } from "./formats/npz.ts";
import { activityProbes } from "./measure/on-chip.ts";
import type { Decode } from "./measure/readout.ts";
import { defaultTime, discretize, type Discretized, type TimeOptions } from "./network/discretize.ts";
import { sizeOf, type DiscreteNetwork, type InputNode, type Network } from "./network/types.ts";
import type { BackendChoice } from "./reference/backend.ts";
import type { ReferenceEngine } from "./reference/engine.ts";
import { buildReport } from "./report/build.ts";
import { detailsOf, type ReportDetails } from "./report/details.ts";
import type { Assumptions, ReportDocument } from "./report/document.ts";
import type { Target } from "./target/types.ts";

/** A network to be put on a chip, with the data that it will be given there. */
export interface CompileJob extends PrepareOptions {
  readonly network: Network;
  readonly target: Target;
  readonly data: NpzFile;
  /** One label for every sample of the data; those in the data file when missing. */
  readonly labels?: Int32Array | undefined;
  readonly time?: TimeOptions | undefined;
  /** One of the target's recipes; its own rules when missing. */
  readonly recipe?: string | undefined;
  /** Settings of the chip that differ from their defaults. */
  readonly settings?: Readonly<Record<string, number | string>> | undefined;
  /** Two addresses for sources with weights of both signs, on chips where a source has one sign. */
  readonly splitSigns?: boolean | undefined;
  /** What the chip may do without where it lacks it; nothing when missing. */
  readonly approximate?: readonly Approximation[] | undefined;
  /** A float run for which weights are rounded; each for itself when missing. */
  readonly calibration?: Calibration | undefined;
  /** Where neurons have to lie on the chip; wherever there is room when missing. */
  readonly mapping?: Mapping | undefined;
  /** How classes are read; by spikes when missing. */
  readonly decode?: Decode | undefined;
}

/** Everything a validation is about. */
export interface ValidationJob extends CompileJob {
  /** As the user named it. */
  readonly model: string;
  /** Of reading the model. */
  readonly warnings: readonly Warning[];
  readonly tolerances?: Tolerances | undefined;
  /** Find out why the runs differ; nobody asks when missing. */
  readonly explain?: ExplainOptions | undefined;
  /** Stops both runs between timesteps with RUN_INTERRUPTED; after them the explanation, without which the report is made. */
  readonly signal?: StopSignal | undefined;
  /** For the report. */
  readonly versions: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** How to find out why a float network and its chip differ. */
export interface ExplainOptions {
  /** On how many samples quantizations are undone, or on all; 20 at most when missing, fewer of a large network. */
  readonly samples?: number | "all" | undefined;
}

/** An integer engine with how it is spread over threads. */
export interface EmulatorEngine extends Engine {
  readonly threads: number;
  /** Null where nothing is divided. */
  readonly split: "sample" | "core" | null;
}

/** Opens the two engines; the caller decides which, and where they run. */
export interface Engines {
  openReference(network: DiscreteNetwork): Promise<ReferenceEngine>;
  openEmulator(program: Program): Promise<EmulatorEngine>;
}

export type RunName = "float" | "chip" | "ladder";

/** Told what is known as soon as it is known. */
export interface Watcher {
  onPrepared?(prepared: Prepared): void;
  onProgram?(program: Program, assumptions: Assumptions): void;
  /** Of the run that is under way; `ladder`: of the runs that explain the difference. */
  onProgress?(run: RunName, done: number, total: number): void;
  /** One of the runs has ended, or all that explain the difference. */
  onRun?(run: RunName, wallMs: number): void;
}

export interface Validation {
  readonly document: ReportDocument;
  /** One sample in full: the first that differs, else the first. */
  readonly details: ReportDetails;
  readonly program: Program;
}

/** A network made ready for a chip. */
export interface Compiled {
  readonly discrete: Discretized;
  readonly prepared: Prepared;
  /** [samples] of the samples in use; null without labels. */
  readonly labels: Int32Array | null;
  readonly program: Program;
}

/** The Input nodes of a network, as data are prepared for. */
export function inputsOf(network: Pick<Network, "nodes">): InputShape[] {
  return network.nodes
    .filter((node): node is InputNode => node.kind === "input")
    .map(({ name, outputShape }) => ({ name, shape: outputShape }));
}

/**
 * Run a network in float and on a chip, and compare.
 *
 * @throws mistakes of data, compiling and running; RUN_INTERRUPTED
 */
export async function validate(job: ValidationJob, engines: Engines, watcher: Watcher = {}): Promise<Validation> {
  const { exact: exactValues, ...compiled } = compileBoth(job, watcher);
  // What leads back to the floats takes as much room as they do: it is kept only where it is needed.
  const exact = job.explain === undefined ? null : exactValues;
  const { discrete, program } = compiled;
  const assumptions = assumptionsOf(job, compiled);
  watcher.onProgram?.(program, assumptions);
  throwIfStopped(job.signal);
  return closing(await engines.openReference(discrete.network), async (reference) => {
    const float = await timed(job, compiled, "float", reference, watcher);
    throwIfStopped(job.signal);
    return closing(await engines.openEmulator(program), async (emulator) => {
      const chip = await timed(job, compiled, "chip", emulator, watcher);
      const ladder = exact === null ? null : await climb(job, compiled, exact, reference, { float, chip }, watcher);
      const document = buildReport({
        model: job.model,
        network: job.network,
        program,
        reference: { ...float, backend: reference.backend.name, backendReason: passedOver(reference.backend) },
        emulator: { ...chip, threads: emulator.threads, split: splitOf(emulator, compiled.prepared.samples) },
        stimuli: compiled.prepared.stimuli,
        labels: compiled.labels,
        decode: job.decode ?? "spikes",
        assumptions,
        tolerances: job.tolerances ?? defaultTolerances,
        ladder,
        warnings: [...job.warnings, ...discrete.warnings],
        versions: job.versions,
        command: job.command,
      });
      const details = await detail(job, compiled, document, reference, emulator);
      return { document, details, program };
    });
  });
}

/** Use an engine and close it, whatever happens. */
async function closing<E extends Engine, T>(engine: E, use: (engine: E) => Promise<T>): Promise<T> {
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/**
 * Read the data and compile the network for its target.
 *
 * @throws mistakes of data and compiling
 */
export function compileJob(job: CompileJob, watcher: Pick<Watcher, "onPrepared"> = {}): Compiled {
  const { discrete, prepared, labels, program } = compileBoth(job, watcher);
  return { discrete, prepared, labels, program };
}

function compileBoth(job: CompileJob, watcher: Pick<Watcher, "onPrepared">): Compiled & Pick<CompiledExactly, "exact"> {
  const prepared = prepareInputs(inputsOf(job.network), job.data, job);
  const labels = job.labels === undefined ? prepared.labels : chooseLabels(job.labels, prepared, prepared.all);
  watcher.onPrepared?.(prepared);
  const discrete = discretize(job.network, job.time ?? defaultTime);
  const { recipe, settings, splitSigns, approximate, calibration, mapping } = job;
  const options = { inputs: prepared.facts, recipe, settings, splitSigns, approximate, calibration, mapping };
  const { program, exact } = compileWithExact(discrete.network, job.target, options);
  const compiled = { discrete, prepared, labels, program, exact };
  checkOutput(job, compiled);
  return compiled;
}

/** What would make a finished run useless is a mistake before it. @throws LABELS_RANGE, READOUT_NO_SPIKES */
function checkOutput(job: CompileJob, { discrete, program, labels }: Compiled): void {
  const [output] = program.outputs;
  const node = discrete.network.nodes.find(({ name }) => name === output?.population);
  if (output === undefined || node?.kind !== "population") return;
  const classes = sizeOf(node.outputShape);
  const sample = labels?.findIndex((label) => label < 0 || label >= classes) ?? -1;
  if (sample >= 0) throw mistake("LABELS_RANGE", { sample, label: labels![sample]!, classes });
  const needsSpikes = job.decode === undefined || job.decode === "spikes" || job.decode === "first-spike";
  if (needsSpikes && node.threshold === null) throw mistake("READOUT_NO_SPIKES", { output: output.name });
}

function assumptionsOf(job: ValidationJob, { discrete, prepared, program }: Compiled): Assumptions {
  const continuous = job.network.nodes.some(({ kind }) => kind === "neuron");
  const { dt, integratorDt, method, reset, resetDelay } = discrete.assumptions;
  const leakless = job.network.nodes.some((node) => node.kind === "neuron" && node.tauMem === null);
  const notes =
    leakless && integratorDt !== dt ? [`I and IF neurons count one timestep as ${integratorDt} (--dt).`] : [];
  return {
    dt: continuous ? dt : null,
    method: continuous ? method : null,
    reset: reset === "v_reset" ? "as the model says" : reset,
    resetDelay,
    scale: prepared.scale,
    encode: prepared.encode,
    decode: job.decode ?? "spikes",
    seed: job.seed,
    latency: program.latency,
    recipe: program.recipe,
    calibration: program.calibration ?? null,
    notes: [...prepared.notes, ...notes],
  };
}

/** Why the runs differ. Who stops this keeps both runs, and what can be said of them. */
async function climb(
  job: ValidationJob,
  { discrete, prepared, labels, program }: Compiled,
  exact: CompiledExactly["exact"],
  reference: Engine,
  runs: { readonly float: TimedRun; readonly chip: TimedRun },
  watcher: Watcher,
): Promise<Ladder> {
  const start = performance.now();
  const inputs = {
    program,
    exact,
    network: discrete.network,
    stimuli: prepared.stimuli,
    labels,
    decode: job.decode ?? "spikes",
    reference,
    recordings: { reference: runs.float.recording, emulator: runs.chip.recording },
    samples: job.explain?.samples,
    onProgress: (done: number, total: number) => watcher.onProgress?.("ladder", done, total),
    signal: job.signal,
  };
  try {
    const ladder = await explain(inputs);
    watcher.onRun?.("ladder", performance.now() - start);
    return ladder;
  } catch (error) {
    if (!(error instanceof BitspikeError) || error.code !== "RUN_INTERRUPTED") throw error;
    return withoutRungs(inputs, error);
  }
}

interface TimedRun {
  readonly recording: Recording;
  readonly wallMs: number;
}

async function timed(
  job: ValidationJob,
  { prepared, program }: Compiled,
  run: "float" | "chip",
  engine: Engine,
  watcher: Watcher,
): Promise<TimedRun> {
  const start = performance.now();
  const activity = run === "chip" ? activityProbes(program, prepared.samples, prepared.steps) : [];
  const recording = await engine.run(prepared.stimuli, {
    probes: [...readoutProbes({ program, decode: job.decode ?? "spikes" }), ...activity],
    ...(job.signal === undefined ? {} : { signal: job.signal }),
    onProgress: (done, total) => watcher.onProgress?.(run, done, total),
  });
  const wallMs = performance.now() - start;
  watcher.onRun?.(run, wallMs);
  return { recording, wallMs };
}

function throwIfStopped(signal: StopSignal | undefined): void {
  if (signal?.aborted) throw mistake("RUN_INTERRUPTED", {});
}

function splitOf({ split, threads }: EmulatorEngine, samples: number): string {
  return split ?? (samples >= threads ? "sample" : "core");
}

/** Why no faster backend was taken; null where the fastest was, or the one asked for. */
function passedOver({ tried }: BackendChoice): string | null {
  const failed = tried
    .filter(({ ok }) => !ok)
    .map(({ name, reason }) => `${name} cannot be used: ${reason ?? "unknown"}`);
  return failed.length === 0 ? null : failed.join("; ");
}

/** Above this many values per population a membrane trace is left out of the details. */
const largestTrace = 20_000_000;

/** Run one sample again with every membrane recorded. */
async function detail(
  job: ValidationJob,
  { prepared, program }: Compiled,
  document: ReportDocument,
  reference: Engine,
  emulator: Engine,
): Promise<ReportDetails> {
  const sample = document.divergence?.sample ?? 0;
  const stimuli = pickStimuli(prepared.stimuli, [sample]);
  const probes = program.populations
    .filter(({ neurons, datapath }) => neurons * prepared.steps <= largestTrace && hasMembrane(program, datapath))
    .map(({ name }) => ({ population: name, register: "membrane" }));
  // Nothing stops these two: what was computed before would be lost.
  const recordings = {
    reference: await reference.run(stimuli, { probes }),
    emulator: await emulator.run(stimuli, { probes }),
  };
  return detailsOf({ ...recordings, program, network: job.network, sample: 0, shownAs: sample });
}

function hasMembrane(program: Program, datapath: string): boolean {
  return "membrane" in (program.target.datapaths[datapath]?.state ?? {});
}
