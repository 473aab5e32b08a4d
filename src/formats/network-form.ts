/** The form of a network file, and the nodes that it describes. Exported as JSON Schema for editors. */

import { z } from "zod";
import type { DraftLeaf, DraftNeuron, Extent } from "../network/draft.ts";
import * as snntorch from "../network/snntorch.ts";
import type { Tensor } from "../network/types.ts";
import { formIssues, type FormIssue } from "../yaml.ts";

const row = z.array(z.number());
const values = z
  .union([z.number(), z.string().min(1), row, z.array(row), z.array(z.array(row)), z.array(z.array(z.array(row)))])
  .describe("A number, numbers in nested lists, or the name of an array in the file that `arrays` names");
const size = z.int().positive();
const shape = z.union([size, z.array(size).min(1)]).describe("Sizes of one frame, without batch and time");
const extent = z.union([z.int(), z.array(z.int()).min(1).max(2)]).describe("One number, or one for each axis");

const weighted = { weight: values, bias: values.optional() };
const convolution = {
  ...weighted,
  stride: extent.optional(),
  padding: z.union([extent, z.enum(["same", "valid"])]).optional(),
  dilation: extent.optional(),
  groups: size.optional(),
};
const pool = { kernel_size: extent, stride: extent.optional(), padding: extent.optional() };

/** What snnTorch's neurons have in common. */
const neuron = {
  threshold: values.optional(),
  reset: z.enum(["zero", "subtract", "none"]).optional(),
  inhibition: z.boolean().optional(),
  tested_before: z.boolean().optional().describe("Compare the threshold with the membrane before the update"),
  membrane: values.optional().describe("Before the first timestep"),
  lower_bound: values.optional().describe("The membrane never falls below it"),
};
const resetDelay = {
  reset_delay: z.boolean().optional().describe("Reset one timestep after the spike; true by default"),
};
const current = { current: values.optional().describe("Before the first timestep") };

/** NIR's parameters. */
const nir = { r: values.optional(), v_leak: values.optional() };
const fires = { v_threshold: values, v_reset: values.optional() };
const synapse = { tau_syn: values, tau_mem: values, w_in: values.optional() };

const node = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("input"), shape }),
  z.strictObject({ kind: z.literal("output"), shape: shape.optional() }),
  z.strictObject({ kind: z.literal("linear"), ...weighted }),
  z.strictObject({ kind: z.literal("conv1d"), ...convolution }),
  z.strictObject({ kind: z.literal("conv2d"), ...convolution }),
  z.strictObject({ kind: z.literal("sumPool2d"), ...pool }),
  z.strictObject({ kind: z.literal("avgPool2d"), ...pool }),
  z.strictObject({ kind: z.literal("flatten"), start_dim: z.int().optional(), end_dim: z.int().optional() }),
  z.strictObject({ kind: z.literal("scale"), scale: values }),
  z.strictObject({ kind: z.literal("threshold"), threshold: values }),
  z.strictObject({ kind: z.literal("delay"), delay: values.describe("Seconds") }),
  z.strictObject({ kind: z.literal("step_delay"), steps: values.describe("Timesteps") }),
  z.strictObject({
    kind: z.literal("leaky"),
    beta: values,
    ...neuron,
    ...resetDelay,
    graded_spikes_factor: values.optional(),
  }),
  z.strictObject({ kind: z.literal("synaptic"), alpha: values, beta: values, ...neuron, ...resetDelay, ...current }),
  z.strictObject({
    kind: z.literal("lapicque"),
    beta: values.optional(),
    R: values.optional(),
    C: values.optional(),
    time_step: values.optional(),
    ...neuron,
  }),
  z.strictObject({
    kind: z.literal("alpha"),
    alpha: values,
    beta: values,
    ...neuron,
    ...current,
    inhibitory: values.optional().describe("Before the first timestep"),
  }),
  z.strictObject({ kind: z.literal("I"), r: values.optional() }),
  z.strictObject({ kind: z.literal("IF"), r: values.optional(), ...fires }),
  z.strictObject({ kind: z.literal("LI"), tau: values, ...nir }),
  z.strictObject({ kind: z.literal("LIF"), tau: values, ...nir, ...fires }),
  z.strictObject({ kind: z.literal("CubaLI"), ...synapse, ...nir }),
  z.strictObject({ kind: z.literal("CubaLIF"), ...synapse, ...nir, ...fires }),
]);

/** A whole network file. */
const networkSchema = z
  .strictObject({
    arrays: z.string().min(1).optional().describe("A .npz file beside this one, with arrays that nodes name"),
    nodes: z.record(z.string().min(1), node).describe("By name"),
    edges: z.array(z.string()).describe("Ways through the network, such as `input -> fc1 -> lif1 -> output`"),
  })
  .describe("A network for bitspike: see docs/networks.md");

/** A node of a network file whose form is right. */
export interface NodeForm {
  readonly kind: string;
  readonly [field: string]: unknown;
}
/** A network file whose form is right. */
export interface NetworkForm {
  readonly arrays?: string | undefined;
  /** By name. */
  readonly nodes: Readonly<Record<string, NodeForm>>;
  /** Names with `->` between them. */
  readonly edges: readonly string[];
}
type NodeDocument = z.infer<typeof node>;

/** The JSON Schema of network files, for editors. */
export function networkJsonSchema(): unknown {
  return z.toJSONSchema(networkSchema, { io: "input" });
}

/** Check the form of a parsed network file. */
export function formNetwork(data: unknown): { form: NetworkForm | null; issues: readonly FormIssue[] } {
  const result = networkSchema.safeParse(data);
  return result.success ? { form: result.data, issues: [] } : { form: null, issues: formIssues(result.error) };
}

/** Parameters that may be a number, lists or the name of an array. */
export const arrayFields: ReadonlySet<string> = new Set([
  "weight",
  "bias",
  "scale",
  "threshold",
  "delay",
  "steps",
  "beta",
  "alpha",
  "membrane",
  "lower_bound",
  "current",
  "inhibitory",
  "graded_spikes_factor",
  "R",
  "C",
  "time_step",
  "r",
  "tau",
  "tau_syn",
  "tau_mem",
  "w_in",
  "v_leak",
  "v_threshold",
  "v_reset",
]);

/**
 * The node that a form describes.
 *
 * @param at its parameters of `arrayFields`, by name
 * @throws NEURON_LAPICQUE, NEURON_ALPHA
 */
export function draftOf(name: string, node: NodeForm, at: Readonly<Record<string, Tensor>>): DraftLeaf {
  const form = node as NodeDocument;
  switch (form.kind) {
    case "input":
      return { kind: "input", name, shape: listed(form.shape) };
    case "output":
      return { kind: "output", name, shape: form.shape === undefined ? null : listed(form.shape) };
    case "linear":
      return { kind: "dense", name, weight: needed(at["weight"]), bias: at["bias"] ?? null };
    case "conv1d":
    case "conv2d": {
      const { kind, stride = 1, padding = 0, dilation = 1, groups = 1 } = form;
      const weights = { weight: needed(at["weight"]), bias: at["bias"] ?? null };
      return { kind, name, ...weights, stride, padding, dilation, groups, inputSize: null };
    }
    case "sumPool2d":
    case "avgPool2d": {
      const { kind, kernel_size: kernel, stride = kernel, padding = 0 } = form;
      return { kind, name, kernel, stride, padding };
    }
    case "flatten":
      return { kind: "flatten", name, startDim: form.start_dim ?? 0, endDim: form.end_dim ?? -1, inputShape: null };
    case "scale":
      return { kind: "scale", name, scale: needed(at["scale"]) };
    case "threshold":
      return { kind: "threshold", name, threshold: needed(at["threshold"]) };
    case "delay":
      return { kind: "delay", name, delay: needed(at["delay"]) };
    case "step_delay":
      return { kind: "stepDelay", name, steps: needed(at["steps"]) };
    case "leaky":
    case "synaptic":
    case "lapicque":
    case "alpha":
      return spiking(name, form, at);
    default:
      return continuous(name, form.kind, at);
  }
}

type SpikingForm = Extract<NodeDocument, { kind: "leaky" | "synaptic" | "lapicque" | "alpha" }>;

function spiking(name: string, form: SpikingForm, at: Readonly<Record<string, Tensor>>): DraftLeaf {
  const { reset, inhibition, tested_before: testedBefore } = form;
  const { threshold, membrane, beta, alpha, current, lower_bound: lowerBound } = at;
  const common = { threshold, reset, inhibition, testedBefore, membrane, lowerBound };
  switch (form.kind) {
    case "leaky": {
      const own = { beta: needed(beta), gradedSpikesFactor: at["graded_spikes_factor"] };
      return snntorch.leaky(name, { ...common, ...own, resetDelay: form.reset_delay });
    }
    case "synaptic": {
      const own = { alpha: needed(alpha), beta: needed(beta), current };
      return snntorch.synaptic(name, { ...common, ...own, resetDelay: form.reset_delay });
    }
    case "lapicque":
      return snntorch.lapicque(name, { ...common, beta, R: at["R"], C: at["C"], timeStep: at["time_step"] });
    default: {
      const own = { alpha: needed(alpha), beta: needed(beta), current, inhibitory: at["inhibitory"] };
      return snntorch.alpha(name, { ...common, ...own });
    }
  }
}

/** NIR's neurons; without `r` it is 1, without `v_leak` 0. */
function continuous(name: string, type: DraftNeuron["type"], at: Readonly<Record<string, Tensor>>): DraftNeuron {
  const leaks = type !== "I" && type !== "IF";
  return {
    kind: "neuron",
    name,
    type,
    tauSyn: at["tau_syn"] ?? null,
    tauMem: at["tau"] ?? at["tau_mem"] ?? null,
    r: at["r"] ?? scalar(1),
    wIn: at["w_in"] ?? null,
    vLeak: leaks ? (at["v_leak"] ?? scalar(0)) : null,
    threshold: at["v_threshold"] ?? null,
    vReset: at["v_reset"] ?? null,
  };
}

function scalar(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

function listed(shape: Extent): readonly number[] {
  return typeof shape === "number" ? [shape] : shape;
}

/** A parameter that the form demands. */
function needed(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error("the form lets a needed parameter pass unseen");
  return tensor;
}
