/** The form of a target file, before its equations are read. Exported as JSON Schema for editors. */

import { z } from "zod";
import type { DatapathSpec, ParameterSpec, StateSpec, TypeSpec } from "../datapath/spec.ts";
import { formIssues, type FormIssue } from "../yaml.ts";
import { count, energyForm, latencyForm, memory, nocForm } from "./cost-schema.ts";
import { eventDatapathForm, eventsForm, synapsesForm, type SharedForms } from "./event-schema.ts";
import type { KindLimits, RecipeSpec, Target } from "./types.ts";
import { rangeOf, withWidths } from "./widths.ts";

/** A type as a target writes it: `int24`, `uint12`, `int[setting]` or `low..high`. */
const typeText = z
  .string()
  .regex(
    /^(u?int([1-9]|[1-4]\d|5[0-3]|\[[A-Za-z_]\w*\])|-?\d+\.\.-?\d+)$/,
    "int1 to int53, uint1 to uint52, int[setting] or uint[setting], or low..high",
  )
  .describe(
    "int8 (-128..127), uint8 (0..255), both ends, such as -8388607..8388608, or int[name]: as many bits as the setting says",
  );

const rounding = z
  .enum(["nearest", "nearest-even", "down", "toward-zero", "above"])
  .describe("above: the next larger integer, for a threshold at which a neuron fires already");
const real = z.string().min(1).describe("Real expression over the network's quantities, such as (1 - beta) * 4096");

const typed = {
  type: typeText.optional(),
  values: z.array(z.string()).min(2).optional().describe("An enumeration instead of a type: words for 0, 1, 2, .."),
  default: z.union([z.int(), z.string()]).optional(),
};
const documented = typeText.optional().describe("Range that the chip documents; a value outside only warns");
const chosen = "How the compiler chooses the value";

/** One of a type and a list of words, and a default that is one of these words. */
function checkTyped({ value: form, issues }: z.core.ParsePayload<TypedDocument>): void {
  const refuse = (message: string, ...path: string[]): void => {
    issues.push({ code: "custom", message, path, input: form });
  };
  if (form.type === undefined && form.values === undefined) refuse("a type, or a list of values, is missing");
  if (form.type !== undefined && form.values !== undefined) refuse("a type and a list of values exclude each other");
  const { default: usual, values = [] } = form;
  if (typeof usual !== "string" || values.includes(usual)) return;
  refuse(values.length === 0 ? "a whole number was expected" : `the words are ${values.join(", ")}`, "default");
}
type TypedDocument = z.infer<z.ZodObject<typeof typed>>;

const encoded = {
  encodes: real.optional(),
  round: rounding.optional(),
  decodes: real
    .optional()
    .describe("Of a decay: the share that it keeps per timestep, from the parameter's own name and settings"),
};
const block = z.string().describe("Equations, one per line: name = expression");
const parameter = z.union([
  typeText,
  z
    .strictObject({
      ...typed,
      ...encoded,
      documented,
      chosen: z.literal("exponent").optional().describe(chosen),
      per: z
        .literal("population")
        .optional()
        .describe("One value for all neurons of a population; one per neuron if left out"),
      "on load": block.optional().describe("How the value is stored: stored = .. from the parameter's own name"),
    })
    .check(checkTyped),
]);
const constant = z.union([
  typeText,
  z
    .strictObject({ ...typed, documented, chosen: z.enum(["exponent", "signs", "graded"]).optional().describe(chosen) })
    .check(checkTyped),
]);
const setting = z.union([typeText, z.strictObject({ ...typed, description: z.string().optional() }).check(checkTyped)]);
const overflow = z
  .literal("stops")
  .optional()
  .describe("The equations do not say what happens beyond the type: a run that would leave it ends with an error");
const state = z.union([typeText, z.strictObject({ type: typeText, encodes: real.optional(), overflow })]);

const bitsOnly = z
  .literal("none")
  .optional()
  .describe("A machine of bits: its equations mean nothing in real numbers, without rounding and overflow");

const datapath = z.strictObject({
  state: z.record(z.string(), state).default({}),
  parameters: z.record(z.string(), parameter).default({}),
  projection: z.record(z.string(), constant).default({}).describe("Constants of one projection"),
  inputs: z.array(z.string()).min(1).default(["input"]).describe("Accumulators that events are added to"),
  real: bitsOnly,
  reset: z
    .enum(["zero", "subtract"])
    .default("zero")
    .describe("What the equations do after a spike, where no parameter encodes subtract"),
  role: z
    .enum(["hidden", "output"])
    .optional()
    .describe("output: for populations that only Outputs read and only neurons feed; hidden: for the others"),
  fires: z
    .enum(["once", "repeatedly"])
    .optional()
    .describe("repeatedly: a membrane of several thresholds fires as often in one timestep"),
  charge: real
    .optional()
    .describe("What one LSB of weight adds to the membrane over all timesteps, where it is not 1 / (1 - alpha)"),
  active: z
    .string()
    .optional()
    .describe("A value of the timestep that is not 0 where a neuron has something to do, which then takes more"),
  forward: z
    .strictObject({ "at-most": z.int().min(1).max(65_535).describe("Where the sum of counts is cut") })
    .optional()
    .describe("A neuron may add its count of spikes to that of one other, which starts its timestep with it in spike"),
  define: block.optional().describe("Named expressions, put in where they are used"),
  "on load": block.optional().describe("How a weight is stored: stored = .. from weight"),
  "on spike": block.describe("One arriving event and one neuron"),
  "on total": block.optional().describe("The events of one projection that arrive in one step, together"),
  "on timestep": block.describe("Every neuron, once per timestep"),
});

const arrival = z.enum(["next-timestep", "same-timestep"]);
const mostEvents = z.int().min(1).max(65_535);

const kindLimits = z.strictObject({
  neurons: count.optional().describe("Neurons of this kind per core"),
  "fan-out": count.optional().describe("Neurons of this kind that one neuron reaches by weights other than 0"),
});

const constants = z.strictObject({
  of: z
    .array(z.string())
    .min(1)
    .describe("Parameters of neurons, or constants of the projections onto them, that make up one setting"),
  most: count.describe("How many different settings the neurons of a core may have"),
});

const recipe = z.strictObject({
  description: z.string(),
  source: z.string(),
  arithmetic: z
    .enum(["float64", "float32"])
    .optional()
    .describe("How its expressions are evaluated, and those of the target that it keeps; float64 if left out"),
  define: block.optional().describe("name(a, b) = real expression, for use in all others of the recipe"),
  scale: z.number().positive().optional().describe("Membrane LSBs per float unit"),
  "on population": block
    .optional()
    .describe(
      "Lines evaluated once per population: scale = .. from lowest_weight, highest_weight, highest_threshold, ..",
    ),
  parameters: z
    .record(
      z.string(),
      z.union([
        z.int(),
        z.strictObject({
          encodes: real,
          round: rounding,
          step: z.string().optional().describe("Of weight: distance between the values that are rounded to"),
        }),
      ]),
    )
    .default({})
    .describe("By parameter or constant of a projection, by register for its initial value, weight for the weights"),
});

/** A whole target file. */
const targetSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and dashes"),
    extends: z.string().optional().describe("Name of a target whose fields this one overrides"),
    title: z.string(),
    description: z.string(),
    verified: z
      .array(
        z.strictObject({
          level: z.enum(["silicon", "rtl", "vendor-emulator", "independent-emulator", "literature", "property-tests"]),
          against: z.string(),
          values: z.int().positive().optional(),
        }),
      )
      .min(1),
    "not-modelled": z.array(z.string()).default([]),
    settings: z.record(z.string(), setting).default({}),
    datapaths: z.record(z.string(), datapath).refine((all) => Object.keys(all).length > 0, "at least one datapath"),
    delivery: z.strictObject({
      spikes: arrival.describe("When a spike arrives; in the same timestep it goes from layer to layer"),
      inputs: arrival.optional().describe("When an event of an input arrives; as spikes if left out"),
      order: z
        .enum(["inputs-first"])
        .optional()
        .describe("Events of inputs come before those of neurons; needed where single events saturate"),
      "at-most": z
        .strictObject({ inputs: mostEvents.optional(), spikes: mostEvents.optional() })
        .optional()
        .describe("Events that an input's channel and a neuron send in one timestep; those above are dropped"),
      delays: z
        .string()
        .regex(/^\d+\.\.\d+$/, "low..high")
        .default("0..0"),
      "payload-bits": z
        .int()
        .min(0)
        .max(32)
        .default(0)
        .describe("Bits of a number that an event carries; 0: binary spikes, and a count of 3 is three events"),
    }),
    weights: z.strictObject({
      type: typeText,
      bits: z.int().min(1).max(32),
      encodes: real,
      round: rounding.optional(),
      step: z.string().optional().describe("Integer expression: distance between the values that can be stored"),
      shared: z.boolean().optional().describe("Kernels of convolutions are stored once per core, not once per neuron"),
      "axon-types": count
        .optional()
        .describe("A synapse is one bit; its weight is the neuron's for the type of the axon, one of so many"),
      stored: real.optional().describe("What on load makes of a weight when nothing is lost; the weight if left out"),
    }),
    core: z.strictObject({
      neurons: count,
      "synapse-memory": memory.optional(),
      axons: count.optional().describe("Lines by which spikes enter a core: one per source, and per type of axon"),
      "axons-out": count
        .optional()
        .describe("Messages that a core keeps: one for each of its neurons and each core in which that has synapses"),
      "fan-in": count.optional().describe("Synapses that one neuron may have"),
      constants: z
        .record(z.string(), constants)
        .optional()
        .describe(
          "By name: settings that the neurons of a core have to share, and how many different ones there may be",
        ),
      destinations: count.optional().describe("Axons that the spikes of one neuron can be sent to"),
      shared: z.boolean().optional().describe("Several populations may lie on one core"),
      gathered: z
        .boolean()
        .optional()
        .describe("What a neuron gathered is read once per timestep, at the cost of an accumulation"),
      kinds: z
        .record(z.string(), kindLimits)
        .optional()
        .describe("By datapath: what a core has of each kind of neuron"),
    }),
    chip: z.strictObject({
      cores: count,
      inputs: count.optional().describe("Channels by which events of inputs enter the chip"),
      systems: z
        .array(z.strictObject({ name: z.string().min(1), chips: count.describe("How many chips it joins") }))
        .min(1)
        .optional()
        .describe(
          "Boards and machines that join several chips, the smallest first; one chip is the limit without them",
        ),
    }),
    noc: nocForm.optional().describe("The network of the cores"),
    energy: energyForm.optional(),
    latency: latencyForm.optional().describe("How long events take on a core, one after the other"),
    recipes: z.record(z.string(), recipe).default({}),
  })
  .describe("A chip for bitspike: see docs/targets.md");

const shared: SharedForms = {
  type: typeText.transform(toType),
  state: state.transform(toState),
  parameter: parameter.transform(toParameter),
  constant: setting.transform(toSetting),
  block,
  bitsOnly,
};
const eventDatapath = eventDatapathForm(shared);

/** A whole target file of a chip that runs on events. */
const eventTargetSchema = targetSchema
  .omit({ delivery: true, datapaths: true, weights: true, core: true, chip: true })
  .extend({
    datapaths: z
      .record(z.string(), eventDatapath)
      .refine((all) => Object.keys(all).length > 0, "at least one datapath"),
    events: eventsForm(shared),
    synapses: synapsesForm(shared)
      .optional()
      .describe("What is stored for a synapse, where that is not its weight alone"),
    weights: targetSchema.shape.weights.pick({ type: true, bits: true, encodes: true, round: true, step: true }),
    core: targetSchema.shape.core.pick({ neurons: true, "synapse-memory": true }),
    chip: targetSchema.shape.chip.pick({ cores: true }),
  })
  .describe("A chip for bitspike that runs on events: see docs/targets.md");

type TargetDocument = z.infer<typeof targetSchema>;
type DatapathDocument = TargetDocument["datapaths"][string];
/** What parameters, constants, settings and weights may say, each a part of it. */
type ParameterDocument = TypedDocument &
  Pick<ParameterSpec, "encodes" | "round" | "decodes" | "step" | "chosen"> & {
    readonly documented?: string | undefined;
    readonly "on load"?: string | undefined;
    readonly per?: "population" | undefined;
  };

/** The JSON Schema of target files, for editors. */
export function targetJsonSchema(): unknown {
  const { $schema, description, ...timesteps } = jsonSchemaOf(targetSchema);
  const { $schema: _, ...events } = jsonSchemaOf(eventTargetSchema);
  // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
  return { $schema, description, if: { required: ["events"] }, then: events, else: timesteps };
}

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      // Keys that are names of blocks.
      if (typeof jsonSchema["blocks"] !== "string") return;
      jsonSchema.patternProperties = { [jsonSchema["blocks"]]: jsonSchema.additionalProperties! };
      jsonSchema.additionalProperties = false;
      delete jsonSchema["blocks"];
    },
  });
}

/** Forms are read once per process: compiling a reader of each would take longer than the reading, and a page may forbid it. */
const once: z.core.ParseContext<z.core.$ZodIssue> = { jitless: true };

/** Check the form of a parsed target file and turn it into a `Target`; equations are not read yet. */
export function formTarget(data: unknown): { target: Target | null; issues: readonly FormIssue[] } {
  if (runsOnEvents(data)) return formEventTarget(data);
  const result = targetSchema.safeParse(data, once);
  if (!result.success) return { target: null, issues: formIssues(result.error) };
  return { target: withWidths(toTarget(result.data)), issues: [] };
}

/** Whether a target file describes a chip that runs on events. */
export function runsOnEvents(data: unknown): boolean {
  return typeof data === "object" && data !== null && "events" in data;
}

function formEventTarget(data: unknown): ReturnType<typeof formTarget> {
  const result = eventTargetSchema.safeParse(data, once);
  if (!result.success) return { target: null, issues: formIssues(result.error).map(contradiction) };
  const { datapaths, events, synapses, ...rest } = result.data;
  const delivery = targetSchema.shape.delivery.parse({ spikes: "same-timestep" });
  const stored = synapsesForm(shared).parse({ state: { weight: rest.weights.type } });
  const target = { ...toTarget({ ...rest, datapaths: {}, delivery }), datapaths, events, synapses: synapses ?? stored };
  return { target: withWidths(target), issues: [] };
}

/** What only chips have that run in timesteps. */
function contradiction(issue: FormIssue): FormIssue {
  const path = issue.path.join(".");
  const elsewhere = /^(delivery|weights\.(shared|stored)|datapaths\.[^.]+\.(projection|inputs|forward))$/;
  return elsewhere.test(path) ? { ...issue, message: "only a chip that runs in timesteps has it" } : issue;
}

/** The parts with equations whose own form is sound, so that they can be read though the rest is wrong. */
export function formEquations(data: unknown): Pick<Target, "settings" | "datapaths"> {
  const form = z
    .object({ settings: z.unknown().optional(), datapaths: z.record(z.string(), z.unknown()) })
    .safeParse(data);
  const settings = z.record(z.string(), setting).default({}).safeParse(form.data?.settings);
  const entries = Object.entries(settings.success ? (form.data?.datapaths ?? {}) : {}).flatMap(([name, value]) => {
    const sound = runsOnEvents(data) ? eventDatapath.safeParse(value) : datapath.transform(toDatapath).safeParse(value);
    return sound.success ? [[name, sound.data] as const] : [];
  });
  return withWidths({ settings: mapValues(settings.data ?? {}, toSetting), datapaths: Object.fromEntries(entries) });
}

function toTarget(form: TargetDocument): Target {
  const [shortest, longest] = form.delivery.delays.split("..").map(Number) as [number, number];
  return {
    name: form.name,
    title: form.title,
    description: form.description,
    verified: form.verified,
    notModelled: form["not-modelled"],
    settings: mapValues(form.settings, toSetting),
    datapaths: mapValues(form.datapaths, toDatapath),
    delivery: {
      spikes: form.delivery.spikes,
      inputs: form.delivery.inputs,
      order: form.delivery.order,
      atMost: form.delivery["at-most"],
      delays: [shortest, longest],
      payloadBits: form.delivery["payload-bits"],
    },
    weights: {
      ...toParameter(form.weights),
      bits: form.weights.bits,
      shared: form.weights.shared,
      stored: form.weights.stored,
      axonTypes: form.weights["axon-types"],
    },
    core: {
      neurons: form.core.neurons,
      synapseMemory: form.core["synapse-memory"],
      axons: form.core.axons,
      axonsOut: form.core["axons-out"],
      fanIn: form.core["fan-in"],
      constants: form.core.constants,
      destinations: form.core.destinations,
      shared: form.core.shared,
      gathered: form.core.gathered,
      kinds: form.core.kinds === undefined ? undefined : mapValues(form.core.kinds, toKind),
    },
    chip: form.chip,
    noc: form.noc,
    energy: form.energy ?? null,
    latency: form.latency,
    recipes: mapValues(form.recipes, toRecipe),
    events: null,
    synapses: null,
  };
}

function toRecipe({ "on population": population, ...rest }: z.infer<typeof recipe>): RecipeSpec {
  return { ...rest, population };
}

function toSetting(form: z.infer<typeof setting>): Target["settings"][string] {
  return { ...toParameter(form), description: typeof form === "string" ? undefined : form.description };
}

function toKind({ neurons, "fan-out": fanOut }: z.infer<typeof kindLimits>): KindLimits {
  return { neurons, fanOut };
}

function toDatapath(form: DatapathDocument): DatapathSpec {
  const { state: states, parameters, projection, inputs, reset, forward, ...rest } = form;
  const { role, fires, charge, active, real: reading, ...texts } = rest;
  const blocks = Object.fromEntries(Object.entries(texts).filter((entry) => entry[1] !== undefined));
  return {
    state: mapValues(states, toState),
    parameters: mapValues(parameters, toParameter),
    projection: mapValues(projection, toParameter),
    inputs,
    reset,
    role,
    fires,
    charge,
    active,
    real: reading,
    forward: forward === undefined ? undefined : { atMost: forward["at-most"] },
    blocks: blocks as Record<string, string>,
  };
}

function toState(form: z.infer<typeof state>): StateSpec {
  return typeof form === "string"
    ? toType(form)
    : { ...toType(form.type), encodes: form.encodes, overflow: form.overflow };
}

function toParameter(form: string | ParameterDocument): ParameterSpec {
  if (typeof form === "string") return toType(form);
  const { type, values, documented, encodes, round, decodes, step, chosen, "on load": onLoad, per } = form;
  const range = values === undefined ? toType(type ?? "int32") : { low: 0, high: values.length - 1, words: values };
  const fallback = typeof form.default === "string" ? values?.indexOf(form.default) : form.default;
  const limits = documented === undefined ? undefined : toType(documented);
  return { ...range, documented: limits, encodes, round, decodes, step, chosen, default: fallback, onLoad, per };
}

function toType(text: string): TypeSpec {
  const named = /^(u?)int(?:(\d+)|\[(\w+)\])$/.exec(text);
  if (named === null) {
    const [low, high] = text.split("..").map(Number) as [number, number];
    return { low, high };
  }
  const [, unsigned, bits, width] = named;
  return width === undefined
    ? rangeOf(Number(bits), unsigned === "")
    : { ...rangeOf(unsigned === "" ? 2 : 1, unsigned === ""), width };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
