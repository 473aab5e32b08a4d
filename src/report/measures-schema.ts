/** What a report says of energy, time and messages, as schemas: parts of `reportSchema`. */

import { z } from "zod";
import { eventNames } from "../measure/costs.ts";
import type { Confidence } from "../target/types.ts";
import type { ReportDocument } from "./document.ts";

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const text = z.string();

/** How well a number is known. */
export const confidence: z.ZodType<Confidence> = z
  .enum(["quoted", "public-page", "computed", "literature-unverified", "assumption"])
  .describe("How well the number is known; literature-unverified was not checked against the paper.");

const energyRange = z.strictObject({
  low: z.number().describe("With the smallest published figures."),
  typical: z.number().describe("With the figures most used."),
  high: z.number().describe("With the largest published figures."),
  unit: z.literal("pJ").describe("Always picojoules."),
});
const eventCost = energyRange.extend({ source: text.describe("Where the figures were read."), confidence });
const macPrice = eventCost.extend({
  name: z.enum(["int8", "float32"]).describe("Arithmetic of the multiply-accumulate."),
  weightReads: z.boolean().describe("Whether each weight is read from a memory; else the arithmetic alone."),
  includes: text.describe("What the low, typical and high figures include."),
});

const eventName = z.enum(Object.values(eventNames).map(([one]) => one));
const typicals = z.array(z.number());

/** Energy of the chip's run beside the same layers computed densely. */
export const energy: z.ZodType<ReportDocument["energy"]> = z
  .strictObject({
    basis: text.describe("Whose figures these are, as a sentence."),
    kind: z.enum(["published", "stand-in", "none"]).describe("Of this chip, of another one, or not priced."),
    perSample: energyRange.nullable().describe("Energy proxy of one sample; null where nothing has a price."),
    lowerBound: z.boolean().describe("Something that costs energy is not in perSample."),
    notPriced: z.array(text).describe("What is not in perSample."),
    events: z
      .array(
        z.strictObject({
          event: eventName.describe("Kind of event."),
          perSample: z.number().nullable().describe("Events of one sample, on average; null: they are not counted."),
          cost: eventCost.nullable().describe("Price of one event, over all that it has; null where unpublished."),
          energy: energyRange.nullable().describe("What they cost per sample; null where unpublished."),
        }),
      )
      .describe("What was counted, and what each costs."),
    silent: z
      .strictObject({
        updates: z.number().describe("Updates of neurons in timesteps in which they did not fire, per sample."),
        share: share.describe("Of all neuron updates."),
        energy: energyRange.nullable().describe("What these updates cost per sample; null where unpublished."),
      })
      .nullable()
      .describe("What silent neurons cost; null on a chip that does not run in timesteps."),
    static: z
      .strictObject({
        power: eventCost
          .extend({ unit: z.literal("mW").describe("Always milliwatts.") })
          .nullable()
          .describe("What the chip draws whatever it does; null where unpublished, 0 where events include it."),
        time: z.number().nullable().describe("Nanoseconds of one sample on the chip; null where not known."),
        energy: energyRange.nullable().describe("Power times time, per sample; null where either is not known."),
        dominates: z.boolean().describe("It is more than half of the typical total."),
      })
      .describe("What does not depend on events."),
    layers: z
      .array(
        z.strictObject({
          name: text.describe("Population, or input with messages."),
          events: z.partialRecord(eventName, z.number()).describe("Per sample, by kind."),
          energy: energyRange.nullable().describe("What they cost per sample; null where nothing has a price."),
          byStep: typicals.describe("[steps] pJ per sample at typical prices, in the layer's own timesteps."),
        }),
      )
      .describe("By layer: its neurons, what they send, and the synapses that reach them."),
    cores: z
      .array(
        z.strictObject({
          core: count.nullable().describe("Number of the core; null: the links between them."),
          energy: energyRange.nullable().describe("Of one sample; null where nothing has a price."),
        }),
      )
      .describe("By core."),
    bySample: typicals.describe("[samples] pJ at typical prices, static power included."),
    marks: z.array(confidence).describe("Marks that must be shown beside perSample."),
    denseBaseline: z
      .strictObject({
        macsPerStep: count.describe("Multiply-accumulates of one pass through all weights."),
        macsPerSample: count.describe("The same at every step of a sample."),
        technology: text.describe("What the prices are of; not scaled to the chip's technology."),
        energies: z
          .array(
            z.strictObject({
              price: macPrice.describe("Price of one multiply-accumulate."),
              everyStep: energyRange.describe("All weights at every step of a sample."),
              once: energyRange.describe("All weights once per sample, as a conventional network."),
            }),
          )
          .describe("By arithmetic."),
      })
      .describe("The same layers computed densely."),
    breakEven: z
      .array(
        z.strictObject({
          layer: text.describe("Population."),
          rate: z.number().nullable().describe("Events per element of what feeds it and timestep, in this run."),
          macs: count.describe("Multiply-accumulates of one pass through its weights."),
          against: z
            .array(
              z.strictObject({
                name: z.enum(["int8", "float32"]).describe("Arithmetic of the dense side."),
                weightReads: z.boolean().describe("Whether its weights are read from a memory."),
                everyStep: z
                  .number()
                  .nullable()
                  .describe("Rate at which it costs as much as all weights at every step."),
                once: z.number().nullable().describe("Rate at which it costs as much as all weights once per sample."),
              }),
            )
            .describe("0: the chip costs more even in silence; null: not known."),
        }),
      )
      .describe("Rates at which layers on the chip cost as much as computed densely, at typical prices."),
  })
  .describe("Events that cost energy, and a proxy of what they cost.");

const stepTimes = z
  .strictObject({
    mean: z.number().describe("Of all timesteps."),
    shortest: z.number().describe("Shortest timestep."),
    longest: z.number().describe("Longest timestep."),
    byStep: z.array(z.number()).describe("[timesteps of the chip] mean over samples."),
    bySample: z.array(z.number()).describe("[samples] all timesteps of one together."),
  })
  .nullable();

/** Time of the chip's run. */
export const time: z.ZodType<ReportDocument["time"]> = z
  .strictObject({
    basis: z.enum(["events", "timestep", "none"]).describe("From what events take, a published length, or not known."),
    missing: z.array(text).describe("What would be needed to know it, or what is not in it."),
    steps: count.describe("The chip's timesteps of one sample, its latency included."),
    simple: stepTimes.describe("Cores do one thing after another, and messages take no time on their way."),
    mesh: stepTimes.describe("Messages cross the mesh and hold each other up; may be of the first samples only."),
    perSample: z
      .number()
      .nullable()
      .describe("Of one sample, messages on their way included where known; null: not known."),
    samplesPerSecond: z.number().nullable().describe("One sample after another; null: not known."),
    sources: z
      .array(z.strictObject({ source: text.describe("Where numbers were read."), confidence }))
      .describe("What it rests on."),
  })
  .describe("How long the chip takes, in nanoseconds.");

const direction = z.enum(["east", "west", "north", "south"]).describe("Where it leads.");
const each = (what: string): z.ZodNumber => z.number().describe(`${what} per sample.`);

/** Messages of the chip's run. */
export const traffic: z.ZodType<ReportDocument["traffic"]> = z
  .strictObject({
    copies: z.enum(["per-core", "multicast"]).describe("How a spike reaches several cores."),
    messages: each("Messages that arrive at cores,"),
    hops: each("Links that messages cross,").nullable().describe("Null: nothing is known of the network of cores."),
    byStep: z.array(z.number()).describe("[steps] messages that arrive, mean over samples."),
    layers: z
      .array(
        z.strictObject({
          name: text.describe("Population or input."),
          sent: each("Spikes, each as often as it counts,"),
          messages: each("Messages that left its cores,"),
          arrived: each("Its messages that arrived at cores,"),
          hops: each("Links that they crossed,"),
        }),
      )
      .describe("By sender."),
    cores: z
      .array(
        z.strictObject({
          core: count.describe("Number of the core."),
          sent: each("Messages that left it,"),
          received: each("Messages that arrived,"),
        }),
      )
      .describe("By core."),
    links: z
      .array(z.strictObject({ tile: count.describe("Where it begins."), direction, messages: each("Messages") }))
      .describe("Links that carry messages, the busiest first."),
    classes: z
      .array(
        z.strictObject({
          label: count.describe("Class of the samples."),
          samples: count.describe("How many."),
          spikes: each("Spikes"),
          synops: each("Synops"),
          messages: each("Messages that arrive,"),
          hops: each("Hops"),
          energy: z.number().nullable().describe("pJ per sample at typical prices; null where nothing has a price."),
        }),
      )
      .nullable()
      .describe("By label; null without labels."),
    lost: z
      .number()
      .nullable()
      .describe("Synops per sample whose events a full queue lost; null where no queue can be full."),
    queue: z
      .strictObject({
        capacity: count.describe("Entries that it has room for."),
        longest: count.describe("Most entries at once, ever."),
        mean: z.number().describe("Most entries at once in a timestep, on average."),
        full: z.number().describe("Timesteps per sample in which it was full."),
        lost: z.number().describe("Entries that it lost, per sample."),
      })
      .nullable()
      .describe("How full the queue of events was; null where there is none."),
  })
  .describe("Messages between cores.");

/** Counts of the chip's run. */
export const ledger: z.ZodType<ReportDocument["ledger"]> = z
  .array(
    z.strictObject({
      kind: z
        .enum([
          "neuron-update",
          "input-update",
          "neuron-silent",
          "neuron-active",
          "spike",
          "axon-out",
          "axon-in",
          "hop",
          "synop",
        ])
        .describe("What was counted; docs/measures.md has the definitions."),
      layer: text.describe("Whose neurons, who sent the message, or whose neurons the synapses reach."),
      core: count.nullable().describe("Where; null for a hop."),
      link: z
        .strictObject({ tile: count.describe("Where it begins."), direction })
        .nullable()
        .describe("Of a hop."),
      projection: text.nullable().describe("Of a synop."),
      count: z.number().describe("In the whole run."),
    }),
  )
  .describe("Every event of the chip's run, counted in the timestep in which it is sent.");
