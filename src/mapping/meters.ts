/** What a core has of each resource, counted while neurons are put on it. */

import { openRows } from "../core/rows.ts";
import { sizeOf } from "../network/types.ts";
import type { Sourced, Target } from "../target/types.ts";
import { AxonUse } from "./axons.ts";
import { eachReach, sourcesIn } from "./reach.ts";
import { sourcesOf } from "./sources.ts";
import type { Mapped, MappedPopulation, MappedProjection, NeuronRange } from "./types.ts";

/** Bytes per unit in which targets give memory. */
const bytesPer: Readonly<Record<string, number>> = { B: 1, KB: 1000, KiB: 1024, MiB: 1024 * 1024 };

/** One resource of the core that is being filled. */
export interface Meter {
  /** `neurons`, `synapse memory`, .. */
  readonly name: string;
  /** In `unit`; Infinity where it is only counted. */
  readonly limit: number;
  readonly unit: "bits" | null;
  /** Where the limit comes from; null where there is none. */
  readonly basis: Sourced | null;
  readonly used: number;
  /** What `taken` and `added` mean from here on: neurons of this population. */
  begin(population: string): void;
  /** What one more neuron takes. */
  added(neuron: number): number;
  take(neuron: number): void;
  /** Go on with an empty core. */
  clear(): void;
}

/** All resources of a core. */
export class Meters {
  readonly all: readonly Meter[];
  readonly memory: MemoryMeter;
  /** Neurons on the core. */
  taken = 0;

  constructor(target: Target, mapped: Mapped) {
    this.memory = new MemoryMeter(target, mapped);
    const axons = axonMeter(target, mapped);
    this.all = [
      new CountMeter("neurons", target.core.neurons, mapped, () => true),
      ...Object.entries(target.core.kinds ?? {}).flatMap(([kind, { neurons }]) => {
        if (neurons === undefined) return [];
        return new CountMeter(`${kind} neurons`, neurons, mapped, ({ datapath }) => datapath === kind);
      }),
      this.memory,
      ...(axons === null ? [] : [axons]),
      ...Object.entries(target.core.constants ?? {}).map(([name, { of, most }]) => {
        return new ConstantsMeter(name, of, most, mapped);
      }),
    ];
  }

  begin(population: string): void {
    for (const meter of this.all) meter.begin(population);
  }

  /** The first resource that one more neuron takes too much of. */
  full(neuron: number): Meter | undefined {
    return this.all.find((meter) => meter.used + meter.added(neuron) > meter.limit);
  }

  take(neuron: number): void {
    this.taken++;
    for (const meter of this.all) meter.take(neuron);
  }

  clear(): void {
    this.taken = 0;
    for (const meter of this.all) meter.clear();
  }
}

/** Neurons, or those of one kind. */
class CountMeter implements Meter {
  readonly name: string;
  readonly limit: number;
  readonly unit = null;
  readonly basis: Sourced;
  used = 0;
  private one = 0;
  private readonly counted: ReadonlySet<string>;

  constructor(name: string, basis: Sourced, mapped: Mapped, counts: (population: MappedPopulation) => boolean) {
    this.name = name;
    this.basis = basis;
    this.limit = basis.value;
    this.counted = new Set(mapped.populations.filter(counts).map((population) => population.name));
  }

  begin(population: string): void {
    this.one = this.counted.has(population) ? 1 : 0;
  }

  added(): number {
    return this.one;
  }

  take(): void {
    this.used += this.one;
  }

  clear(): void {
    this.used = 0;
  }
}

/** Weights, each stored for its synapse; kernels once per population and core where the chip does so. */
export class MemoryMeter implements Meter {
  readonly name = "synapse memory";
  readonly limit: number;
  readonly unit = "bits";
  readonly basis: Sourced | null;
  used = 0;
  private readonly target: Target;
  private readonly mapped: Mapped;
  private readonly known = new Map<string, { readonly kernel: number; readonly bits: Uint32Array }>();
  private own: { readonly kernel: number; readonly bits: Uint32Array } | null = null;
  private current = "";
  /** Populations whose kernels are on the core. */
  private readonly stored = new Set<string>();

  constructor(target: Target, mapped: Mapped) {
    const { synapseMemory } = target.core;
    this.basis = synapseMemory ?? null;
    this.limit =
      synapseMemory === undefined ? Infinity : synapseMemory.value * bytesPer[synapseMemory.unit ?? "B"]! * 8;
    this.target = target;
    this.mapped = mapped;
  }

  begin(population: string): void {
    this.current = population;
    this.own = this.of(population);
  }

  added(neuron: number): number {
    return this.own!.bits[neuron]! + (this.stored.has(this.current) ? 0 : this.own!.kernel);
  }

  take(neuron: number): void {
    this.used += this.added(neuron);
    this.stored.add(this.current);
  }

  clear(): void {
    this.used = 0;
    this.stored.clear();
  }

  /** Bits that a population stores once per core, and for each of its neurons. */
  of(name: string): { readonly kernel: number; readonly bits: Uint32Array } {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const { weights } = this.target;
    const { neurons } = this.mapped.populations.find((one) => one.name === name)!;
    const incoming = this.mapped.projections.filter(({ to }) => to === name);
    const kernels = incoming.filter(({ synapses }) => weights.shared === true && synapses.kind === "conv2d");
    const others = incoming.filter((projection) => !kernels.includes(projection));
    const counted = {
      kernel: kernels.reduce((sum, { synapses }) => sum + synapses.weight.length * weights.bits, 0),
      bits: synapsesOnto(neurons, others, true).map((count) => count * weights.bits),
    };
    this.known.set(name, counted);
    return counted;
  }

  /** Bits of some neurons and of what they share. */
  bitsOf({ population, from, to }: NeuronRange): number {
    const { kernel, bits } = this.of(population);
    let sum = kernel;
    for (let neuron = from; neuron < to; neuron++) sum += bits[neuron]!;
    return sum;
  }
}

/** Synapses onto each neuron of a population, [neurons]. @param stored those with a weight of 0 too */
export function synapsesOnto(neurons: number, projections: readonly MappedProjection[], stored: boolean): Uint32Array {
  const counts = new Uint32Array(neurons);
  for (const { synapses } of projections) {
    const rows = openRows(synapses, neurons, 0, neurons);
    const sources = sourcesOf(synapses, neurons);
    for (let source = 0; source < sources; source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) {
        if (stored || rows.weight[i] !== 0) counts[rows.dense ? i - rows.begin : rows.target[i]!]! += 1;
      }
    }
  }
  return counts;
}

/** How many different settings the neurons of a core have. */
class ConstantsMeter implements Meter {
  readonly name: string;
  readonly limit: number;
  readonly unit = null;
  readonly basis: Sourced;
  private readonly of: readonly string[];
  private readonly mapped: Mapped;
  private readonly known = new Map<string, (neuron: number) => readonly string[]>();
  private readonly present = new Set<string>();
  private own: (neuron: number) => readonly string[] = () => [];

  constructor(name: string, of: readonly string[], basis: Sourced, mapped: Mapped) {
    this.name = name;
    this.of = of;
    this.basis = basis;
    this.limit = basis.value;
    this.mapped = mapped;
  }

  get used(): number {
    return this.present.size;
  }

  begin(population: string): void {
    const own = this.known.get(population) ?? this.settingsOf(population);
    this.known.set(population, own);
    this.own = own;
  }

  added(neuron: number): number {
    let more = 0;
    for (const one of this.own(neuron)) if (!this.present.has(one)) more++;
    return more;
  }

  take(neuron: number): void {
    for (const one of this.own(neuron)) this.present.add(one);
  }

  clear(): void {
    this.present.clear();
  }

  /** The settings that a neuron needs: one, or one for each kind of projection onto it. */
  private settingsOf(name: string): (neuron: number) => readonly string[] {
    const { parameters } = this.mapped.populations.find((one) => one.name === name)!;
    const incoming = this.mapped.projections.filter(({ to }) => to === name);
    const own = this.of.filter((key) => key in parameters);
    const ofWays = this.of.filter((key) => incoming.some((way) => key in way.parameters));
    if (own.length === 0 && ofWays.length === 0) return () => [];
    const suffixes =
      ofWays.length === 0
        ? [""]
        : [...new Set(incoming.map((way) => ofWays.map((key) => `${key} ${way.parameters[key]}`).join(",")))];
    const varying = own.filter((key) => parameters[key]!.length > 1);
    const fixed = own.filter((key) => parameters[key]!.length === 1).map((key) => `${key} ${parameters[key]![0]}`);
    const setting = (neuron: number): readonly string[] => {
      const text = [...fixed, ...varying.map((key) => `${key} ${parameters[key]![neuron]}`)].join(",");
      return suffixes.map((suffix) => `${text};${suffix}`);
    };
    if (varying.length > 0) return setting;
    const common = setting(0);
    return () => common;
  }
}

function axonMeter(target: Target, mapped: Mapped): Meter | null {
  const { axons } = target.core;
  const types = target.weights.axonTypes?.value;
  if (types !== undefined) return axons === undefined ? null : new TypedAxonMeter(axons, types, mapped);
  return axons === undefined ? null : new AxonMeter(axons, mapped);
}

/** Sources by the neuron that they reach: those of neuron n are source[start[n]] to source[start[n + 1] - 1]. */
interface Incoming {
  readonly start: Uint32Array;
  readonly source: Uint32Array;
}

/** One axon for each source that has a synapse on the core with a weight other than 0. */
class AxonMeter implements Meter {
  readonly name = "axons";
  readonly limit: number;
  readonly unit = null;
  readonly basis: Sourced;
  used = 0;
  private readonly mapped: Mapped;
  /** The first number of each source's. */
  private readonly first = new Map<string, number>();
  /** Which core a source was last seen on. */
  private readonly seen: Int32Array;
  private core = 0;
  private readonly known = new Map<string, Incoming>();
  private own: Incoming | null = null;

  constructor(basis: Sourced, mapped: Mapped) {
    this.basis = basis;
    this.limit = basis.value;
    this.mapped = mapped;
    let sources = 0;
    for (const { name, shape } of mapped.inputs) {
      this.first.set(name, sources);
      sources += sizeOf(shape);
    }
    for (const { name, neurons } of mapped.populations) {
      this.first.set(name, sources);
      sources += neurons;
    }
    this.seen = new Int32Array(sources).fill(-1);
  }

  begin(population: string): void {
    const own = this.known.get(population) ?? this.sourcesOnto(population);
    this.known.set(population, own);
    this.own = own;
  }

  added(neuron: number): number {
    const { start, source } = this.own!;
    let more = 0;
    for (let i = start[neuron]!; i < start[neuron + 1]!; i++) if (this.seen[source[i]!] !== this.core) more++;
    return more;
  }

  take(neuron: number): void {
    this.used += this.added(neuron);
    const { start, source } = this.own!;
    for (let i = start[neuron]!; i < start[neuron + 1]!; i++) this.seen[source[i]!] = this.core;
  }

  clear(): void {
    this.used = 0;
    this.core++;
  }

  /** The sources of each neuron, each once though several projections may lead from it. */
  private sourcesOnto(name: string): Incoming {
    const { neurons } = this.mapped.populations.find((one) => one.name === name)!;
    const start = new Uint32Array(neurons + 1);
    this.eachSource(name, neurons, (_, neuron) => void (start[neuron + 1]! += 1));
    for (let neuron = 0; neuron < neurons; neuron++) start[neuron + 1]! += start[neuron]!;
    const next = start.slice();
    const source = new Uint32Array(start[neurons]!);
    this.eachSource(name, neurons, (number, neuron) => {
      source[next[neuron]!] = number;
      next[neuron]! += 1;
    });
    return { start, source };
  }

  private eachSource(name: string, neurons: number, visit: (source: number, neuron: number) => void): void {
    const partOf = new Map([[name, Int32Array.from({ length: neurons }, (_, neuron) => neuron)]]);
    const onto = { ...this.mapped, projections: this.mapped.projections.filter(({ to }) => to === name) };
    for (const from of sourcesIn(this.mapped)) {
      const first = this.first.get(from.name)!;
      eachReach(onto, from, partOf, neurons, false, (source, reached, count) => {
        for (let i = 0; i < count; i++) visit(first + source, reached[i]!);
      });
    }
  }
}

/** On chips whose axons have types: one for each source and type; see `AxonUse`. */
class TypedAxonMeter implements Meter {
  readonly name = "axons";
  readonly limit: number;
  readonly unit = null;
  readonly basis: Sourced;
  private readonly types: number;
  private readonly mapped: Mapped;
  private readonly known = new Map<string, AxonUse>();
  private own: AxonUse | null = null;

  constructor(basis: Sourced, types: number, mapped: Mapped) {
    this.basis = basis;
    this.limit = basis.value;
    this.types = types;
    this.mapped = mapped;
  }

  get used(): number {
    return [...this.known.values()].reduce((sum, { used }) => sum + used, 0);
  }

  begin(name: string): void {
    const own = this.known.get(name) ?? this.useOf(name);
    this.known.set(name, own);
    this.own = own;
  }

  added(neuron: number): number {
    return this.own!.added(neuron);
  }

  take(neuron: number): void {
    this.own!.take(neuron);
  }

  clear(): void {
    for (const use of this.known.values()) if (use.used > 0) use.nextCore();
  }

  private useOf(name: string): AxonUse {
    const population = this.mapped.populations.find((one) => one.name === name)!;
    const incoming = this.mapped.projections.filter(({ to }) => to === name);
    return new AxonUse(population, incoming, this.types, new Map());
  }
}
