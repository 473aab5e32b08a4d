/** The form of what a target says that runs on events. */

import { z } from "zod";
import type { DatapathSpec, ParameterSpec, StateSpec, TypeSpec } from "../datapath/spec.ts";
import type { EventKind, EventSpec, HostSpec, MonitorSpec, SynapseSpec, WordRule } from "./event-types.ts";

/** Forms that all targets share. */
export interface SharedForms {
  readonly type: z.ZodType<TypeSpec>;
  readonly state: z.ZodType<StateSpec>;
  readonly parameter: z.ZodType<ParameterSpec>;
  readonly constant: z.ZodType<ParameterSpec>;
  readonly block: z.ZodString;
  readonly bitsOnly: z.ZodOptional<z.ZodLiteral<"none">>;
}

/** `on spike`, or `on spike, leak` for lines that belong to both. */
const blockKey = /^on [a-z][a-z0-9-]*(, [a-z][a-z0-9-]*)*$/;
const definitions = "Named expressions, put in where they are used";

/** A map whose keys are those of `shape` and, for the other texts of equations, blocks. */
function withBlocks<Shape extends z.ZodRawShape>(shape: Shape, block: z.ZodString) {
  return z
    .object(shape)
    .catchall(block)
    .check(({ value, issues }) => {
      const strangers = Object.keys(value).filter((key) => !Object.hasOwn(shape, key) && !blockKey.test(key));
      for (const key of strangers) issues.push({ code: "unrecognized_keys", keys: [key], input: value });
    })
    .meta({ blocks: blockKey.source });
}

/** A neuron's datapath: registers, constants, and a block for each name that events run. */
export function eventDatapathForm({ state, parameter, block, bitsOnly }: SharedForms): z.ZodType<DatapathSpec> {
  return withBlocks(
    {
      state: z.record(z.string(), state).default({}),
      parameters: z.record(z.string(), parameter).default({}),
      reset: z.enum(["zero", "subtract"]).default("zero").describe("What the equations do after a spike"),
      real: bitsOnly,
      define: block.optional().describe(definitions),
    },
    block,
  ).transform(({ state: states, parameters, reset, real, ...blocks }): DatapathSpec => {
    return { state: states, parameters, projection: {}, inputs: ["input"], reset, real, blocks: textsOf(blocks) };
  });
}

/** What is stored for every pair of a source and a neuron. */
export function synapsesForm({ state, constant, block }: SharedForms): z.ZodType<SynapseSpec> {
  return withBlocks(
    {
      state: z.record(z.string(), state).refine((all) => "weight" in all, "the register weight is missing"),
      "source-parameters": z.record(z.string(), constant).default({}).describe("Constants of a sending neuron"),
      "negative-source": z
        .string()
        .optional()
        .describe("The source parameter that is 1 for a source of negative weights, where a source has one sign"),
      delivers: z.string().min(1).default("weight").describe("Integer expression: the weight that the neuron sees"),
      "stored-together": z.int().min(1).default(1).describe("Synapses of one source in one word of memory"),
      define: block.optional().describe(definitions),
    },
    block,
  ).transform((form): SynapseSpec => {
    const { state: states, delivers, "source-parameters": sourceParameters, ...rest } = form;
    const { "negative-source": negativeSource = null, "stored-together": storedTogether, ...blocks } = rest;
    return { state: states, sourceParameters, negativeSource, delivers, storedTogether, blocks: textsOf(blocks) };
  });
}

function textsOf(blocks: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const there = Object.entries(blocks).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(there);
}

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and dashes");
/** A number is an expression too. */
const expression = z.union([z.string().min(1), z.int()]).transform(String);
const chipWide = expression.describe("Integer expression over the settings");
const ofWord = expression.describe("Integer expression over `word` and the settings");
const address = expression.describe("Integer expression over `word` and the settings, or all");

const kind = z
  .strictObject({
    route: z
      .enum(["queue", "immediate"])
      .describe("queue: put into the queue and served later. immediate: executed when it is taken from the host"),
    reaches: z
      .enum(["targets", "neuron", "synapse", "synapses"])
      .describe(
        "targets: all neurons of the sweep, with the weights of their synapses from the source. " +
          "neuron: one neuron or all, with the weight that the event carries. " +
          "synapse: one neuron, with the weight of its synapse from the source. " +
          "synapses: no neuron, but all synapses of the source",
      ),
    runs: name.optional().describe("Block of the neurons that runs on each neuron reached"),
    learns: name.optional().describe("Block of the synapses that runs on each synapse touched"),
    background: z.boolean().default(false).describe("Taken only when the choice comes to background"),
  })
  .transform(({ runs = null, learns = null, ...rest }): EventKind => ({ ...rest, runs, learns }));

const rule = z
  .strictObject({
    when: ofWord.optional().describe("The first rule that is not 0 holds; always if left out"),
    event: z.string(),
    source: address.optional(),
    neuron: address.optional(),
    weight: ofWord.optional().describe("The weight that the event carries"),
  })
  .transform((form): WordRule => {
    const { when = null, event, source = null, neuron = null, weight = null } = form;
    return { when, event, source, neuron, weight };
  });

function hostForm(type: z.ZodType<TypeSpec>): z.ZodType<HostSpec> {
  return z
    .strictObject({
      word: type,
      words: z.array(rule).min(1).describe("How a word becomes an event"),
      "seen-after": z
        .int()
        .min(0)
        .max(1000)
        .default(0)
        .describe("Decisions from taking a word to seeing the next one of a host that is always ready"),
      "at-once-after": z
        .enum(["output-by-last-update"])
        .optional()
        .describe("What lets it be seen at once: an immediate event whose last neuron update made an output"),
    })
    .transform(({ word, words, "seen-after": seenAfter, "at-once-after": atOnceAfter = null }): HostSpec => {
      return { word, rules: words, seenAfter, atOnceAfter };
    });
}

const queue = z
  .strictObject({
    capacity: z.int().min(1).max(1_000_000),
    "when-full": z.enum(["lose-new", "lose-oldest"]).describe("Which entry is lost"),
    "head-leaves": z
      .enum(["before-service", "after-service"])
      .describe("Whether the entry that is being served still holds its place"),
  })
  .transform((form) => {
    return { capacity: form.capacity, whenFull: form["when-full"], headLeaves: form["head-leaves"] };
  });

const ownSpikes = z
  .strictObject({
    event: z.string().describe("The kind of event that a neuron's spike becomes, with the neuron as its source"),
    unless: chipWide.optional(),
  })
  .transform(({ event, unless = null }) => ({ event, unless }));

const output = z
  .strictObject({
    "when-fired": chipWide.optional().describe("Whether a neuron's address is written when it fires"),
    "when-served": chipWide.optional().describe("Whether a source's address is written when its event was served"),
  })
  .transform((form) => {
    return { whenFired: form["when-fired"] ?? null, whenServed: form["when-served"] ?? null };
  });

const monitor = z
  .strictObject({
    when: chipWide.describe("Whether the monitor is on and takes the place of the output"),
    neuron: chipWide.describe("Address of the neuron that is looked at"),
    source: chipWide.optional().describe("Source of the synapse onto it that is looked at"),
    "neuron-words": z
      .record(z.string(), z.array(expression).min(1))
      .describe("By datapath: written after every update of the neuron; may read its registers, spike and serving"),
    "synapse-word": expression.optional().describe("Written whenever the synapse's word of memory is"),
  })
  .transform((form): MonitorSpec => {
    const { when, neuron, source = null, "neuron-words": neuronWords, "synapse-word": synapseWord = null } = form;
    return { when, neuron, source, neuronWords, synapseWord };
  });

const unused = z.strictObject({
  datapath: z.string(),
  parameters: z.record(z.string(), z.int()).default({}).describe("Those that are not at their defaults"),
});

const timestep = z.strictObject({
  input: z.string().describe("Kind of event that an event of a network's input becomes"),
  pace: z
    .enum(["after-idle", "always-ready"])
    .describe("Whether each of them waits for the queue to be empty, or comes as soon as the chip takes it"),
  end: z.array(z.string()).default([]).describe("Kinds of events that then follow for all neurons"),
});

/** How a chip runs on events. */
export function eventsForm({ type }: SharedForms): z.ZodType<EventSpec> {
  return z
    .strictObject({
      kinds: z.record(name, kind).refine((all) => Object.keys(all).length > 0, "at least one kind of event"),
      host: hostForm(type),
      queue: queue.optional(),
      "own-spikes": ownSpikes.optional(),
      output: output.optional(),
      sweep: z.strictObject({ "last-neuron": chipWide }).optional().describe("Neurons 0 to this one; all if left out"),
      choice: z
        .array(z.enum(["full-queue", "input", "queue", "background"]))
        .min(1)
        .describe("What an idle chip does: the first that can be done"),
      monitor: monitor.optional(),
      unused: unused.optional().describe("What lies at addresses that no neuron of a network has"),
      timestep: timestep.optional().describe("What one timestep of a network is; without it there are only words"),
    })
    .transform((form): EventSpec => {
      const { kinds, host, choice, sweep, output: outputs = { whenFired: null, whenServed: null } } = form;
      return {
        kinds,
        host,
        queue: form.queue ?? null,
        ownSpikes: form["own-spikes"] ?? null,
        output: outputs,
        lastNeuron: sweep?.["last-neuron"] ?? null,
        choice,
        monitor: form.monitor ?? null,
        unused: form.unused ?? null,
        timestep: form.timestep ?? null,
      };
    });
}
