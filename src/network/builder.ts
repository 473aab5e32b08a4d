/**
 * Networks written down layer by layer, in snnTorch's words: parts are put one behind the other, beside each other or in
 * a loop, and `sequential` makes the network of them.
 */

import { mistake } from "../errors.ts";
import { createNetwork } from "./create.ts";
import type { DraftEdge, DraftInput, DraftLeaf, DraftNode, DraftOutput, DraftPool, Extent } from "./draft.ts";
import { drawn, floats, tensorFrom, type TensorLike } from "./initialize.ts";
import { checkShape } from "./parameters.ts";
import * as snntorch from "./snntorch.ts";
import type { Floats, Network, Shape, Tensor } from "./types.ts";

/** A piece of a network with one way in and one way out, made by the functions of this file. It may be used once or often. */
export interface Part {
  /** Whether it begins with inputs alone, so that nothing can lead into it. */
  readonly begins: boolean;
  /**
   * Add its nodes and edges to `site`.
   *
   * @param from nodes whose outputs arrive, summed
   * @param name what it is called; null: by its kind and a number
   * @returns nodes whose outputs leave, summed
   */
  readonly place: (site: Site, from: Ends, name: string | null) => Ends;
}

type Ends = readonly string[];

/** Where parts are put: the nodes and edges so far, and the names that are taken. */
class Site {
  readonly nodes: DraftNode[] = [];
  edges: DraftEdge[] = [];
  private prefix = "";
  private readonly counts = new Map<string, number>();

  /** `fc1`, `fc2`, ..; with `bare` the first of its kind has no number. */
  nameOf(kind: string, bare: boolean = false): string {
    const key = this.prefix + kind;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return bare && count === 1 ? key : `${key}${count}`;
  }

  /** Name of a part that the user named. */
  named(name: string): string {
    return this.prefix + name;
  }

  /** Put parts in place whose names all begin with `name.`. */
  within<T>(name: string | null, place: () => T): T {
    const outer = this.prefix;
    if (name !== null) this.prefix = `${outer}${name}.`;
    const result = place();
    this.prefix = outer;
    return result;
  }

  add(node: DraftNode, from: Ends): Ends {
    this.nodes.push(node);
    this.edges.push(...from.map((end) => [end, node.name] as const));
    return [node.name];
  }

  /** Two nodes are joined by one edge only, so a value that arrives a second time takes a way of its own. */
  singleEdges(): DraftEdge[] {
    const seen = new Set<string>();
    return this.edges.flatMap(([from, to]) => {
      const key = JSON.stringify([from, to]);
      if (!seen.has(key)) return seen.add(key) && [[from, to] as const];
      const [way = ""] = this.add(wayThrough(this.nameOf("way")), []);
      return [[from, way] as const, [way, to] as const];
    });
  }
}

/**
 * Make a network of parts, one behind the other. Where the last one is no `output`, an Output called `output` ends it.
 * Layers without a name are called `fc1`, `conv1`, `lif1` and so on, as a state dict of snnTorch's tutorials calls them.
 *
 * @throws BUILDER_INPUT, what the parts throw, and what `createNetwork` throws
 */
export function sequential(...parts: readonly Part[]): Network {
  const site = new Site();
  const ends = chain(...parts).place(site, [], null);
  const outputs = new Set(site.nodes.flatMap(({ kind, name }) => (kind === "output" ? [name] : [])));
  const shown = new Set(site.edges.flatMap(([from, to]) => (outputs.has(to) ? [from] : [])));
  if (!ends.every((end) => shown.has(end))) output().place(site, ends, null);
  const edges = site.singleEdges();
  return createNetwork(site.nodes, edges).network;
}

/** Parts one behind the other, as one part; with no parts, a way through that changes nothing. @throws BUILDER_INPUT */
export function chain(...parts: readonly Part[]): Part {
  if (parts.slice(1).some(({ begins }) => begins)) throw mistake("BUILDER_INPUT", {});
  return {
    begins: parts[0]?.begins ?? false,
    place: (site, from, name) =>
      site.within(name, () => parts.reduce<Ends>((ends, part) => part.place(site, ends, null), from)),
  };
}

/**
 * Parts beside each other: what arrives goes into each, and what leaves them is summed. A branch may begin with an input
 * of its own; `chain()` as a branch hands on what arrives, for a residual.
 */
export function sum(...branches: readonly Part[]): Part {
  return {
    begins: branches.length > 0 && branches.every(({ begins }) => begins),
    place: (site, from, name) =>
      site.within(name, () => {
        const ends: string[] = [];
        for (const branch of branches) {
          ends.push(...branch.place(site, branch.begins ? [] : from, null));
        }
        return ends;
      }),
  };
}

/** A loop: what leaves `forward` also goes through `back` and into `forward` again, one timestep later. */
export function loop(forward: Part, back: Part): Part {
  return {
    begins: false,
    place: (site, from, name) =>
      site.within(name, () => {
        // Stands for what comes back, until that is in place.
        const slot = `\0${site.nodes.length}`;
        const ends = forward.place(site, [...from, slot], null);
        const returning = back.place(site, ends, null);
        const filled = (end: string): Ends => (end === slot ? returning.filter((other) => other !== slot) : [end]);
        site.edges = site.edges.flatMap(([start, to]) => filled(start).map((end) => [end, to] as const));
        return ends.flatMap(filled);
      }),
  };
}

/** The same part under a name: the node's own, or `name.` before the names of what is in it. */
export function named(name: string, part: Part): Part {
  return { begins: part.begins, place: (site, from) => part.place(site, from, name) };
}

/** Where data come in, frames of `shape` without batch and time; called `input`. */
export function input(shape: Shape): Part {
  return leaf("input", (name): DraftInput => ({ kind: "input", name, shape }));
}

/** Where results go out; called `output`. What arrives goes on as well, so it may stand in the middle. */
export function output(): Part {
  const end = leaf("output", (name): DraftOutput => ({ kind: "output", name, shape: null }));
  return { begins: false, place: (site, from, name) => (end.place(site, from, name), from) };
}

/** Weights and biases of a layer; what is not given is drawn as PyTorch draws it, by other random numbers. */
export interface WeightOptions {
  /** Row-major, in the shape that the layer says. */
  readonly weight?: ArrayLike<number> | undefined;
  /** [out]; true (when missing): one is drawn, false: none. */
  readonly bias?: ArrayLike<number> | boolean | undefined;
  /** 0 when missing. What is drawn depends on it and on the name of the layer alone. */
  readonly seed?: number | undefined;
}

/**
 * y = W x + b, called `fc1` and so on. The weights [out][in] are given as rows, as an array with its shape, or as a plain
 * array, which has as many rows as there are biases; or the layer is described by its sizes.
 *
 * @throws NETWORK_SHAPE_INVALID, NETWORK_PARAMETER_SHAPE
 */
export function linear(weight: TensorLike, bias?: ArrayLike<number> | TensorLike | null): Part;
export function linear(weight: Floats, bias: ArrayLike<number> | TensorLike): Part;
export function linear(inFeatures: number, outFeatures: number, options?: WeightOptions): Part;
export function linear(
  first: TensorLike | Floats | number,
  second?: number | ArrayLike<number> | TensorLike | null,
  options: WeightOptions = {},
): Part {
  return leaf("fc", (name) => {
    if (typeof first === "number") {
      return { kind: "dense", name, ...weights(name, [Number(second), first], options) };
    }
    const bias = second === undefined || second === null || typeof second === "number" ? null : vector(second);
    const rows = bias?.data.length ?? 1;
    const weight = ArrayBuffer.isView(first) ? { shape: [rows, Math.floor(first.length / rows)], data: first } : first;
    return { kind: "dense", name, weight: tensorFrom(weight, name, "weight"), bias };
  });
}

export interface Conv1dOptions extends WeightOptions {
  readonly stride?: number | undefined;
  /** Zeros on both sides, or `same`, or `valid`; 0 when missing. */
  readonly padding?: Extent | "same" | "valid" | undefined;
  readonly dilation?: number | undefined;
  readonly groups?: number | undefined;
}
export interface Conv2dOptions extends Omit<Conv1dOptions, "stride" | "dilation"> {
  readonly stride?: Extent | undefined;
  readonly dilation?: Extent | undefined;
}

/** Cross-correlation over one axis, called `conv1`; weight [out][in / groups][kernel]. @throws NETWORK_SHAPE_INVALID */
export function conv1d(inChannels: number, outChannels: number, kernel: number, options: Conv1dOptions = {}): Part {
  return conv("conv1d", inChannels, outChannels, [kernel], options);
}

/**
 * Cross-correlation over two axes, called `conv1`; weight [out][in / groups][height][width].
 *
 * @throws NETWORK_SHAPE_INVALID
 */
export function conv2d(inChannels: number, outChannels: number, kernel: Extent, options: Conv2dOptions = {}): Part {
  const [height = 1, width = height] = typeof kernel === "number" ? [kernel] : kernel;
  return conv("conv2d", inChannels, outChannels, [height, width], options);
}

function conv(
  kind: "conv1d" | "conv2d",
  inChannels: number,
  outChannels: number,
  kernel: Shape,
  options: Conv2dOptions,
): Part {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return leaf("conv", (name) => {
    const shape = [outChannels, Math.floor(inChannels / groups), ...kernel];
    return { kind, name, ...weights(name, shape, options), stride, padding, dilation, groups, inputSize: null };
  });
}

export interface PoolOptions {
  /** The kernel when missing. */
  readonly stride?: Extent | undefined;
  readonly padding?: Extent | undefined;
}

/** Sums over windows, called `pool1`. */
export function sumPool2d(kernel: Extent, options: PoolOptions = {}): Part {
  return pool("sumPool2d", kernel, options);
}

/** Means over windows, padded zeros counted; called `pool1`. */
export function avgPool2d(kernel: Extent, options: PoolOptions = {}): Part {
  return pool("avgPool2d", kernel, options);
}

function pool(kind: DraftPool["kind"], kernel: Extent, { stride = kernel, padding = 0 }: PoolOptions): Part {
  return leaf("pool", (name) => ({ kind, name, kernel, stride, padding }));
}

/** All axes become one; called `flatten1`. */
export function flatten(): Part {
  return leaf("flatten", (name) => ({ kind: "flatten", name, startDim: 0, endDim: -1, inputShape: null }));
}

/** Product with one value, or one per element; called `scale1`. */
export function scale(values: snntorch.Values): Part {
  return leaf("scale", (name) => ({ kind: "scale", name, scale: snntorch.tensorOf(values) }));
}

/** What arrives leaves so many timesteps later, one number or one per element; called `delay1`. */
export function delay(steps: snntorch.Values): Part {
  return leaf("delay", (name) => ({ kind: "stepDelay", name, steps: snntorch.tensorOf(steps) }));
}

type Unnamed<Draft> = Draft extends DraftLeaf ? Omit<Draft, "name"> : never;

/** Any other node that `createNetwork` knows, such as NIR's neurons; called by its kind and a number. */
export function layer(draft: Unnamed<Exclude<DraftLeaf, DraftInput | DraftOutput>>): Part {
  return leaf(draft.kind, (name) => ({ ...draft, name }) as DraftLeaf);
}

/** Leaky integrate-and-fire, called `lif1` as all neurons are. @throws NEURON_RESET */
export function leaky(options: snntorch.LeakyOptions): Part {
  return leaf("lif", (name) => snntorch.leaky(name, options));
}

/** Leaky with a synaptic current in front. @throws NEURON_RESET */
export function synaptic(options: snntorch.SynapticOptions): Part {
  return leaf("lif", (name) => snntorch.synaptic(name, options));
}

/** Leaky by resistance and capacitance. @throws NEURON_LAPICQUE, NEURON_RESET */
export function lapicque(options: snntorch.LapicqueOptions): Part {
  return leaf("lif", (name) => snntorch.lapicque(name, options));
}

/** Membrane as the difference of two exponentials. @throws NEURON_ALPHA, NEURON_RESET */
export function alpha(options: snntorch.AlphaOptions): Part {
  return leaf("lif", (name) => snntorch.alpha(name, options));
}

/** Where recurrent weights are drawn. */
export interface RecurrentSeed {
  /** For weights that are not given; 0 when missing. */
  readonly seed?: number | undefined;
}

/** Leaky whose spikes come back one timestep later, by `lif1.recurrent`. @throws NEURON_RECURRENCE, NEURON_RESET */
export function rLeaky(options: snntorch.RLeakyOptions & RecurrentSeed): Part {
  return recurrent((name, own) => snntorch.rLeaky(name, { ...options, ...own }), options);
}

/** Synaptic whose spikes come back one timestep later, by `lif1.recurrent`. @throws NEURON_RECURRENCE, NEURON_RESET */
export function rSynaptic(options: snntorch.RSynapticOptions & RecurrentSeed): Part {
  return recurrent((name, own) => snntorch.rSynaptic(name, { ...options, ...own }), options);
}

type Recurrence = Pick<snntorch.RecurrenceOptions, "weight" | "bias">;

function recurrent(
  make: (name: string, own: Recurrence) => snntorch.NetworkPart,
  options: snntorch.RecurrenceOptions & RecurrentSeed,
): Part {
  return {
    begins: false,
    place: (site, from, given) => {
      const name = given === null ? site.nameOf("lif") : site.named(given);
      const { nodes, edges } = make(name, drawnRecurrence(`${name}.recurrent`, options));
      site.nodes.push(...nodes);
      site.edges.push(...from.map((end) => [end, name] as const), ...edges);
      return [name];
    },
  };
}

/** Weights of a recurrence whose size is known and whose weights are not given; snnTorch gives it a bias. */
function drawnRecurrence(name: string, options: snntorch.RecurrenceOptions & RecurrentSeed): Recurrence {
  const { weight, bias, allToAll = true, linearFeatures, conv2dChannels, kernelSize } = options;
  const size = linearFeatures ?? conv2dChannels;
  if (weight !== undefined || !allToAll || size === undefined) return {};
  if (linearFeatures === undefined && kernelSize === undefined) return {};
  const kernel = linearFeatures === undefined ? [kernelSize ?? 1].flat() : [];
  const area = kernel.length === 1 ? [...kernel, ...kernel] : kernel;
  const own = weights(name, [size, size, ...area], { bias: bias !== null, seed: options.seed });
  return bias === undefined ? own : { weight: own.weight };
}

/** A part of one node; `kind` begins its name. */
function leaf(kind: string, make: (name: string) => DraftLeaf): Part {
  const isEnd = kind === "input" || kind === "output";
  return {
    begins: kind === "input",
    place: (site, from, name) => site.add(make(name === null ? site.nameOf(kind, isEnd) : site.named(name)), from),
  };
}

function wayThrough(name: string): DraftLeaf {
  return { kind: "flatten", name, startDim: 0, endDim: 0, inputShape: null };
}

function weights(
  name: string,
  shape: Shape,
  { weight, bias = true, seed = 0 }: WeightOptions,
): { readonly weight: Tensor; readonly bias: Tensor | null } {
  checkShape(shape, "weight", name);
  const [out = 0, ...fanIn] = shape;
  const bound = 1 / Math.sqrt(fanIn.reduce((product, size) => product * size, 1));
  const values = weight === undefined ? drawn({ seed, name, part: 0 }, shape, bound).data : floats(weight);
  const own = bias === true ? drawn({ seed, name, part: 1 }, [out], bound) : bias === false ? null : vector(bias);
  return { weight: { shape, data: values }, bias: own };
}

function vector(values: ArrayLike<number> | TensorLike): Tensor {
  if ("shape" in values) return { shape: values.shape, data: floats(values.data) };
  const data = floats(values as ArrayLike<number>);
  return { shape: [data.length], data };
}
