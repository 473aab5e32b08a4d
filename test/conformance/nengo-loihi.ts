/** nengo-loihi: its emulator as programs for the target loihi, its discretization as networks and a recipe of that target. */

import type { ProgramProjection, SparseSynapses } from "../../src/compile/program.ts";
import { compile } from "../../src/compile/compile.ts";
import { WeightFormat } from "../../src/compile/weights.ts";
import { readDatapath, type Datapath } from "../../src/datapath/datapath.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import { parseBlock, parseDefinitions } from "../../src/datapath/parse.ts";
import type { Block } from "../../src/datapath/syntax.ts";
import { createNetwork } from "../../src/network/create.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import type { DraftEdge, DraftNode } from "../../src/network/draft.ts";
import type { DiscreteNetwork, Tensor } from "../../src/network/types.ts";
import { flat, populationOf, rasterOf, recordInteger, stimulusOf } from "./engines.ts";
import { hasFields, type Adapter, type Case, type IntegerEngine, type PlainCase } from "./oracle.ts";
import { populationLoad, programOf, targetOf } from "./programs.ts";
import type { Tally } from "./tally.ts";

type Rows = readonly (readonly number[])[];

interface Compartments {
  readonly name: string;
  readonly n: number;
  readonly decay_u: readonly number[];
  readonly decay_v: readonly number[];
  readonly vth: readonly number[];
  readonly bias: readonly number[];
  readonly refract_delay: readonly number[];
  readonly vmin: number;
  readonly vmax: number;
  readonly u0?: readonly number[];
  readonly v0?: readonly number[];
}
interface Synapses {
  readonly name: string;
  readonly block: string;
  /** [row][atom][entry] */
  readonly weights: readonly Rows[];
  readonly weight_exp: number;
  readonly weight_bits_code: number;
  readonly is_mixed: number;
  readonly indices?: readonly Rows[];
  readonly axon_to_weight_map?: readonly number[];
  readonly axon_compartment_bases?: readonly number[];
}
interface Axons {
  readonly src: string;
  readonly synapse: string;
  readonly compartment_map?: readonly number[];
  readonly atoms?: readonly number[];
}
interface Network {
  readonly steps: number;
  readonly blocks: readonly Compartments[];
  readonly inputs: readonly { readonly name: string; readonly n: number }[];
  readonly synapses: readonly Synapses[];
  readonly axons: readonly Axons[];
}
interface Vector {
  readonly oracle: string;
  readonly case: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: Readonly<Record<string, readonly (number | readonly number[])[]>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

const target = targetOf("loihi");
const lif: Datapath = readDatapath(target.datapaths["lif"]!, target.settings).datapath!;
const format: WeightFormat = new WeightFormat(target, lif, null);

/** Our register by recorded name; `spikes` are what was sent. */
const registers: Readonly<Record<string, string>> = { q: "q", u: "current", v: "membrane", ref: "refractory" };
/** Bits of a weight by the code that a synapse format holds. */
const bitsOfCode = [0, 1, 2, 3, 4, 5, 6, 8];
const signs = { mixed: 0, excitatory: 1 };

/** The parts of the target that are the emulator's helper functions, and what the target calls their argument. */
const functions: Readonly<Record<string, { readonly block: Block; readonly argument?: string }>> = {
  // The target wraps in its equations; the function itself is the language's.
  overflow_signed: { block: parseBlock("y = wrap(x, bits + 1)\noverflowed = x != y") },
  decay_int: { block: parseBlock("y = decayed(x, decay, offset)", parseDefinitions(lif.spec.blocks["define"]!)) },
  bias_to_manexp: { block: lif.loads.get("bias")! },
  vth_to_manexp: { block: lif.loads.get("threshold")!, argument: "threshold" },
};

export const nengoLoihi: Adapter = {
  name: "nengo-loihi",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Vector[];
    return cases.every((one) => hasFields(one, "oracle", "case", "params", "input", "expected"))
      ? cases.map(caseOf)
      : null;
  },
};

function caseOf(vector: Vector): Case {
  const { case: name, oracle, params } = vector;
  if (oracle === "nengo-loihi-emulator") {
    return { name, needs: "integer", run: (engine, tally) => compareNetwork(vector, engine, tally) };
  }
  if (oracle === "nengo-loihi-weights") {
    return { name, needs: "nothing", run: (tally) => compareWeights(vector, tally) };
  }
  if (oracle === "nengo-loihi-discretize") {
    return { name, needs: "nothing", run: (tally) => compareDiscretization(vector, tally) };
  }
  const found = functions[String(params["function"])];
  const run: PlainCase["run"] = (tally) => void (found && compareFunction(vector, found, tally));
  const missing = found === undefined ? { missing: `the function ${String(params["function"])}` } : {};
  return { name, needs: "nothing", run, ...missing };
}

function compareFunction(
  { params, input, expected }: Vector,
  { block, argument: own }: (typeof functions)[string],
  tally: Tally,
): void {
  const [[given, values]] = Object.entries(input) as [[string, readonly number[]]];
  const argument = own ?? given;
  const constants = Object.entries(params).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  const results = values.map((value) => {
    const names = new Map([...constants, [argument, value] as const].map(([name, own]) => [name, BigInt(own)]));
    runBlock(block, names);
    return names;
  });
  for (const [name, wanted] of Object.entries(expected) as [string, number[]][]) {
    const got = results.map((names) => Number(names.get(name)));
    tally.exact(name, got, wanted);
  }
}

interface FloatBlock {
  readonly n: number;
  readonly decay_u: number;
  readonly decay_v: number;
  readonly vth: readonly number[];
  readonly bias: readonly number[];
  readonly vmin: number;
}
interface Integers {
  readonly v_scale: number;
  readonly decay_u: readonly number[];
  readonly decay_v: readonly number[];
  readonly vth: readonly number[];
  readonly bias: readonly number[];
  readonly vmin: number;
  readonly weight_exp: readonly number[];
  /** [synapse][axon][compartment] */
  readonly weights: readonly Rows[];
}

/** The integers of the recipe against those of the builder. */
function compareDiscretization({ params, input, expected }: Vector, tally: Tally): void {
  const block = params as unknown as FloatBlock;
  const synapses = input["weights"] as unknown as readonly Rows[];
  const program = compile(networkOf(block, synapses), target, { recipe: "nengo-loihi" });
  const { parameters, scale } = program.populations[0]!;
  const wanted = expected as unknown as Integers;
  const all = (name: string): number[] => {
    const values = parameters[name]!;
    return Array.from({ length: block.n }, (_, i) => values[values.length === 1 ? 0 : i]!);
  };
  tally.close("v_scale", scale!, [wanted.v_scale]);
  tally.exact("decay_u", all("current_decay"), wanted.decay_u);
  tally.exact("decay_v", all("membrane_decay"), wanted.decay_v);
  tally.exact("vth", all("threshold"), wanted.vth);
  tally.exact("bias", all("bias"), wanted.bias);
  tally.exact("vmin", all("minimum").slice(0, 1), [wanted.vmin]);
  for (const [i, rows] of wanted.weights.entries()) {
    const projection = program.projections.find(({ from }) => from === `input ${i}`)!;
    tally.exact(`weight_exp of ${i}`, [projection.parameters["weight_exp"]!], [wanted.weight_exp[i]!]);
    tally.exact(`weights of ${i}`, projection.synapses.weight, flat(rows));
  }
}

/**
 * A block as a network. Its weights are those of a filter that gathers a constant input to as much as it is, so that they
 * are multiplied with both decays; without a leak nothing is.
 */
function networkOf(block: FloatBlock, synapses: readonly Rows[]): DiscreteNetwork {
  const { n, decay_u: du, decay_v: dv, vth, bias, vmin } = block;
  const unit = dv > 0.5 / 4096 ? dv : 1;
  const each = (values: readonly number[]): Tensor => ({ shape: [n], data: Float64Array.from(values) });
  const sources = synapses.length > 0 ? synapses : [[Array.from({ length: n }, () => 0)]];
  const nodes: DraftNode[] = sources.flatMap((rows, i): DraftNode[] => [
    { kind: "input", name: `input ${i}`, shape: [rows.length] },
    {
      kind: "dense",
      name: `weights ${i}`,
      weight: {
        shape: [n, rows.length],
        data: Float64Array.from(
          { length: n * rows.length },
          (_, k) => rows[k % rows.length]![Math.floor(k / rows.length)]!,
        ),
      },
      bias: null,
    },
  ]);
  nodes.push(
    {
      kind: "population",
      name: "block",
      alpha: one(1 - du),
      currentGain: one(du),
      beta: one(1 - dv),
      gain: one(unit),
      feedthrough: null,
      leak: each(bias.map((value) => value * unit)),
      threshold: each(vth),
      reset: "zero",
      resetTo: one(0),
      resetDelay: false,
      lowerBound: one(vmin),
    },
    { kind: "output", name: "output", shape: null },
  );
  const edges = sources.flatMap((_, i): DraftEdge[] => [
    [`input ${i}`, `weights ${i}`],
    [`weights ${i}`, "block"],
  ]);
  const { network } = createNetwork(nodes, [...edges, ["block", "output"]]);
  return discretize(network, defaultTime).network;
}

function one(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

function compareWeights({ params, input, expected }: Vector, tally: Tally): void {
  const constants = constantsOf(params["weight_exp"] as number, params["weight_bits"] as number, params["is_mixed"]);
  const got = flat(input["w"]).map((weight) => format.stored(weight, constants));
  for (const [name, wanted] of Object.entries(expected)) tally.exact(name, got, flat(wanted));
}

function constantsOf(exponent: number, bits: number, isMixed: unknown): Record<string, number> {
  return { weight_exp: exponent, bits, signs: isMixed === 0 || isMixed === false ? signs.excitatory : signs.mixed };
}

async function compareNetwork(vector: Vector, engine: IntegerEngine, tally: Tally): Promise<void> {
  const network = vector.params as unknown as Network;
  const { effective_weights: weights = {}, blocks } = vector.expected as {
    effective_weights?: Readonly<Record<string, unknown>>;
    blocks: Readonly<Record<string, Readonly<Record<string, Rows>>>>;
  };
  for (const synapses of network.synapses) {
    const wanted = weights[synapses.name];
    if (wanted !== undefined) tally.exact(`weights of ${synapses.name}`, flat(storedWeights(synapses)), flat(wanted));
  }
  const { steps } = network;
  // A network without inputs still has a length.
  const inputs = network.inputs.length > 0 ? network.inputs : [{ name: "(no input)", n: 1 }];
  const shapes = Object.fromEntries(inputs.map(({ name, n }) => [name, [n]]));
  const program = programOf(target, {}, shapes, network.blocks.map(populationFrom), projectionsOf(network));
  const stimuli = inputs.map(
    ({ name, n }) => [name, stimulusOf(raster(vector.input[name], steps, n), 1, steps, [n])] as const,
  );
  const probes = Object.entries(blocks).flatMap(([population, recorded]) =>
    Object.keys(recorded).flatMap((name) => (name in registers ? [{ population, register: registers[name]! }] : [])),
  );
  const recording = await recordInteger(engine, program, new Map(stimuli), probes);
  for (const [block, recorded] of Object.entries(blocks)) {
    const population = populationOf(recording, block);
    for (const [name, wanted] of Object.entries(recorded)) {
      const got = name === "spikes" ? rasterOf(population) : population.traces.get(registers[name]!)!;
      tally.exact(`${block}.${name}`, got, flat(wanted), population.neurons);
    }
  }
}

/** Lists of the units that fire as values [steps][n]; steps without a list are silent. */
function raster(fired: Vector["input"][string] | undefined, steps: number, n: number): Float64Array {
  const values = new Float64Array(steps * n);
  for (const [step, units] of (fired ?? []).entries())
    for (const unit of units as number[]) values[step * n + unit] = 1;
  return values;
}

function populationFrom(block: Compartments) {
  const parameters = {
    current_decay: block.decay_u,
    membrane_decay: block.decay_v,
    threshold: block.vth,
    bias: block.bias,
    refractory_delay: block.refract_delay,
    minimum: block.vmin,
    maximum: block.vmax,
  };
  return populationLoad(block.name, [block.n], "lif", parameters, { current: block.u0, membrane: block.v0 });
}

function storedWeights(synapses: Synapses): number[][][] {
  const constants = synapseConstants(synapses);
  return synapses.weights.map((atoms) => atoms.map((row) => row.map((weight) => format.stored(weight, constants))));
}

function synapseConstants({ weight_exp, weight_bits_code, is_mixed }: Synapses): Record<string, number> {
  return constantsOf(weight_exp, bitsOfCode[weight_bits_code]!, is_mixed);
}

function projectionsOf({ axons, synapses, blocks, inputs }: Network): ProgramProjection[] {
  return axons.map((group, index): ProgramProjection => {
    const own = synapses.find(({ name }) => name === group.synapse)!;
    const { n } = [...blocks, ...inputs].find(({ name }) => name === group.src)!;
    return {
      name: `${index} ${group.src}->${own.block}`,
      from: group.src,
      to: own.block,
      arrivesAfter: 1,
      parameters: synapseConstants(own),
      accumulator: "input",
      synapses: follow(group, own, n),
    };
  });
}

/** Axon maps, atoms and bases only say which compartments a unit reaches: here they are followed once. */
function follow(group: Axons, synapses: Synapses, units: number): SparseSynapses {
  const stored = storedWeights(synapses);
  const start = [0];
  const entries: [target: number, weight: number][] = [];
  for (let unit = 0; unit < units; unit++) {
    const axon = group.compartment_map?.[unit] ?? unit;
    const base = axon < 0 ? -1 : (synapses.axon_compartment_bases?.[axon] ?? 0);
    if (base >= 0) {
      const row = synapses.axon_to_weight_map?.[axon] ?? axon;
      const atom = group.atoms?.[unit] ?? 0;
      const reached = stored[row]![atom]!.map((weight, i): [number, number] => {
        return [base + (synapses.indices?.[row]?.[atom]?.[i] ?? i), weight];
      });
      entries.push(...reached.toSorted(([a], [b]) => a - b));
    }
    start.push(entries.length);
  }
  return {
    kind: "sparse",
    start: Uint32Array.from(start),
    target: Uint32Array.from(entries, ([neuron]) => neuron),
    weight: Int32Array.from(entries, ([, weight]) => weight),
  };
}
