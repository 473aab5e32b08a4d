/** Shapes of everything that travels along the edges: inferred from the Inputs and the parameters, checked at each edge. */

import { mistake, type Warning } from "../errors.ts";
import { shapeText, type DraftConv, type DraftFlatten, type DraftPool, type FlatNode } from "./draft.ts";
import type { FlatGraph } from "./flatten.ts";
import { attempt, type Findings } from "./findings.ts";
import { checkShape, elementShape, perAxis, sameShape } from "./parameters.ts";
import { sizeOf, type Padding, type Shape } from "./types.ts";

export interface NodeShapes {
  readonly input: Shape;
  readonly output: Shape;
}

/**
 * Shapes of what each node takes and gives. A shape comes from the node's own parameters where they say it (so that
 * loops resolve), otherwise from the first edge along which one arrives; then every edge is checked.
 *
 * @param graph nodes that passed `checkParameters`
 * @param findings receives mismatches, and warnings about shapes that were accepted although they differ
 */
export function inferShapes(graph: FlatGraph, findings: Findings): ReadonlyMap<string, NodeShapes> {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const next = new Map<string, string[]>(graph.nodes.map((node) => [node.name, []]));
  for (const [from, to] of graph.edges) next.get(from)?.push(to);
  const shapes = new Map<string, NodeShapes>();
  const settled = new Set<string>();
  const spread = (starts: readonly (readonly [FlatNode, Shape])[]): void => {
    const queue = [...starts];
    for (const [node, input] of queue) {
      if (settled.has(node.name)) continue;
      settled.add(node.name);
      const output = attempt(findings, () => outputShape(node, input));
      if (output === null) continue;
      shapes.set(node.name, { input, output });
      for (const to of next.get(node.name) ?? []) {
        const target = nodes.get(to);
        if (target !== undefined) queue.push([target, output]);
      }
    }
  };
  // All nodes that know their shape first, so that nothing else is assumed of them.
  spread(graph.nodes.flatMap((node) => withShape(node, ownShape(node))));
  for (const node of graph.nodes) if (!settled.has(node.name)) spread(withShape(node, shapeWithoutInput(node)));
  // Behind a node that failed nothing is known either, which is no mistake of its own.
  const unknown = findings.mistakes.length > 0 ? [] : graph.nodes.filter(({ name }) => !settled.has(name));
  for (const { name } of unknown) {
    findings.mistakes.push(mistake("NETWORK_SHAPE_UNKNOWN", { name }, { node: name }));
  }
  for (const [from, to] of graph.edges) {
    const [source, target, given, taken] = [nodes.get(from), nodes.get(to), shapes.get(from), shapes.get(to)];
    if (!source || !target || !given || !taken) continue;
    attempt(findings, () => checkEdge(source, target, given.output, taken.input, findings.warnings));
  }
  return shapes;
}

function withShape(node: FlatNode, shape: Shape | null): readonly (readonly [FlatNode, Shape])[] {
  return shape === null ? [] : [[node, shape]];
}

/** Padding of each axis of a convolution in numbers; `same` puts an odd zero after the axis, as PyTorch does. */
export function convPadding(node: DraftConv): readonly Padding[] {
  const axes = node.weight.shape.length - 2;
  if (node.padding === "valid") return Array.from({ length: axes }, () => [0, 0] as const);
  if (typeof node.padding !== "string") {
    return perAxis(node.padding, axes, 0, "padding", node.name).map((zeros) => [zeros, zeros] as const);
  }
  return perAxis(node.dilation, axes, 1, "dilation", node.name).map((dilation, axis) => {
    const zeros = dilation * ((node.weight.shape[axis + 2] ?? 1) - 1);
    return [Math.floor(zeros / 2), Math.ceil(zeros / 2)] as const;
  });
}

/** Input shape that a node's own parameters demand; null where it takes what arrives. */
function ownShape(node: FlatNode): Shape | null {
  switch (node.kind) {
    case "input":
      return node.shape;
    case "dense":
      return [node.weight.shape[1] ?? 0];
    case "conv1d":
    case "conv2d": {
      if (node.inputSize === null) return null;
      const axes = node.weight.shape.length - 2;
      return [inputChannels(node), ...perAxis(node.inputSize, axes, 1, "input_shape", node.name)];
    }
    case "flatten":
      return node.inputShape;
    case "output":
    case "port":
    case "sumPool2d":
    case "avgPool2d":
      return null;
    default:
      return elementShape(node).shape;
  }
}

/** What a node takes when no edge says it. */
function shapeWithoutInput(node: FlatNode): Shape | null {
  switch (node.kind) {
    case "output":
    case "port":
      return node.shape;
    case "neuron":
    case "population":
    case "scale":
    case "threshold":
    case "delay":
    case "stepDelay":
      return elementShape(node).alone;
    default:
      return null;
  }
}

function outputShape(node: FlatNode, input: Shape): Shape {
  switch (node.kind) {
    case "dense":
      return [node.weight.shape[0] ?? 0];
    case "conv1d":
    case "conv2d":
      return convOutput(node, input);
    case "sumPool2d":
    case "avgPool2d":
      return poolOutput(node, input);
    case "flatten":
      return flattenOutput(node, input);
    case "port":
      // What does not fit is reported once, where it arrives.
      return node.shape === null || sameLayout(node.shape, input) ? input : node.shape;
    default:
      return input;
  }
}

function inputChannels(node: DraftConv): number {
  return (node.weight.shape[1] ?? 0) * node.groups;
}

function convOutput(node: DraftConv, input: Shape): Shape {
  const axes = node.weight.shape.length - 2;
  const channels = inputChannels(node);
  const [given, ...sizes] = input;
  if (given !== channels || sizes.length !== axes) {
    const taken = `[${[channels, ...["height", "width"].slice(2 - axes)].join(", ")}]`;
    const advice = `Its weight ${shapeText(node.weight.shape)} with groups ${node.groups} takes ${channels} channels.`;
    throw arrival(node.name, input, axes === 1 ? taken.replace("width", "length") : taken, advice);
  }
  const stride = perAxis(node.stride, axes, 1, "stride", node.name);
  const dilation = perAxis(node.dilation, axes, 1, "dilation", node.name);
  const padding = convPadding(node);
  const kernel = node.weight.shape.slice(2).map((size, axis) => (dilation[axis] ?? 1) * (size - 1) + 1);
  return [node.weight.shape[0] ?? 0, ...windows(node.name, sizes, kernel, stride, padding)];
}

function poolOutput(node: DraftPool, input: Shape): Shape {
  const [channels, ...sizes] = input;
  if (channels === undefined || sizes.length !== 2) {
    throw arrival(node.name, input, "[channels, height, width]", "Put the pooling before the Flatten.");
  }
  const kernel = perAxis(node.kernel, 2, 1, "kernel_size", node.name);
  const stride = perAxis(node.stride, 2, 1, "stride", node.name);
  const zeros = perAxis(node.padding, 2, 0, "padding", node.name);
  const padding = zeros.map((count) => [count, count] as const);
  return [channels, ...windows(node.name, sizes, kernel, stride, padding)];
}

/** How often a window fits, per axis; whatever is left over at the end is ignored. */
function windows(
  node: string,
  sizes: Shape,
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly Padding[],
): Shape {
  const padded = sizes.map((size, axis) => size + (padding[axis]?.[0] ?? 0) + (padding[axis]?.[1] ?? 0));
  if (padded.some((size, axis) => size < (kernel[axis] ?? 1))) {
    const facts = { kernel: shapeText(kernel), padded: shapeText(padded) };
    throw mistake("NETWORK_KERNEL_SIZE", facts, { node });
  }
  const counts = padded.map((size, axis) => Math.floor((size - (kernel[axis] ?? 1)) / (stride[axis] ?? 1)) + 1);
  checkShape(counts, "the output", node);
  return counts;
}

function flattenOutput(node: DraftFlatten, input: Shape): Shape {
  const rank = input.length;
  const [start, end] = [node.startDim, node.endDim].map((dim) => (dim < 0 ? dim + rank : dim));
  const fits = [start, end].every((dim) => Number.isInteger(dim) && dim !== undefined && dim >= 0 && dim < rank);
  if (start === undefined || end === undefined || !fits || start > end) {
    const facts = { start: node.startDim, end: node.endDim, shape: shapeText(input) };
    throw mistake("NETWORK_FLATTEN", facts, { node: node.name, field: "start_dim" });
  }
  return [...input.slice(0, start), sizeOf(input.slice(start, end + 1)), ...input.slice(end + 1)];
}

function arrival(node: string, given: Shape, taken: string, advice: string): ReturnType<typeof mistake> {
  return mistake("NETWORK_INPUT_SHAPE", { name: node, given: shapeText(given), taken, advice }, { node });
}

/** Throw NETWORK_SHAPE_MISMATCH unless what one node gives is what the next one takes. */
function checkEdge(source: FlatNode, target: FlatNode, given: Shape, taken: Shape, warnings: Warning[]): void {
  const place = { node: target.name };
  const declared = target.kind === "output" || target.kind === "port" ? (target.shape ?? taken) : taken;
  if (!sameShape(given, taken) || !sameLayout(given, declared)) {
    const advice =
      sizeOf(given) === sizeOf(declared)
        ? "Put a Flatten between them, or write the shape that arrives."
        : `Compare the parameters of ${source.name} with those of ${target.name}; one of them was made for another layer.`;
    const facts = { from: source.name, to: target.name, given: shapeText(given), taken: shapeText(declared), advice };
    throw mistake("NETWORK_SHAPE_MISMATCH", facts, place);
  }
  if (!sameShape(given, declared)) {
    const message = `${target.name} says its shape is ${shapeText(declared)} and ${shapeText(given)} arrives; the leading ones are ignored.`;
    warnings.push({ code: "NETWORK_OUTPUT_SHAPE", message, place });
  }
}

/** Equal but for leading ones. */
function sameLayout(a: Shape, b: Shape): boolean {
  return sameShape(withoutLeadingOnes(a), withoutLeadingOnes(b));
}

function withoutLeadingOnes(shape: Shape): Shape {
  const first = shape.findIndex((size) => size !== 1);
  return first === -1 ? [] : shape.slice(first);
}
