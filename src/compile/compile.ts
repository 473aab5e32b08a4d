/** A discrete float network to the program of a chip. */

import type { RealValues } from "../core/real.ts";
import type { Datapath } from "../datapath/datapath.ts";
import type { Quantities } from "../datapath/real.ts";
import { BitspikeError, mistake, type Warning } from "../errors.ts";
import { sizeOf, type DiscreteNetwork, type PopulationNode } from "../network/types.ts";
import { datapathOf } from "../target/datapaths.ts";
import type { RecipeSpec, Target } from "../target/types.ts";
import { withWidths } from "../target/widths.ts";
import { placeOnAddresses } from "./addresses.ts";
import { align, type Alignment } from "./align.ts";
import {
  approximated,
  approximationWarning,
  mayApproximate,
  type Approximation,
  type Replaceable,
} from "./approximate.ts";
import { mostWeights } from "../mapping/axons.ts";
import { scalesByNeuron, scalesMayDiffer } from "./by-neuron.ts";
import { checkCalibration, ratesOf, type Calibration } from "./calibration.ts";
import { decayWarnings, withCharge } from "./kept.ts";
import { composeSynapses, filled, listed, type FloatSynapses } from "./linear.ts";
import { encodePopulation, exactPopulation, type ExactPopulation } from "./parameters.ts";
import { momentsOf } from "./moments.ts";
import { needsOf, provides, unsupported, type Need } from "./needs.ts";
import { findCircuit, type Circuit, type Path } from "./paths.ts";
import type { Mapping } from "../mapping/file.ts";
import { placeOnCores } from "../mapping/place.ts";
import type { Decision, Program, ProgramInput, ProgramPopulation, ProgramProjection } from "./program.ts";
import { proveEvents } from "./event-proofs.ts";
import { prove } from "./proofs.ts";
import { quantitiesOf, semanticWarnings, type PopulationQuantities } from "./quantities.ts";
import { recipeConstants, recipeNumbers } from "./recipe.ts";
import { datapathsFor, type NamedDatapath } from "./roles.ts";
import {
  Chooser,
  chooseScale,
  fixedScale,
  withExactScale,
  withExponent,
  type Candidate,
  type ScaleChoice,
} from "./scale.ts";
import { WeightFormat } from "./weights.ts";

/** What an Input node will be fed. */
export interface InputUse {
  readonly kind: "spikes" | "graded";
  /** Largest |value| in one step: events per step, or the host's value. */
  readonly limit: number;
  /** Values may be negative; false where nothing is said. */
  readonly signed?: boolean | undefined;
}

export interface CompileOptions {
  /** Recipe of the target; its own expressions where none is named. */
  readonly recipe?: string | undefined;
  /** Chip-wide options, by number or word. */
  readonly settings?: Readonly<Record<string, number | string>> | undefined;
  /** By Input node; binary spikes where nothing is said. */
  readonly inputs?: Readonly<Record<string, InputUse>> | undefined;
  /** Give sources with weights of both signs two addresses, on chips that have addresses and one sign per source. */
  readonly splitSigns?: boolean | undefined;
  /** What the network needs and the chip may do without; anything else that is missing is refused. */
  readonly approximate?: readonly Approximation[] | undefined;
  /** What the float network did on some data: weights are then rounded for what arrives there. Not together with a recipe. */
  readonly calibration?: Calibration | undefined;
  /** Where neurons have to lie; wherever there is room where nothing is said. */
  readonly mapping?: Mapping | undefined;
}

/** A graded value becomes a payload of this many bits beside its sign: all that 8-bit data have. */
const payloadBits = 8;

/**
 * Compile a network for a target.
 *
 * @throws COMPILE_ codes for what the chip cannot do; a network that is too large compiles, and `fit` says so
 */
export function compile(network: DiscreteNetwork, chip: Target, options: CompileOptions = {}): Program {
  return compileWithExact(network, chip, options).program;
}

/** A program, and what its integers would be if nothing had been rounded. */
export interface CompiledExactly {
  readonly program: Program;
  /** Works the numbers out: on chips that run in timesteps. They are as large as the program's weights in float64. */
  readonly exact: () => RealValues;
}

/**
 * Compile a network for a target, and keep what leads back to its floats.
 *
 * @throws as `compile`
 */
export function compileWithExact(
  network: DiscreteNetwork,
  chip: Target,
  options: CompileOptions = {},
): CompiledExactly {
  const recipe = recipeOf(chip, options.recipe);
  const settings = readSettings(chip, options.settings ?? {});
  const target = withWidths(chip, settings);
  const circuit = findCircuit(network);
  const alignment = align(circuit, target, options.approximate?.includes("delays"));
  const inputs = circuit.inputs.map(({ name, outputShape }): ProgramInput => {
    return inputOf(name, outputShape, options.inputs?.[name] ?? { kind: "spikes", limit: 1 }, target);
  });
  const { calibration } = options;
  if (calibration !== undefined) {
    if (recipe !== null)
      throw mistake("COMPILE_CALIBRATION", { what: `the recipe ${options.recipe} rounds by itself` });
    checkCalibration(network, calibration);
  }
  if (target.events !== null && options.mapping !== undefined) {
    throw mistake("MAPPING_ADDRESSES", { target: target.name });
  }
  const compiler = new Compiler(target, recipe, settings, circuit, alignment, inputs, options);
  const populations = compiler.populations();
  const { projections, decisions, warnings } = compiler;
  const program: Program = {
    format: "bitspike-program",
    version: 1,
    target,
    recipe: options.recipe ?? null,
    ...(calibration === undefined ? {} : { calibration: calibration.origin }),
    settings,
    inputs,
    populations,
    projections,
    outputs: circuit.outputs,
    latency: Math.max(...populations.map(({ offset }) => offset)),
    decisions,
    warnings: [...alignment.warnings, ...inputs.flatMap((input) => cutEvents(input, target)), ...warnings],
    fit: placeOnCores(
      target,
      { inputs, populations, projections },
      { rates: calibration === undefined ? undefined : ratesOf(calibration), mapping: options.mapping },
    ),
  };
  if (target.events !== null) {
    const placed = placeOnAddresses(program, options);
    return { program: { ...placed, proofs: proveEvents(placed) }, exact: () => compiler.exact() };
  }
  const signed = inputs.filter(({ name }) => options.inputs?.[name]?.signed === true);
  const proofs = prove(program, new Set(signed.map(({ name }) => name)));
  return { program: { ...program, proofs }, exact: () => compiler.exact() };
}

function recipeOf(target: Target, name: string | undefined): RecipeSpec | null {
  if (name === undefined) return null;
  const recipe = target.recipes[name];
  if (recipe !== undefined) return recipe;
  const known = Object.keys(target.recipes).join(", ") || "none";
  throw mistake("COMPILE_RECIPE", { recipe: name, target: target.name, known });
}

/** Chip-wide options as numbers: what is asked for, else the target's defaults. @throws COMPILE_SETTING */
export function readSettings(target: Target, asked: Readonly<Record<string, number | string>>): Record<string, number> {
  const settings: Record<string, number> = {};
  for (const [name, spec] of Object.entries(target.settings)) settings[name] = spec.default ?? spec.low;
  for (const [name, value] of Object.entries(asked)) {
    const spec = target.settings[name];
    const known = Object.keys(target.settings).join(", ") || "none";
    if (spec === undefined) throw mistake("COMPILE_SETTING", { setting: name, target: target.name, known });
    const number = spec.words?.includes(String(value)) === true ? spec.words.indexOf(String(value)) : Number(value);
    if (!Number.isInteger(number) || number < spec.low || number > spec.high) {
      const allowed = spec.words?.join(", ") ?? `${spec.low}..${spec.high}`;
      throw mistake("COMPILE_SETTING_VALUE", { setting: name, value, allowed });
    }
    settings[name] = number;
  }
  return settings;
}

function inputOf(name: string, shape: readonly number[], { kind, limit }: InputUse, target: Target): ProgramInput {
  if (kind === "spikes") return { name, shape, payloadScale: null, payloadLimit: Math.max(1, limit) };
  if (target.delivery.payloadBits === 0) throw mistake("COMPILE_GRADED", { target: target.name }, { node: name });
  const bits = Math.min(payloadBits, target.delivery.payloadBits);
  const payloadLimit = 2 ** bits - 1;
  return { name, shape, payloadScale: limit > 0 ? payloadLimit / limit : 1, payloadLimit };
}

/** How the integers of a population are derived. */
interface Chosen {
  readonly candidates: readonly Candidate[];
  readonly format: WeightFormat;
  readonly choice: ScaleChoice;
  /** What the recipe worked out beside the scale. */
  readonly numbers: Quantities;
}

/** A chip that takes fewer events of a channel in one timestep than the data have drops some. */
function cutEvents({ name, payloadScale, payloadLimit }: ProgramInput, { delivery }: Target): Warning[] {
  const most = delivery.atMost?.inputs;
  if (most === undefined || payloadScale !== null || payloadLimit <= most) return [];
  const message = `${name} sends up to ${payloadLimit} events per channel in a timestep; the chip takes ${most} and drops the others.`;
  return [{ code: "COMPILE_EVENTS_DROPPED", message, place: { node: name } }];
}

/** Works through the populations in order and gathers projections, decisions and warnings. */
class Compiler {
  readonly projections: ProgramProjection[] = [];
  readonly decisions: Decision[] = [];
  readonly warnings: Warning[] = [];
  private readonly target: Target;
  private readonly recipe: RecipeSpec | null;
  private readonly settings: Readonly<Record<string, number>>;
  private readonly circuit: Circuit;
  private readonly alignment: Alignment;
  private readonly inputs: ReadonlyMap<string, ProgramInput>;
  private readonly uses: Readonly<Record<string, InputUse>>;
  private readonly calibration: Calibration | null;
  private readonly approximate: readonly Approximation[];
  private readonly datapaths: readonly NamedDatapath[];
  /** What rounding began with, by population and by projection, for whoever asks. */
  private readonly exactPopulations = new Map<string, () => ExactPopulation>();
  private readonly exactWeights = new Map<string, () => Float64Array>();

  constructor(
    target: Target,
    recipe: RecipeSpec | null,
    settings: Readonly<Record<string, number>>,
    circuit: Circuit,
    alignment: Alignment,
    inputs: readonly ProgramInput[],
    { inputs: uses = {}, calibration, approximate = [] }: CompileOptions,
  ) {
    this.target = target;
    this.recipe = recipe;
    this.settings = settings;
    this.circuit = circuit;
    this.alignment = alignment;
    this.inputs = new Map(inputs.map((input) => [input.name, input]));
    this.uses = uses;
    this.calibration = calibration ?? null;
    this.approximate = approximate;
    this.datapaths = Object.entries(target.datapaths).map(([name, spec]) => {
      return { name, datapath: datapathOf(target, spec) };
    });
  }

  /** Everything that was rounded, as it was before. */
  exact(): RealValues {
    const populations = [...this.exactPopulations].map(([name, make]) => [name, make()] as const);
    return {
      parameters: new Map(populations.map(([name, { parameters }]) => [name, parameters])),
      initial: new Map(populations.map(([name, { initial }]) => [name, initial])),
      weights: new Map([...this.exactWeights].map(([name, make]) => [name, make()])),
    };
  }

  /** All of them. @throws every reason why the chip cannot run one, together */
  populations(): ProgramPopulation[] {
    const mistakes: BitspikeError[] = [];
    const lacking = new Map<string, { missing: readonly Need[]; nodes: string[] }>();
    const all = this.circuit.populations.flatMap((node) => {
      const exact = quantitiesOf(node, this.circuit.bias.get(node.name)!);
      const { missing: lacks, ...chosen } = this.chooseDatapath(node, exact);
      const accepted = lacks.filter((need): need is Replaceable => mayApproximate(need, this.approximate));
      const missing = lacks.filter((need) => !mayApproximate(need, this.approximate));
      const quantities = approximated(exact, accepted);
      this.warnings.push(...accepted.map((need) => approximationWarning(node.name, need)));
      const known = lacking.get(missing.join());
      if (known !== undefined) known.nodes.push(node.name);
      else if (missing.length > 0) lacking.set(missing.join(), { missing, nodes: [node.name] });
      // Weights may be refused as well, which is told at once.
      if (missing.length > 0 && this.target.weights.axonTypes === undefined) return [];
      try {
        return [this.population(node, quantities, chosen)];
      } catch (error) {
        if (!(error instanceof BitspikeError)) throw error;
        mistakes.push(error);
        return [];
      }
    });
    const refused = [...lacking.values()].map((one) => unsupported(this.target.name, one.missing, one.nodes));
    throwTogether([...refused, ...mistakes], this.target.name);
    return all;
  }

  private population(
    node: PopulationNode,
    own: PopulationQuantities,
    { name: datapathName, datapath }: NamedDatapath,
  ): ProgramPopulation {
    const quantities = this.recipe === null ? withCharge(datapath, own, this.settings) : own;
    const paths = this.pathsInto(node.name);
    const { candidates, format, choice, numbers } = this.choose(datapath, quantities, paths);
    if (!choice.scales.every((scale) => scale > 0 && Number.isFinite(scale))) {
      throw mistake("COMPILE_NO_SCALE", { population: node.name, target: this.target.name }, { node: node.name });
    }
    for (const [index, path] of paths.entries()) {
      const one = candidates[index]!;
      this.addProjection(path, node, one, choice, datapath, format);
    }
    // Bounds count one spike of a neuron per timestep, as the network has it.
    const repeats =
      this.target.events !== null || this.datapaths.some((one) => one.datapath.spec.fires === "repeatedly");
    const proved = choice.proved && !(repeats && paths.some(({ from }) => !this.inputs.has(from)));
    if (!proved && this.recipe === null) this.warnings.push(unproved(node.name));
    this.warnings.push(...semanticWarnings(node, datapath.spec.fires === "repeatedly"));
    const known = { settings: this.settings, numbers };
    const encoded = encodePopulation(node.name, datapath, this.recipe, quantities, choice.scales, known);
    this.exactPopulations.set(node.name, () => {
      return exactPopulation(node.name, datapath, this.recipe, quantities, choice.scales, known);
    });
    this.warnings.push(...decayWarnings(node.name, datapath, encoded.parameters, quantities, this.settings));
    this.decisions.push(...encoded.decisions);
    this.warnings.push(...encoded.warnings);
    const population: ProgramPopulation = {
      name: node.name,
      shape: node.outputShape,
      neurons: sizeOf(node.outputShape),
      datapath: datapathName,
      parameters: encoded.parameters,
      initial: encoded.initial,
      offset: this.alignment.offsets.get(node.name)!,
      scale: choice.scales,
      origin: quantities.origin.some((value) => value !== 0) ? quantities.origin : null,
    };
    this.refuseWeights(population);
    return population;
  }

  /** A chip whose axons have types keeps few weights per neuron. */
  private refuseWeights(population: ProgramPopulation): void {
    const types = this.target.weights.axonTypes?.value;
    if (types === undefined) return;
    const own = this.projections.filter(({ to }) => to === population.name);
    const { neuron, count } = mostWeights(population, own);
    if (count <= types) return;
    const facts = { population: population.name, neuron, count, types, target: this.target.name };
    throw mistake("COMPILE_AXON_TYPES", facts, { node: population.name });
  }

  /** Scale and constants of all projections into a population: those of the recipe, else our own choice. */
  private choose(datapath: Datapath, quantities: PopulationQuantities, paths: readonly Path[]): Chosen {
    const { target, recipe, settings } = this;
    const found = paths.map((path) => this.candidate(path, datapath, quantities));
    const fixed = recipeNumbers(
      recipe,
      quantities,
      found.map(({ synapses }) => synapses),
    );
    const numbers = fixed?.numbers ?? {};
    const candidates = found.map((one): Candidate => {
      const constants = recipeConstants(recipe, datapath.spec, one.synapses, numbers);
      const exponent = one.exponent !== null && one.exponent.name in constants ? null : one.exponent;
      return { ...one, constants: { ...one.constants, ...constants }, exponent };
    });
    const format = new WeightFormat(target, datapath, recipe, settings, numbers);
    if (fixed !== null) return { candidates, format, choice: fixedScale(fixed.scale, candidates, format), numbers };
    const chooser = new Chooser(datapath, recipe, quantities, candidates, format);
    const usual = chooseScale(chooser);
    if (recipe !== null) return { candidates, format, choice: usual, numbers };
    const choice = scalesMayDiffer(datapath) ? scalesByNeuron(chooser, usual) : withExactScale(chooser, usual);
    return { candidates, format, choice, numbers };
  }

  /** The first datapath whose parameters can say everything that a population needs, or most, and what it lacks. */
  private chooseDatapath(
    node: PopulationNode,
    quantities: PopulationQuantities,
  ): NamedDatapath & { readonly missing: readonly Need[] } {
    const needs = needsOf(quantities);
    const { datapaths, warnings } = datapathsFor(node.name, this.circuit, this.datapaths);
    this.warnings.push(...warnings);
    const choices = datapaths.map((one) => {
      return { ...one, missing: needs.filter((quantity) => !provides(one.datapath, this.recipe, quantity)) };
    });
    return choices.toSorted((first, second) => first.missing.length - second.missing.length)[0]!;
  }

  /** Inputs first where the chip delivers so. */
  private pathsInto(population: string): readonly Path[] {
    const paths = this.circuit.paths.filter(({ to }) => to === population);
    if (this.target.delivery.order !== "inputs-first") return paths;
    return [
      ...paths.filter(({ from }) => this.inputs.has(from)),
      ...paths.filter(({ from }) => !this.inputs.has(from)),
    ];
  }

  private candidate(path: Path, datapath: Datapath, { gain }: PopulationQuantities): Candidate {
    const source = this.inputs.get(path.from);
    const from = source === undefined ? this.sizeOfPopulation(path.from) : sizeOf(source.shape);
    const synapses = withGain(composeSynapses(path.nodes, from, gain.length), gain);
    const largest = synapses.weight.reduce((most, weight) => Math.max(most, weight), 0);
    const smallest = synapses.weight.reduce((least, weight) => Math.min(least, weight), 0);
    const graded = source !== undefined && (source.payloadScale !== null || source.payloadLimit > 1);
    return {
      name: this.nameOf(path),
      synapses,
      reach: Math.min(this.uses[path.from]?.limit ?? 1, this.target.delivery.atMost?.inputs ?? Infinity),
      bothSigns: this.uses[path.from]?.signed ?? false,
      payloadScale: source?.payloadScale ?? 1,
      constants: this.constants(datapath, graded, largest, smallest),
      exponent: exponentOf(datapath),
      largest,
      smallest,
    };
  }

  private constants(datapath: Datapath, graded: boolean, largest: number, smallest: number): Record<string, number> {
    const constants: Record<string, number> = {};
    for (const [name, spec] of Object.entries(datapath.spec.projection)) {
      if (spec.chosen === "graded") constants[name] = Number(graded);
      else if (spec.chosen === "signs") {
        const word = smallest >= 0 ? "excitatory" : largest <= 0 ? "inhibitory" : "mixed";
        constants[name] = Math.max(0, spec.words?.indexOf(word) ?? 0);
      } else if (spec.chosen !== "exponent") constants[name] = spec.default ?? spec.low;
    }
    return constants;
  }

  private addProjection(
    path: Path,
    node: PopulationNode,
    one: Candidate,
    { scales, exponents }: ScaleChoice,
    datapath: Datapath,
    format: WeightFormat,
  ): void {
    const constants = withExponent(one, exponents);
    const note = describe(scales, one, exponents.get(one.name));
    const moments = this.calibration && momentsOf(path, one.synapses, node, this.calibration);
    const lsbs = scales.map((scale) => scale / one.payloadScale);
    const { synapses, decision } = format.quantize(one.name, one.synapses, lsbs, constants, note, moments);
    this.decisions.push(decision);
    this.exactWeights.set(one.name, () => format.unrounded(one.synapses, lsbs, constants));
    this.projections.push({
      name: one.name,
      from: path.from,
      to: path.to,
      arrivesAfter: this.alignment.arrivals.get(path)!,
      parameters: constants,
      accumulator: datapath.spec.inputs[0]!,
      synapses,
    });
  }

  private sizeOfPopulation(name: string): number {
    return sizeOf(this.circuit.populations.find((node) => node.name === name)!.outputShape);
  }

  /** The names of the weighted nodes on the way, else the source; numbered where two ways are alike. */
  private nameOf(path: Path): string {
    const alike = this.circuit.paths.filter((other) => weightNames(other) === weightNames(path));
    const name = weightNames(path);
    return alike.length > 1 ? `${name}#${alike.indexOf(path) + 1}` : name;
  }
}

/** Names of the weighted nodes on a way, or of its source. */
function weightNames({ nodes, from }: Path): string {
  return nodes.flatMap((node) => ("weight" in node ? [node.name] : [])).join("+") || from;
}

function exponentOf(datapath: Datapath): Candidate["exponent"] {
  const found = Object.entries(datapath.spec.projection).find(([, spec]) => spec.chosen === "exponent");
  if (found === undefined) return null;
  const [name, spec] = found;
  const { low, high } = spec.documented ?? spec;
  return { name, values: Array.from({ length: high - low + 1 }, (_, i) => low + i) };
}

function describe(scales: Float64Array, one: Candidate, exponent: number | undefined): string {
  const ends = [scales.reduce((a, b) => Math.min(a, b)), scales.reduce((a, b) => Math.max(a, b))];
  const parts = [`${[...new Set(ends.map((scale) => scale.toPrecision(6)))].join(" to ")} LSBs per unit`];
  if (exponent !== undefined) parts.push(`exponent ${exponent}`);
  if (one.payloadScale !== 1) parts.push(`payload ${one.payloadScale.toPrecision(4)} per unit`);
  return parts.join(", ");
}

function unproved(population: string): Warning {
  const message =
    `${population}: a long row of worst-case input could drive a register to the end of its range. ` +
    "A scale that rules this out would leave threshold or weights too coarse, or there is none.";
  return { code: "COMPILE_MAY_SATURATE", message, place: { node: population } };
}

/** One mistake as it is, several as one that holds them. */
function throwTogether(mistakes: readonly BitspikeError[], target: string): void {
  const [first, ...others] = mistakes;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw mistake("COMPILE_MISTAKES", { target, count: mistakes.length }, {}, { issues: mistakes });
}

/** Multiply the weights into each neuron with its gain. */
function withGain(synapses: FloatSynapses, gain: Float64Array): FloatSynapses {
  const common = gain.every((value) => value === gain[0]) ? gain[0]! : null;
  if (common === 1) return synapses;
  if (common !== null) return { ...synapses, weight: synapses.weight.map((weight) => weight * common) };
  if (synapses.kind === "dense") {
    return { ...synapses, weight: synapses.weight.map((weight, i) => weight * gain[i % synapses.to]!) };
  }
  const list = synapses.kind === "conv2d" ? listed(synapses) : synapses;
  const scaled = { ...list, weight: list.weight.map((weight, i) => weight * gain[list.target[i]!]!) };
  return scaled.weight.length === scaled.from * scaled.to ? filled(scaled) : scaled;
}
