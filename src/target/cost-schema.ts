/** The form of numbers about a chip: counts with their sources, its network, and what events take in energy and time. */

import { z } from "zod";
import type { Direction, EnergySpec, EventCost, LatencySpec, NocSpec, PerEvent, Power, Sourced } from "./types.ts";

const confidence = z
  .enum(["quoted", "public-page", "computed", "literature-unverified", "assumption"])
  .describe("How well the number is known; shown wherever the number is shown");
const read = { source: z.string().min(1).describe("Where the number was read"), confidence };

/** How many of something there are. */
export const count: z.ZodType<Sourced> = z.strictObject({ value: z.int().positive(), ...read });

export const memory: z.ZodType<Sourced> = z.strictObject({
  value: z.number().positive(),
  unit: z.enum(["B", "KB", "KiB", "MiB"]),
  ...read,
});

const price = z.strictObject({
  low: z.number().nonnegative(),
  typical: z.number().nonnegative(),
  high: z.number().nonnegative(),
  unit: z.literal("pJ"),
  ...read,
});

const milliwatts = { µW: 1e-3, mW: 1, W: 1e3 } as const;

const power = z
  .strictObject({
    low: z.number().nonnegative(),
    typical: z.number().nonnegative(),
    high: z.number().nonnegative(),
    unit: z.enum(["µW", "mW", "W"]),
    ...read,
  })
  .transform(({ low, typical, high, unit, ...origin }): Power => {
    const factor = milliwatts[unit];
    return { low: low * factor, typical: typical * factor, high: high * factor, unit: "mW", ...origin };
  });

const nanoseconds = { ns: 1, µs: 1e3, ms: 1e6 } as const;

const timestep = z
  .strictObject({ value: z.number().positive(), unit: z.enum(["ns", "µs", "ms"]), ...read })
  .transform(({ value, unit, ...origin }): Sourced => ({ value: value * nanoseconds[unit], unit: "ns", ...origin }));

const time = z.strictObject({ value: z.number().nonnegative(), unit: z.literal("ns"), ...read });

/** Fields for the kinds of events. */
function perEvent<T extends z.ZodType>(one: T) {
  return {
    synop: one.optional().describe("A synapse that is looked up for an arriving event"),
    "synop-by-form": z
      .strictObject({ dense: one.optional(), sparse: one.optional(), conv2d: one.optional() })
      .optional()
      .describe("The same where it depends on how the weights are stored"),
    accumulation: one.optional().describe("Its weight is added to what the neuron has gathered"),
    "neuron-update": one.optional().describe("A neuron in a timestep, whether or not it has anything to do"),
    "neuron-active": one.optional().describe("What a neuron takes more that its datapath calls active"),
    spike: one.optional().describe("A neuron that fires"),
    "axon-out": one.optional().describe("A message that leaves a core"),
    "axon-in": one.optional().describe("A message that arrives at a core"),
    hop: z
      .union([one, z.strictObject({ east: one, west: one, north: one, south: one })])
      .optional()
      .describe("A message over one link, in any direction or in each"),
  };
}

type PerEventForm<T> = {
  readonly [Name in keyof ReturnType<typeof perEvent>]?: Name extends "hop"
    ? T | Readonly<Record<Direction, T>> | undefined
    : Name extends "synop-by-form"
      ? PerEvent<T>["synopByForm"]
      : T | undefined;
};

function toPerEvent<T extends object>(form: PerEventForm<T>): PerEvent<T> {
  const { synop, accumulation, spike, hop } = form;
  return {
    synop,
    synopByForm: form["synop-by-form"],
    accumulation,
    neuronUpdate: form["neuron-update"],
    neuronActive: form["neuron-active"],
    spike,
    axonOut: form["axon-out"],
    axonIn: form["axon-in"],
    hop: hop === undefined || "east" in hop ? hop : { east: hop, west: hop, north: hop, south: hop },
  };
}

/** What events cost. */
export const energyForm: z.ZodType<EnergySpec> = z
  .strictObject({
    basis: z.enum(["published", "stand-in"]),
    of: z.string(),
    ...perEvent(price),
    "static-power": power
      .optional()
      .describe("What the whole chip draws whatever it does; 0 where the figures per event include it"),
    "not-priced": z.array(z.string()).default([]),
  })
  .transform(({ basis, of, "static-power": staticPower, "not-priced": notPriced, ...events }): EnergySpec => {
    return { basis, of, ...toPerEvent<EventCost>(events), staticPower, notPriced };
  });

/** What events take of a core's time. */
export const latencyForm: z.ZodType<LatencySpec> = z
  .strictObject({
    ...perEvent(time),
    timestep: timestep.optional().describe("A timestep of fixed length, whatever happens in it"),
    barrier: z
      .array(z.strictObject({ tiles: z.int().nonnegative(), time }))
      .default([])
      .describe("What ends a timestep, by the number of tiles in use: the entry with most tiles that are not above it"),
  })
  .transform(({ timestep, barrier, ...events }): LatencySpec => {
    return { ...toPerEvent<Sourced>(events), timestep, barrier };
  });

/** The network of the cores. */
export const nocForm: z.ZodType<NocSpec> = z
  .strictObject({
    topology: z.literal("mesh"),
    routing: z.literal("x-then-y"),
    width: count.describe("Tiles across"),
    height: count.describe("Tiles down"),
    "cores-per-tile": count.describe("Cores that share a router; core c lies on tile floor(c / this)"),
    tiles: z.enum(["by-column", "by-row"]).describe("Whether tile 1 lies above tile 0, or beside it"),
    copies: z
      .enum(["per-core", "multicast"])
      .optional()
      .describe("How a spike reaches several cores: a message to each (the default), or one that is copied on its way"),
    "link-buffer": count.optional().describe("Messages that wait at one link before those behind them are held up"),
    "chips-across": count
      .optional()
      .describe(
        "Where chips are joined: how many lie side by side, the next ones above; each above the other if left out",
      ),
  })
  .transform((form): NocSpec => {
    const { "cores-per-tile": coresPerTile, "link-buffer": linkBuffer, "chips-across": chipsAcross, ...rest } = form;
    return { ...rest, coresPerTile, linkBuffer, chipsAcross };
  });
