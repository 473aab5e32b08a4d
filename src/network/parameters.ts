/** Checks of single nodes: their parameters' shapes and values, whatever they are connected to. */

import { mistake } from "../errors.ts";
import { shapeText, type DraftConv, type DraftNeuron, type Extent, type FlatNode } from "./draft.ts";
import { attempt, type Findings } from "./findings.ts";
import { sizeOf, type NeuronType, type Shape, type Tensor } from "./types.ts";

/** Largest number of values that may travel along one edge. */
export const MAX_SIZE: number = 2 ** 24;

const correct = "Correct the value and export the network once more.";

type Rule = "finite" | "positive" | "not negative" | "whole";

/** One array of a node, under the name that files use. */
export interface Parameter {
  readonly field: string;
  readonly tensor: Tensor;
  readonly rule: Rule;
}

const neuronFields: Readonly<Record<NeuronType, readonly string[]>> = {
  I: ["r"],
  IF: ["r", "v_threshold"],
  LI: ["tau", "r", "v_leak"],
  LIF: ["tau", "r", "v_leak", "v_threshold"],
  CubaLI: ["tau_syn", "tau_mem", "r", "v_leak"],
  CubaLIF: ["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"],
};

/** Every array of a node. Those of a neuron in the order of its equations. */
export function parametersOf(node: FlatNode): readonly Parameter[] {
  switch (node.kind) {
    case "dense":
    case "conv1d":
    case "conv2d":
      return present([
        ["weight", node.weight],
        ["bias", node.bias],
      ]);
    case "scale":
      return present([["scale", node.scale]]);
    case "threshold":
      return present([["threshold", node.threshold]]);
    case "delay":
      return present([["delay", node.delay, "not negative"]]);
    case "stepDelay":
      return present([["steps", node.steps, "whole"]]);
    case "neuron":
      return neuronParameters(node);
    case "population":
      return present([
        ["alpha", node.alpha],
        ["current_gain", node.currentGain],
        ["beta", node.beta],
        ["gain", node.gain],
        ["feedthrough", node.feedthrough],
        ["leak", node.leak],
        ["threshold", node.threshold],
        ["reset_to", node.resetTo],
        ...(node.gainFactors ?? []).map((factor) => ["gain_factors", factor] as const),
        ["lower_bound", node.lowerBound ?? null],
        ["spike_value", node.spikeValue ?? null],
        ["initial_membrane", node.initial?.membrane ?? null],
        ["initial_current", node.initial?.current ?? null],
        ["initial_inhibitory", node.initial?.inhibitory ?? null],
      ]);
    default:
      return [];
  }
}

/** Check every node by itself; mistakes go to `findings`. */
export function checkParameters(nodes: readonly FlatNode[], findings: Findings): void {
  for (const node of nodes) {
    attempt(findings, () => checkStructure(node));
    for (const parameter of parametersOf(node)) {
      attempt(findings, () => checkLength(node.name, parameter));
      attempt(findings, () => checkValues(node.name, parameter));
    }
  }
}

/**
 * One number per axis.
 *
 * @param least smallest whole number allowed
 * @throws NETWORK_PARAMETER_SHAPE, NETWORK_PARAMETER_VALUE
 */
export function perAxis(value: Extent, axes: number, least: number, field: string, node: string): readonly number[] {
  const given = typeof value === "number" ? [value] : value;
  const numbers = given.length === 1 ? Array.from({ length: axes }, () => given[0] ?? NaN) : given;
  const place = { node, field };
  if (numbers.length !== axes) {
    const expected = axes === 1 ? "one number is needed" : `one number or ${axes} are needed`;
    throw mistake("NETWORK_PARAMETER_SHAPE", { field, shape: shapeText([given.length]), expected }, place);
  }
  const wrong = numbers.find((number) => !Number.isInteger(number) || number < least);
  if (wrong === undefined) return numbers;
  const expected = `whole numbers of ${least} or more`;
  throw mistake(
    "NETWORK_PARAMETER_VALUE",
    { field, value: String(wrong), where: "", expected, advice: correct },
    place,
  );
}

/** Throw NETWORK_SHAPE_INVALID unless all sizes are whole numbers of 1 or more and their product is not absurd. */
export function checkShape(shape: Shape, field: string, node: string): void {
  const fine = shape.every((size) => Number.isInteger(size) && size >= 1) && sizeOf(shape) <= MAX_SIZE;
  if (fine) return;
  throw mistake("NETWORK_SHAPE_INVALID", { field, shape: shapeText(shape), most: MAX_SIZE }, { node, field });
}

/**
 * Shape that the parameters of an element-wise node (neurons, Scale, Threshold, Delay) give it. A parameter of one
 * element stands for all elements and says nothing: then `shape` is null, and `alone` is what it is without any input.
 *
 * @throws NETWORK_PARAMETER_SHAPE when two parameters disagree
 */
export function elementShape(node: FlatNode): { readonly shape: Shape | null; readonly alone: Shape } {
  const parameters = parametersOf(node);
  const [first, ...others] = parameters.filter(({ tensor }) => sizeOf(tensor.shape) !== 1);
  for (const { field, tensor } of others) {
    if (first === undefined || sameShape(tensor.shape, first.tensor.shape)) continue;
    const expected = `${first.field} has ${shapeText(first.tensor.shape)}`;
    throw mistake(
      "NETWORK_PARAMETER_SHAPE",
      { field, shape: shapeText(tensor.shape), expected },
      { node: node.name, field },
    );
  }
  const alone = parameters.map(({ tensor }) => tensor.shape).find((shape) => shape.length > 0) ?? [1];
  return { shape: first?.tensor.shape ?? null, alone };
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function neuronParameters(node: DraftNeuron): readonly Parameter[] {
  return present([
    ["tau_syn", node.tauSyn, "positive"],
    [node.tauSyn === null && !node.type.startsWith("Cuba") ? "tau" : "tau_mem", node.tauMem, "positive"],
    ["r", node.r],
    ["w_in", node.wIn],
    ["v_leak", node.vLeak],
    ["v_threshold", node.threshold],
    ["v_reset", node.vReset],
  ]);
}

function present(fields: readonly (readonly [string, Tensor | null, Rule?])[]): readonly Parameter[] {
  return fields.flatMap(([field, tensor, rule = "finite"]) => (tensor === null ? [] : [{ field, tensor, rule }]));
}

function checkStructure(node: FlatNode): void {
  switch (node.kind) {
    case "input":
      return checkShape(node.shape, "shape", node.name);
    case "output":
    case "port":
      return node.shape === null ? undefined : checkShape(node.shape, "shape", node.name);
    case "dense":
      checkRank(node.name, node.weight, "[out, in]", 2);
      return checkBias(node.name, node.weight, node.bias);
    case "conv1d":
    case "conv2d":
      return checkConv(node);
    case "sumPool2d":
    case "avgPool2d":
      perAxis(node.kernel, 2, 1, "kernel_size", node.name);
      perAxis(node.stride, 2, 1, "stride", node.name);
      return void perAxis(node.padding, 2, 0, "padding", node.name);
    case "neuron":
      checkNeuron(node);
      return void elementShape(node);
    case "flatten":
      return node.inputShape === null ? undefined : checkShape(node.inputShape, "input_type", node.name);
    default:
      return void elementShape(node);
  }
}

function checkNeuron(node: DraftNeuron): void {
  const given = new Set(neuronParameters(node).map(({ field }) => field));
  const field = neuronFields[node.type].find((name) => !given.has(name));
  if (field === undefined) return;
  throw mistake("NETWORK_PARAMETER_MISSING", { type: node.type, field }, { node: node.name, field });
}

function checkConv(node: DraftConv): void {
  const axes = node.kind === "conv1d" ? 1 : 2;
  const layout = axes === 1 ? "[out, in / groups, kernel]" : "[out, in / groups, height, width]";
  checkRank(node.name, node.weight, layout, axes + 2);
  checkBias(node.name, node.weight, node.bias);
  perAxis(node.groups, 1, 1, "groups", node.name);
  const out = node.weight.shape[0] ?? 0;
  if (out % node.groups !== 0) {
    throw mistake("NETWORK_GROUPS", { out, groups: node.groups }, { node: node.name, field: "groups" });
  }
  const stride = perAxis(node.stride, axes, 1, "stride", node.name);
  perAxis(node.dilation, axes, 1, "dilation", node.name);
  if (node.inputSize !== null) perAxis(node.inputSize, axes, 1, "input_shape", node.name);
  checkPadding(node, axes, stride);
}

function checkPadding(node: DraftConv, axes: number, stride: readonly number[]): void {
  const place = { node: node.name, field: "padding" };
  if (typeof node.padding !== "string") return void perAxis(node.padding, axes, 0, "padding", node.name);
  if (node.padding !== "same" && node.padding !== "valid") {
    throw mistake("NETWORK_PADDING", { padding: node.padding }, place);
  }
  if (node.padding === "same" && stride.some((step) => step !== 1)) {
    throw mistake("NETWORK_PADDING_STRIDE", { stride: shapeText(stride) }, place);
  }
}

function checkRank(node: string, weight: Tensor, layout: string, rank: number): void {
  const field = "weight";
  if (weight.shape.length === rank) return checkShape(weight.shape, field, node);
  const expected = `it needs ${rank} axes, ${layout}`;
  throw mistake("NETWORK_PARAMETER_SHAPE", { field, shape: shapeText(weight.shape), expected }, { node, field });
}

function checkBias(node: string, weight: Tensor, bias: Tensor | null): void {
  const out = weight.shape[0] ?? 0;
  if (bias === null || sameShape(bias.shape, [out])) return;
  const field = "bias";
  const expected = `the weight has ${out} rows, so it must be [${out}]`;
  throw mistake("NETWORK_PARAMETER_SHAPE", { field, shape: shapeText(bias.shape), expected }, { node, field });
}

function checkLength(node: string, { field, tensor }: Parameter): void {
  if (tensor.shape.every((size) => size >= 1) && tensor.data.length === sizeOf(tensor.shape)) return;
  const expected = tensor.data.length === 0 ? "it holds no value" : `it holds ${tensor.data.length} values`;
  throw mistake("NETWORK_PARAMETER_SHAPE", { field, shape: shapeText(tensor.shape), expected }, { node, field });
}

const rules: Readonly<Record<Rule, { readonly holds: (value: number) => boolean; readonly words: string }>> = {
  finite: { holds: Number.isFinite, words: "finite numbers" },
  positive: { holds: (value) => value > 0 && value < Infinity, words: "numbers above 0" },
  "not negative": { holds: (value) => value >= 0 && value < Infinity, words: "numbers of 0 or more" },
  whole: { holds: (value) => Number.isInteger(value) && value >= 0, words: "whole numbers of 0 or more" },
};

/** Check what the values of one array may be. @throws NETWORK_PARAMETER_VALUE */
export function checkValues(node: string, { field, tensor, rule }: Parameter): void {
  const { holds, words } = rules[rule];
  const first = tensor.data.findIndex((value) => !holds(value));
  if (first === -1) return;
  let bad = 0;
  for (const value of tensor.data) if (!holds(value)) bad++;
  const at = tensor.data.length === 1 ? "" : ` at ${shapeText(indexOf(first, tensor.shape))}`;
  const where = bad === 1 ? at : `${at}, and ${bad - 1} more of its values are as wrong`;
  const value = tensor.data[first] ?? NaN;
  const advice = Number.isFinite(value) ? correct : "NaN and infinity mostly come from a training run that diverged.";
  const facts = { field, value: String(value), where, expected: words, advice };
  throw mistake("NETWORK_PARAMETER_VALUE", facts, { node, field });
}

/** Index per axis of the element at a position in row-major order. */
function indexOf(position: number, shape: Shape): readonly number[] {
  const index: number[] = [];
  let rest = position;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
