/** NIR files: valid graphs with what they compute, malformed ones with the verdict they deserve. */

import { BitspikeError } from "../../src/errors.ts";
import { readNir } from "../../src/formats/nir.ts";
import { defaultTime, discretize, type TimeOptions } from "../../src/network/discretize.ts";
import type { DiscreteNetwork, DiscreteNode } from "../../src/network/types.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import { flat, populationOf, rasterOf, recordFloat, stimulusOf } from "./engines.ts";
import type { VectorFolder } from "./folder.ts";
import { hasFields, type Adapter, type Case } from "./oracle.ts";
import type { Tally } from "./tally.ts";

/** [steps][..shape] by name of the node. */
type Values = Readonly<Record<string, unknown>>;

interface Vector {
  readonly file: string;
  readonly dt: number;
  readonly steps: number;
  readonly input: Values;
  readonly expected: Values;
  readonly [field: string]: unknown;
}

interface Malformed {
  readonly file: string;
  readonly expect: string;
}

/** The ways to read the equations: the suffix of the fields with their results, and the options of time. */
const readings: readonly {
  readonly suffix: string;
  readonly time?: Partial<TimeOptions>;
  readonly missing?: string;
}[] = [
  { suffix: "" },
  { suffix: "_exact_zoh", time: { method: "exact" } },
  { suffix: "_dt_1", time: { dt: null } },
  { suffix: "_lagged_current", time: { method: "lagged" } },
];

export const nir: Adapter = {
  name: "nir",
  read(document, folder) {
    if (hasFields(document, "file", "input", "expected", "steps")) return validCases(document as Vector, folder);
    if (hasFields(document, "files")) return followed(document.files as readonly Malformed[], folder);
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Malformed[];
    return cases.every((one) => hasFields(one, "file", "expect")) ? cases.map((one) => malformed(one, folder)) : null;
  },
};

/** An index of files gives no cases of its own, but what it names must be there. */
function followed(files: readonly { readonly file: string }[], folder: VectorFolder): readonly Case[] {
  for (const { file } of files) folder.bytes(file);
  return [];
}

function validCases(vector: Vector, folder: VectorFolder): Case[] {
  const read = readings.flatMap(({ suffix, time }): Case[] => {
    const expected = vector[`expected${suffix}`] as Values | undefined;
    if (expected === undefined) return [];
    const states = (vector[`state_v${suffix}`] ?? {}) as Values;
    const options = { ...defaultTime, dt: vector.dt, ...time };
    const run = (backend: BackendName, tally: Tally): Promise<void> =>
      compare(vector, folder, options, { expected, states }, backend, tally);
    const name = `${vector.file}${suffix}`;
    return [{ name, needs: "float", run }];
  });
  return [...read, ...originalCases(vector, folder)];
}

/**
 * What the network computed that the file was exported from. Where the file cannot say how it resets, the vector's note
 * does.
 */
function originalCases(vector: Vector, folder: VectorFolder): Case[] {
  const { file, dt, note, expected: told, snntorch_direct: direct } = vector;
  const [output] = Object.keys(told);
  if (direct === undefined || output === undefined) return [];
  const reset = /subtract/.test(String(note)) ? ("subtract" as const) : ("zero" as const);
  const unsaid =
    vector["euler_oracle_matches_direct"] === false ? { reset, resetDelay: /delayed/.test(String(note)) } : {};
  const results = { expected: { [output]: direct }, states: {} };
  const run = (backend: BackendName, tally: Tally): Promise<void> =>
    compare(vector, folder, { ...defaultTime, dt, ...unsaid }, results, backend, tally);
  return [{ name: `${file} as the original network`, needs: "float", run }];
}

async function compare(
  { file, steps, input }: Vector,
  folder: VectorFolder,
  time: TimeOptions,
  { expected, states }: { readonly expected: Values; readonly states: Values },
  backend: BackendName,
  tally: Tally,
): Promise<void> {
  const { network } = discretize(readNir(folder.bytes(file), file).network, time);
  const stimuli = Object.entries(input).map(
    ([name, values]) => [name, stimulusOf(flat(values), 1, steps, nodeOf(network, name).outputShape)] as const,
  );
  const probes = Object.keys(states).map((name) => ({ population: inDots(name), register: "membrane" }));
  const recording = await recordFloat(backend, network, new Map(stimuli), probes);
  for (const [name, values] of Object.entries(expected)) {
    const [wanted, got] = [flat(values), recording.outputs.get(name) ?? []];
    const source = sourceOf(network, name);
    if (source?.kind !== "population" || source.threshold === null) tally.close(name, got, wanted);
    else {
      tally.exact(name, got, wanted);
      tally.exact(`spikes of ${source.name}`, rasterOf(populationOf(recording, source.name)), wanted);
    }
  }
  for (const [name, values] of Object.entries(states)) {
    tally.close(
      `membrane of ${name}`,
      populationOf(recording, inDots(name)).traces.get("membrane") ?? [],
      flat(values),
    );
  }
}

/** Nodes of nested graphs are written graph/node there. */
function inDots(name: string): string {
  return name.replaceAll("/", ".");
}

function nodeOf(network: DiscreteNetwork, name: string): DiscreteNode {
  const found = network.nodes.find((node) => node.name === name);
  if (found === undefined) throw new Error(`the network has no node ${name}`);
  return found;
}

function sourceOf(network: DiscreteNetwork, output: string): DiscreteNode | undefined {
  const [edge] = network.edges.filter(({ to }) => to === output);
  return edge && nodeOf(network, edge.from);
}

function malformed({ file, expect }: Malformed, folder: VectorFolder): Case {
  const run = (tally: Tally): void => tally.same("verdict", fits(expect, verdictOn(file, folder)), true);
  return { name: file, needs: "nothing", run };
}

type Verdict = "refused" | "opened with a warning" | "opened";

function verdictOn(file: string, folder: VectorFolder): Verdict {
  try {
    const { network, warnings } = readNir(folder.bytes(file), file);
    const all = [...warnings, ...discretize(network, defaultTime).warnings];
    return all.length > 0 ? "opened with a warning" : "opened";
  } catch (error) {
    if (error instanceof BitspikeError) return "refused";
    throw error;
  }
}

/** A refusal is always right; what else is allowed, `expect` says after `or`. */
function fits(expect: string, verdict: Verdict): boolean {
  if (verdict === "refused") return true;
  if (expect.includes("warn")) return verdict === "opened with a warning";
  return expect.includes("insert") || expect.includes("ignore");
}
