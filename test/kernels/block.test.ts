import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainBlock, type Output, type OutOfRange, type Values } from "../../src/datapath/prepare.ts";
import type { Interval } from "../../src/datapath/ranges.ts";
import { BitspikeError } from "../../src/errors.ts";
import { compileBlock, type ArraySource, type KernelSpec } from "../../src/kernels/block.ts";
import { compactionTable, listPadding } from "../../src/kernels/loop.ts";
import { Layout, openMemory, paddedViewOf, viewOf, type Region } from "../../src/kernels/memory.ts";
import { Parameters, storageFor } from "../../src/kernels/parameters.ts";
import { rangeOfValues } from "../../src/core/bounds.ts";
import { runNeurons } from "../../src/kernels/run.ts";
import { randomBlock, type RandomBlock } from "../datapath/blocks.ts";

/** Told as an error that names the facts, as the populations do. */
const refuse: OutOfRange = (lane, { name }, value) => {
  throw new RangeError(`lane ${lane}: ${name} = ${value}`);
};

function attempt(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof BitspikeError) return `${error.code} ${error.message}`;
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** A random block compiled, with arrays of its own. */
function open(random: RandomBlock, constant: readonly string[]) {
  const held = new Map([...random.inputs].filter(([name, one]) => typeof one === "number" || constant.includes(name)));
  const layout = new Layout();
  const arrays = new Map<string, ArraySource>();
  const filled: [Region, ArrayLike<number>][] = [];
  const place = (name: string, values: ArrayLike<number>, range: Interval): Region => {
    const region = layout.reserve(storageFor(range)!, values.length);
    arrays.set(name, { region, range });
    filled.push([region, values]);
    return region;
  };
  const parameters = new Parameters(layout, random.lanes, held);
  for (const [name, values] of random.inputs) {
    if (!held.has(name)) place(name, values as Float64Array, rangeOfValues(values));
  }
  const outputs = random.outputs();
  const written = new Map<string, { region: Region; range: Interval }>();
  for (const { name, array, low, high } of outputs) {
    const range = { low: BigInt(low), high: BigInt(high) };
    if (name !== "spike") written.set(name, { region: place(name, array, range), range });
  }
  const table = layout.reserve("u8", 256);
  const list = {
    neuron: layout.reserve("u32", random.lanes + listPadding),
    payload: layout.reserve("i32", random.lanes + listPadding),
    count: layout.reserve("u32", 1),
    table,
    first: 0,
  };
  const spec: KernelSpec = {
    block: random.block,
    parameters,
    constants: new Map(),
    arrays,
    uniforms: new Map([["timestep", { low: 1n, high: 2n ** 31n }]]),
    rows: new Map(),
    listed: false,
    outputs: written,
    cleared: [],
    spikes: random.block.some(({ name }) => name === "spike") ? list : null,
    watch: null,
  };
  const compiled = compileBlock(spec, false);
  if (compiled === null) return null;
  const memory = openMemory(layout);
  for (const [region, values] of filled) {
    const view = paddedViewOf(memory, region);
    view.set(Array.from(values));
    view.fill(values[values.length - 1] ?? 0, values.length);
  }
  viewOf(memory, table).set(compactionTable());
  parameters.fill(memory);
  const kernel = compiled.open(memory).run;

  // The plain walk for what the kernel gives back, on the same arrays.
  const views = outputs.map((output): Output => {
    const region = written.get(output.name)?.region;
    return region === undefined ? output : { ...output, array: viewOf(memory, region) as Float64Array };
  });
  const inputs = new Map<string, Values>(random.inputs);
  const timestep = new Map([["timestep", () => random.timestep]]);
  const plain = plainBlock(random.block, inputs, views, timestep, refuse);
  const spike = views.find(({ name }) => name === "spike")!.array;
  const count = viewOf(memory, list.count);
  const [neuron, payload] = [viewOf(memory, list.neuron), viewOf(memory, list.payload)];
  if (compiled.payload.low >= 0n && compiled.payload.high <= 1n) payload.fill(1);
  let given = 0;
  const exactly = (first: number, end: number): void => {
    given += end - first;
    plain.run(first, end);
    for (let i = first; i < end; i++) {
      if (spike[i] === 0) continue;
      neuron[count[0]!] = i;
      payload[count[0]!++] = spike[i]!;
    }
  };
  const run = (): string | null => {
    const error = attempt(() => runNeurons(kernel, compiled.group, 0, random.lanes, exactly, random.timestep));
    const spikes = [...neuron.subarray(0, count[0])].flatMap((id, i) => (id < random.lanes ? [[id, payload[i]!]] : []));
    count[0] = 0;
    fired = spikes;
    return error;
  };
  let fired: number[][] = [];
  return {
    run,
    given: () => given,
    fired: () => fired,
    values: () => views.filter(({ name }) => name !== "spike").map(({ name, array }) => [name, [...array]]),
  };
}

const runs = 800;

describe("a compiled block", () => {
  it("gives for every neuron what the plain walk gives, or the same mistake", () => {
    fc.assert(
      fc.property(randomBlock, fc.subarray(["a", "b", "big", "small"]), (random, constant) => {
        const kernel = open(random, constant);
        if (kernel === null) return;
        const outputs = random.outputs();
        const timestep = new Map([["timestep", () => random.timestep]]);
        const plain = plainBlock(random.block, random.inputs, outputs, timestep, refuse);
        const fires = random.block.some(({ name }) => name === "spike");
        for (let step = 0; step < 2; step++) {
          const error = attempt(() => plain.run(0, random.lanes));
          expect(kernel.run()).toBe(error);
          expect(kernel.values()).toEqual(
            outputs.filter(({ name }) => name !== "spike").map(({ name, array }) => [name, [...array]]),
          );
          const spike = outputs.find(({ name }) => name === "spike")!.array;
          if (error !== null) return;
          expect(kernel.fired()).toEqual(
            fires ? [...spike].flatMap((value, id) => (value === 0 ? [] : [[id, value]])) : [],
          );
        }
      }),
      { numRuns: runs },
    );
  });
});
