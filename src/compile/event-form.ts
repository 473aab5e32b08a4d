/** The form of what a program for a chip that runs on events has beside the others. */

import { z } from "zod";

const text = z.string();
const optional = text.nullable();
const whole = z.int();
const type = { low: whole, high: whole, words: z.array(text).optional() };
const range = z.object(type);

/** `events` of a target. */
export const eventsForm: z.ZodType = z.object({
  kinds: z.record(
    text,
    z.object({
      route: z.enum(["queue", "immediate"]),
      reaches: z.enum(["targets", "neuron", "synapse", "synapses"]),
      runs: optional,
      learns: optional,
      background: z.boolean(),
    }),
  ),
  host: z.object({
    word: range,
    rules: z.array(z.object({ when: optional, event: text, source: optional, neuron: optional, weight: optional })),
    seenAfter: whole.min(0),
    atOnceAfter: z.literal("output-by-last-update").nullable(),
  }),
  queue: z
    .object({
      capacity: whole.min(1).max(1_000_000),
      whenFull: z.enum(["lose-new", "lose-oldest"]),
      headLeaves: z.enum(["before-service", "after-service"]),
    })
    .nullable(),
  ownSpikes: z.object({ event: text, unless: optional }).nullable(),
  output: z.object({ whenFired: optional, whenServed: optional }),
  lastNeuron: optional,
  choice: z.array(z.enum(["full-queue", "input", "queue", "background"])),
  monitor: z
    .object({
      when: text,
      neuron: text,
      source: optional,
      neuronWords: z.record(text, z.array(text)),
      synapseWord: optional,
    })
    .nullable(),
  unused: z.object({ datapath: text, parameters: z.record(text, whole) }).nullable(),
  timestep: z.object({ input: text, pace: z.enum(["after-idle", "always-ready"]), end: z.array(text) }).nullable(),
});

/** `synapses` of a target. */
export const synapsesForm: z.ZodType = z.object({
  state: z.record(text, range),
  sourceParameters: z.record(text, z.object({ ...type, default: whole.optional() })),
  negativeSource: optional,
  delivers: text,
  storedTogether: whole.min(1),
  blocks: z.record(text, text),
});

const arrays = z.record(text, z.instanceof(Int32Array)).optional();

/** What an input or population has. */
export const addressedForm: { readonly addresses: z.ZodType; readonly sourceParameters: z.ZodType } = {
  addresses: z.instanceof(Uint32Array).optional(),
  sourceParameters: arrays,
};

/** What a projection has. */
export const storedForm: { readonly copy: z.ZodType; readonly registers: z.ZodType } = {
  copy: whole.min(0).optional(),
  registers: arrays,
};
