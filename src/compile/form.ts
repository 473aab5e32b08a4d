/** The form of a program that comes from outside: every field there and of the right kind. */

import { z } from "zod";
import { addressedForm, eventsForm, storedForm, synapsesForm } from "./event-form.ts";

const whole = z.int();
const size = z.int().min(1);
const int32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);
const shape = z.array(size).min(1);
const pair = z.tuple([size, size]);
const texts = z.array(z.string());
/** JSON knows no infinities, programs do. */
const real = z.custom<number>((value) => typeof value === "number", "expected a number");
const extremes = z.tuple([real, real]);
const integers = z.instanceof(Int32Array);
const weights = z.union([z.instanceof(Int8Array), z.instanceof(Int16Array), integers]);
const indices = z.instanceof(Uint32Array);
const floats = z.instanceof(Float64Array).nullable();

const type = { low: whole, high: whole, width: z.string().optional(), words: texts.optional() };
const rounding = z.enum(["nearest", "nearest-even", "down", "toward-zero", "above"]);
const parameter = z.object({
  ...type,
  documented: z.object(type).optional(),
  encodes: z.string().optional(),
  decodes: z.string().optional(),
  round: rounding.optional(),
  step: z.string().optional(),
  chosen: z.enum(["exponent", "signs", "graded"]).optional(),
  default: whole.optional(),
  onLoad: z.string().optional(),
  per: z.literal("population").optional(),
});
const named = <T extends z.ZodType>(value: T): z.ZodRecord<z.ZodString, T> => z.record(z.string(), value);
const sourced = z.object({
  value: z.number().positive(),
  unit: z.string().optional(),
  source: z.string(),
  confidence: z.string(),
});
const count = sourced.extend({ value: size });
const cost = z.object({ low: z.number(), typical: z.number(), high: z.number(), unit: z.literal("pJ") });

const time = sourced.extend({ value: z.number().min(0) });
const perEvent = <T extends z.ZodType>(one: T) => ({
  synop: one.optional(),
  synopByForm: z.object({ dense: one.optional(), sparse: one.optional(), conv2d: one.optional() }).optional(),
  accumulation: one.optional(),
  neuronUpdate: one.optional(),
  neuronActive: one.optional(),
  spike: one.optional(),
  axonOut: one.optional(),
  axonIn: one.optional(),
  hop: z.object({ east: one, west: one, north: one, south: one }).optional(),
});

const arrival = z.enum(["next-timestep", "same-timestep"]);
const mostEvents = z.int().min(1).max(65_535);
const target = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  verified: z.array(z.object({ level: z.string(), against: z.string(), values: whole.optional() })),
  notModelled: texts,
  settings: named(parameter),
  datapaths: named(
    z.object({
      state: named(z.object({ ...type, encodes: z.string().optional(), overflow: z.literal("stops").optional() })),
      parameters: named(parameter),
      projection: named(parameter),
      inputs: texts.min(1),
      real: z.literal("none").optional(),
      reset: z.enum(["zero", "subtract"]),
      role: z.enum(["hidden", "output"]).optional(),
      fires: z.enum(["once", "repeatedly"]).optional(),
      charge: z.string().optional(),
      active: z.string().optional(),
      forward: z.object({ atMost: size.max(65_535) }).optional(),
      blocks: named(z.string()),
    }),
  ),
  delivery: z.object({
    spikes: arrival,
    inputs: arrival.optional(),
    order: z.enum(["inputs-first"]).optional(),
    atMost: z.object({ inputs: mostEvents.optional(), spikes: mostEvents.optional() }).optional(),
    delays: z.tuple([whole.min(0), whole.min(0)]),
    payloadBits: whole.min(0).max(32),
  }),
  weights: parameter.extend({
    bits: size,
    shared: z.boolean().optional(),
    stored: z.string().optional(),
    axonTypes: count.optional(),
  }),
  core: z.object({
    neurons: count,
    synapseMemory: sourced.optional(),
    axons: count.optional(),
    axonsOut: count.optional(),
    fanIn: count.optional(),
    constants: named(z.object({ of: texts.min(1), most: count })).optional(),
    destinations: count.optional(),
    shared: z.boolean().optional(),
    gathered: z.boolean().optional(),
    kinds: named(z.object({ neurons: count.optional(), fanOut: count.optional() })).optional(),
  }),
  chip: z.object({
    cores: count,
    inputs: count.optional(),
    systems: z.array(z.object({ name: z.string(), chips: count })).optional(),
  }),
  noc: z
    .object({
      topology: z.literal("mesh"),
      routing: z.literal("x-then-y"),
      width: count,
      height: count,
      coresPerTile: count,
      tiles: z.enum(["by-column", "by-row"]),
      copies: z.enum(["per-core", "multicast"]).optional(),
      linkBuffer: count.optional(),
      chipsAcross: count.optional(),
    })
    .optional(),
  energy: z
    .object({
      basis: z.enum(["published", "stand-in"]),
      of: z.string(),
      ...perEvent(cost),
      staticPower: cost.extend({ unit: z.literal("mW") }).optional(),
      notPriced: texts,
    })
    .nullable(),
  latency: z
    .object({
      ...perEvent(time),
      timestep: time.optional(),
      barrier: z.array(z.object({ tiles: whole.min(0), time })),
    })
    .optional(),
  recipes: named(
    z.object({
      arithmetic: z.enum(["float64", "float32"]).optional(),
      define: z.string().optional(),
      scale: z.number().positive().optional(),
      population: z.string().optional(),
      parameters: named(
        z.union([whole, z.object({ encodes: z.string(), round: rounding, step: z.string().optional() })]),
      ),
    }),
  ),
  events: eventsForm.nullable(),
  synapses: synapsesForm.nullable(),
});

const synapses = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("dense"), weight: weights }),
  z.object({ kind: z.literal("sparse"), start: indices, target: indices, weight: weights }),
  z.object({ kind: z.literal("blocks"), start: indices, target: z.instanceof(Uint16Array), weight: weights }),
  z.object({
    kind: z.literal("conv2d"),
    weight: weights,
    inputShape: shape.length(3),
    outputShape: shape.length(3),
    kernel: pair,
    stride: pair,
    padding: z.tuple([whole.min(0), whole.min(0)]),
    dilation: pair,
    groups: size,
  }),
]);

const span = z.tuple([real, real]);

const witness = z.object({
  neuron: whole.min(0),
  from: z.enum(["reset", "sources", "state"]),
  timesteps: whole.min(1),
  events: whole.min(0),
  arrived: named(real),
  registers: named(real),
  sent: z.array(z.object({ timesteps: whole.min(1), elements: named(z.array(whole.min(0))) })).optional(),
});

const proofs = z.object({
  between: z.enum(["timesteps", "events"]).optional(),
  inputs: named(span),
  populations: z.array(
    z.object({
      population: z.string(),
      registers: named(span),
      arriving: named(span.nullable()),
      cuts: z.array(
        z.object({
          kind: z.enum(["wrap", "saturate", "clamp", "type"]),
          block: z.string(),
          line: whole,
          name: z.string(),
          text: z.string(),
          acts: z.enum(["never", "may", "always"]),
          witness: witness.nullable(),
        }),
      ),
      order: z.array(z.object({ projection: z.string(), free: z.boolean(), because: z.string() })),
    }),
  ),
});

const program = z.object({
  format: z.literal("bitspike-program"),
  version: z.literal(1),
  target,
  recipe: z.string().nullable(),
  calibration: z.string().optional(),
  settings: named(int32),
  inputs: z.array(
    z.object({
      name: z.string(),
      shape,
      ...addressedForm,
      payloadScale: z.number().positive().nullable(),
      payloadLimit: z
        .number()
        .min(1)
        .max(2 ** 31 - 1),
    }),
  ),
  populations: z
    .array(
      z.object({
        name: z.string(),
        shape,
        neurons: size,
        datapath: z.string(),
        parameters: named(integers),
        initial: named(integers),
        forwards: integers.optional(),
        offset: whole.min(0),
        scale: floats,
        origin: floats,
        ...addressedForm,
      }),
    )
    .min(1),
  projections: z.array(
    z.object({
      name: z.string(),
      from: z.string(),
      to: z.string(),
      arrivesAfter: whole.min(0),
      parameters: named(int32),
      accumulator: z.string(),
      synapses,
      ...storedForm,
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), population: z.string() })),
  latency: whole.min(0),
  decisions: z.array(
    z.object({
      where: z.string(),
      parameter: z.string(),
      integer: extremes,
      wanted: extremes,
      error: real,
      saturated: whole,
      count: whole,
      note: z.string().nullable(),
    }),
  ),
  warnings: z.array(z.object({ code: z.string(), message: z.string(), place: z.object({}).optional() })),
  fit: z.object({
    fits: z.boolean(),
    cores: whole,
    coresAvailable: whole.nullable(),
    placement: z.array(z.object({ core: whole, population: z.string(), from: whole, to: whole, synapseBits: whole })),
    reasons: texts,
    chips: size.optional(),
    resources: z
      .array(
        z.object({
          name: z.string(),
          per: z.enum(["neuron", "core", "chip"]),
          available: z.number(),
          unit: z.literal("bits").nullable(),
          source: z.string(),
          confidence: z.string(),
          most: z.number(),
          where: z.string(),
        }),
      )
      .optional(),
    loads: z.array(z.object({ core: whole, used: z.array(z.number()) })).optional(),
    traffic: z
      .object({
        rates: z.string().nullable(),
        messages: z.number(),
        hops: z.number(),
        inOrder: z.number(),
        anywhere: z.number(),
        atLeast: z.number(),
        links: z.array(
          z.object({
            tile: whole,
            direction: z.enum(["east", "west", "north", "south"]),
            messages: z.number(),
          }),
        ),
      })
      .optional(),
    advice: texts.optional(),
  }),
  proofs: proofs.optional(),
});

/** The first thing that is wrong with the form of a program, or null. */
export function checkForm(value: unknown): string | null {
  const result = program.safeParse(value);
  const [issue] = result.error?.issues ?? [];
  return issue === undefined ? null : `${issue.path.join(".") || "the program"}: ${issue.message}`;
}
