/** From a data file to the stimuli of all Inputs, with what was assumed on the way. */

import type { Stimuli, Stimulus } from "../engine.ts";
import { BitspikeError, located, mistake } from "../errors.ts";
import type { NpzFile } from "../formats/npz.ts";
import type { Shape } from "../network/types.ts";
import { chooseArrays, readLabels } from "./arrays.ts";
import { readData, type Data } from "./data.ts";
import { encode, largestMagnitude, stepsOf, usualEncode, usualScale, type EncodeName } from "./encode.ts";
import { usualLatencyText } from "./latency.ts";

export interface PrepareOptions {
  /** Name of the data file, for messages. */
  readonly dataName?: string | undefined;
  /** Chosen from the data when missing. */
  readonly encode?: EncodeName | undefined;
  /** The length of the time axis when missing. */
  readonly steps?: number | undefined;
  /** What values are multiplied by; 1/255 for bytes as values, else 1, when missing. */
  readonly scale?: number | undefined;
  readonly seed: number;
  /** Samples `from` (included) to `to` (excluded; null: the last one). All when missing. */
  readonly samples?: { readonly from: number; readonly to: number | null } | undefined;
}

/** An Input by its name. */
export interface InputShape {
  readonly name: string;
  readonly shape: Shape;
}

/** What a compiler has to know about one Input. */
export interface InputFacts {
  readonly kind: Stimulus["kind"];
  /** Largest magnitude that a value can have after scaling. */
  readonly limit: number;
  /** There when values can be negative. */
  readonly signed?: true;
}

export interface Prepared {
  readonly stimuli: Stimuli;
  readonly facts: Readonly<Record<string, InputFacts>>;
  readonly samples: number;
  readonly steps: number;
  /** Index of the first sample in the file, and how many the file holds. */
  readonly first: number;
  readonly all: number;
  readonly encode: EncodeName;
  /** Of the first Input. */
  readonly scale: number;
  /** [samples] from the same file; null when it holds none. */
  readonly labels: Int32Array | null;
  /** How the data were read, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Read and encode the data of all Inputs. Each Input draws its own random numbers.
 *
 * @throws what `chooseArrays`, `readData` and `encode` throw; LABELS_SHAPE, LABELS_COUNT
 */
export function prepareInputs(inputs: readonly InputShape[], file: NpzFile, options: PrepareOptions): Prepared {
  try {
    return readAndEncode(inputs, file, options);
  } catch (error) {
    if (!(error instanceof BitspikeError) || options.dataName === undefined) throw error;
    throw located(error, { file: options.dataName });
  }
}

function readAndEncode(inputs: readonly InputShape[], file: NpzFile, options: PrepareOptions): Prepared {
  const chosen = chooseArrays(
    file,
    inputs.map(({ name }) => name),
  );
  const { from = 0, to = null } = options.samples ?? {};
  const all = chosen.inputs.values().next().value?.shape[0] ?? 0;
  const read = inputs.map(({ name, shape }) => ({
    name,
    data: readData(chosen.inputs.get(name)!, shape, { steps: options.steps, samples: { from, to: to ?? all } }),
  }));
  const [first] = read;
  if (first === undefined) throw mistake("DATA_ARRAYS", { arrays: file.names.join(", "), inputs: "none" });
  const code = options.encode ?? usualEncode(first.data).encode;
  const steps = Math.min(...read.map(({ data }) => (data.time === null ? Infinity : stepsOf(data, options.steps))));
  const each = read.map(({ name, data }, stream) => {
    const scale = options.scale ?? usualScale(data, code);
    const wanted = Number.isFinite(steps) ? steps : stepsOf(data, options.steps);
    const stimulus = encode(data, { encode: code, steps: wanted, scale, rate: { seed: options.seed, stream } });
    return { name, data, scale, stimulus };
  });
  return {
    stimuli: new Map(each.map(({ name, stimulus }) => [name, stimulus])),
    facts: Object.fromEntries(each.map(({ name, data, scale }) => [name, factsOf(data, code, scale)])),
    samples: first.data.samples,
    steps: each[0]!.stimulus.steps,
    first: first.data.first,
    all,
    encode: code,
    scale: each[0]!.scale,
    labels: chosen.labels === null ? null : chooseLabels(readLabels(chosen.labels), first.data, all),
    notes: each.flatMap(({ name, data, scale }) => notesOf(name, data, scale, code, options)),
  };
}

/**
 * The labels of the samples in use.
 *
 * @param labels one for every sample of the file
 * @param all samples in the file
 * @throws LABELS_COUNT
 */
export function chooseLabels(
  labels: Int32Array,
  { first, samples }: Pick<Data, "first" | "samples">,
  all: number,
): Int32Array {
  if (labels.length !== all) throw mistake("LABELS_COUNT", { labels: labels.length, samples: all });
  return labels.slice(first, first + samples);
}

/** What the data say to a compiler. */
export function factsOf(data: Data, code: EncodeName, scale: number = usualScale(data, code)): InputFacts {
  const limit = largestMagnitude(data, code, scale);
  if (code !== "constant") return { kind: "spikes", limit };
  const signed = data.range.some((value) => value * scale < 0);
  return { kind: "graded", limit, ...(signed ? { signed } : {}) };
}

function notesOf(name: string, data: Data, scale: number, code: EncodeName, options: PrepareOptions): string[] {
  const notes = [`Data of ${name}: ${data.reading}.`];
  if (data.time !== null && options.steps !== undefined && options.steps < data.time) {
    notes.push(`Of ${data.time} timesteps in the data the first ${options.steps} are used.`);
  }
  if (options.encode === undefined) notes.push(`Encoded as ${code}: ${usualEncode(data).why} (--encode).`);
  if (options.scale === undefined && scale !== 1) notes.push("Bytes are divided by 255 (--scale).");
  if (code === "latency") notes.push(usualLatencyText);
  return notes;
}
