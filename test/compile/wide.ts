/** Chips of so many bits that they do what float64 does, and how to run a network on one. */

import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile, type InputUse } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Stimulus } from "../../src/engine.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import type { Target } from "../../src/target/types.ts";
import { target } from "./networks.ts";

const text = `
name: wide
title: Wide
description: So many bits that rounding does not show.
verified: [{ level: property-tests, against: float64 }]
datapaths:
  lif:
    state:
      current: { type: int53, encodes: current * scale, overflow: stops }
      membrane: { type: int53, encodes: membrane * scale, overflow: stops }
    parameters:
      alpha: { type: -4194304..4194304, encodes: alpha * 4194304 }
      beta: { type: -4194304..4194304, encodes: beta * 4194304 }
      threshold: { type: int32, encodes: threshold * scale }
      bias: { type: int32, encodes: bias * scale }
      subtract: { type: uint1, encodes: subtract }
    projection:
      graded: { type: uint1, chosen: graded }
    on spike: |
      total = total + (graded ? weight * payload : weight)
    on timestep: |
      current  = nearest_even(current * alpha, 22) + input
      v        = nearest_even(membrane * beta, 22) + current + bias
      spike    = v > threshold
      membrane = !spike ? v : subtract ? v - threshold : 0
delivery: { spikes: next-timestep, delays: 0..63, payload-bits: 24 }
weights: { type: int32, bits: 32, encodes: weight * scale }
core: { neurons: { value: 10000, source: nothing, confidence: assumption } }
chip: { cores: { value: 100, source: nothing, confidence: assumption } }
`;

/** Delivers in the next timestep, like most chips. */
export const wide: Target = target(text);
/** Delivers in the same timestep. */
export const wideAtOnce: Target = target(text.replace("next-timestep", "same-timestep"));

type Frames = Readonly<Record<string, readonly (readonly number[])[]>>;

/** One sample from rows of values, [steps][size] by input. */
export function stimuliOf(frames: Frames, kind: Stimulus["kind"] = "spikes"): Map<string, Stimulus> {
  return new Map(
    Object.entries(frames).map(([name, rows]): [string, Stimulus] => {
      const read: Stimulus["read"] = (_sample, step, out) => out.set(rows[step]!);
      return [name, { samples: 1, steps: rows.length, shape: [rows[0]!.length], kind, constant: false, read }];
    }),
  );
}

/** Spikes of every population of a program, [steps][neurons] in the model's steps. */
export async function spikesOf(program: Program, frames: Frames): Promise<Map<string, number[][]>> {
  const kind = program.inputs.some(({ payloadScale }) => payloadScale !== null) ? "graded" : "spikes";
  const { populations, steps } = await openInterpreter(program).run(stimuliOf(frames, kind));
  return new Map(
    populations.map(({ name, neurons, spikes }) => {
      const rows = Array.from({ length: steps }, (_, step) => {
        const row = Array.from({ length: neurons }, () => 0);
        for (let i = spikes.start[step]!; i < spikes.start[step + 1]!; i++) row[spikes.neuron[i]!] = 1;
        return row;
      });
      return [name, rows];
    }),
  );
}

/** Compile for a wide chip; `limit` is the largest number of events that one input sends in a step. */
export function compileWide(
  network: DiscreteNetwork,
  chip: Target,
  use: InputUse = { kind: "spikes", limit: 2 },
): Program {
  const inputs = network.nodes.filter(({ kind }) => kind === "input").map(({ name }) => [name, use] as const);
  return compile(network, chip, { inputs: Object.fromEntries(inputs) });
}
