import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBlock } from "../../src/datapath/parse.ts";
import { plainBlock, type Output, type OutOfRange, type Values } from "../../src/datapath/prepare.ts";
import type { Interval } from "../../src/datapath/ranges.ts";
import { BitspikeError } from "../../src/errors.ts";
import { compileBlock, type ArraySource, type KernelSpec } from "../../src/kernels/block.ts";
import { fillSpikes, reserveSpikes } from "../../src/kernels/compaction.ts";
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
  const list = reserveSpikes(layout, random.lanes, 0);
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
  fillSpikes(memory, list);
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
  const spike = views.find(({ name }) => name === "spike")?.array ?? [];
  const count = viewOf(memory, list.count);
  const [neuron, payload] = [viewOf(memory, list.neuron), viewOf(memory, list.payload)];
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
    operations: compiled.operations,
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

  it("keeps its meaning where constants make an operation simpler", () => {
    fc.assert(
      fc.property(simplerBlock, (random) => {
        const kernel = open(random, [])!;
        const outputs = random.outputs();
        const plain = plainBlock(random.block, random.inputs, outputs, new Map(), refuse);
        expect(kernel.run()).toBe(attempt(() => plain.run(0, random.lanes)));
        const [values, spike] = [outputs.slice(0, -1), outputs.at(-1)!.array];
        expect(kernel.values()).toEqual(values.map(({ name, array }) => [name, [...array]]));
        expect(kernel.fired()).toEqual([...spike].flatMap((value, id) => (value === 0 ? [] : [[id, value]])));
        expect(kernel.given()).toBe(0);
      }),
      { numRuns: 1500 },
    );
  });

  it("says how many vector instructions a neuron takes, of which those that are the same for all count once a call", () => {
    // Eight neurons at a time.
    expect(operations("y = wrap(y + z, 16)")).toBe(1 / 8);
    expect(operations("y = saturate(y + z, -32768, 32767)\nz = min(y, 5)")).toBe(2 / 8);
    expect(operations("y = wrap(y + 7, 16)")).toBe(operations("y = wrap(y + timestep, 16)"));
  });
});

/** Two registers of 16 bits for 40 neurons. */
function shortRegisters(): Output[] {
  return ["y", "z"].map((name) => ({ name, array: new Int32Array(40), low: -(2 ** 15), high: 2 ** 15 - 1 }));
}

/** Vector instructions per neuron of a block over them. */
function operations(text: string): number {
  const block = parseBlock(text);
  return open({ text, block, lanes: 40, inputs: new Map(), timestep: 1, outputs: shortRegisters }, [])!.operations;
}

/** Numbers where roundings and halves of lanes change. */
const factor = fc.oneof(
  fc.integer({ min: 1, max: 4096 }),
  fc.integer({ min: 0, max: 20 }).map((power) => 2 ** power),
  fc.integer({ min: 3800, max: 4096 }),
  fc.integer({ min: 1, max: 32_767 }),
);

/** Lines with constants of their own: `x` holds 24 bits, `y` and `z` hold 16. */
const forms: readonly ((k: number, n: number, m: number) => string)[] = [
  (k, n) => `x = wrap(toward_zero(x * ${k % 4097}, ${n % 13}), 24)`,
  (k, n) => `x = wrap(down(x * ${k % 4097}, ${n % 13}) + y, 24)`,
  (k, n) => `x = wrap(nearest_even(x * ${2 ** (k % 12)}, ${n}), 24)`,
  (k) => `x = saturate(sign(x) * ((abs(x) * (4096 - ${k % 4097})) >> 12) + y, -8388608, 8388607)`,
  (k, n, m) =>
    `x = saturate(x, -1000000, 1000000)\nspike = min(max(div_down(x, ${k}), ${m % 3}), ${(m % 3) + (n % 40)})`,
  (k, n) => `spike = ${n % 2 === 0 ? "x" : "abs(x)"} > ${(k % 7) - 3} ? x : 0`,
  (k, n) => `spike = ${n % 2 === 0 ? "y" : "abs(y)"} > ${(k % 7) - 3} ? y : 0`,
  (k, n, m) => {
    const operator = [">", ">=", "<", "<="][m % 4];
    return `t = max(x, ${k - 40})\nx = t ${operator} ${n} ? ${m % 2 === 0 ? `t : ${n}` : `${n} : t`}\nspike = t ${operator} ${n}`;
  },
  (k, n, m) => {
    const operator = [">", ">=", "<", "<="][m % 4];
    return `y = y ${operator} z ? ${k % 2 === 0 ? "y : z" : "z : y"}\nspike = y ${operator} ${n} || z >= y`;
  },
  (k, n) => `x = wrap((y * ${k}) >> ${n % 9}, 24)\ny = wrap(z << ${n % 3}, 16)`,
  (k, n) => `spike = x > 0 ? min(div_down(x, ${k}), ${n}) : 0\nx = x - spike * ${k}`,
  (k, n) => `t = div_down(y, ${k})\nspike = min(max(t, 0), ${n})\ny = saturate(y - spike * ${k}, -32768, 32767)`,
  (k, _, m) => `y = max(min(div_down(y, ${k}), ${m}), -${m})`,
  (k) => `z = saturate(rem(y, ${k}) + z, -32768, 32767)`,
  (_, n) => `y = y - ((y >> ${n % 16}) == 0 ? sign(y) : y >> ${n % 16})\nspike = y > z`,
  (k, n) => `y = y - (y >> ${n % 16})\nz = saturate(z - -y + ${k} - 7, -32768, 32767)\nspike = z != 0`,
  (k) => `x = x > ${k} ? x - ${k} : x <= -${k} ? x + ${k} : x\nspike = x == 0`,
  (k) => `z = (z == 0 ? ${k % 999} : z)\ny = z > 40 ? 7 : z <= 30 ? y : 0\nspike = y`,
];

/** A few such lines, of which names that are read come from registers. */
const simplerBlock: fc.Arbitrary<RandomBlock> = fc
  .record({
    lines: fc.array(fc.tuple(fc.constantFrom(...forms), factor, fc.nat(30), fc.nat(40)), {
      minLength: 1,
      maxLength: 3,
    }),
    // Spikes of 512 neurons are listed together.
    lanes: fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: 1, max: 80 }) },
      { weight: 1, arbitrary: fc.integer({ min: 500, max: 1100 }) },
    ),
    x: fc.array(register(24), { minLength: 1, maxLength: 9 }),
    y: fc.array(register(16), { minLength: 1, maxLength: 9 }),
    z: fc.array(register(16), { minLength: 1, maxLength: 7 }),
  })
  .map(({ lines, lanes, ...registers }) => {
    const text = lines.map(([form, k, n, m]) => form(k, n, m)).join("\n");
    const outputs = (): Output[] => [
      ...(["x", "y", "z"] as const).map((name) => {
        const [values, limit] = [registers[name], 2 ** (name === "x" ? 23 : 15)];
        const array = Int32Array.from({ length: lanes }, (_, i) => values[(i * 5) % values.length]!);
        return { name, array, low: -limit, high: limit - 1 };
      }),
      { name: "spike", array: new Float64Array(lanes), low: -(2 ** 31) + 1, high: 2 ** 31 - 1 },
    ];
    return { text, block: parseBlock(text), lanes, inputs: new Map([["one", 1]]), timestep: 1, outputs };
  });

/** Values of a register: any, small ones, and its ends. */
function register(bits: number): fc.Arbitrary<number> {
  const half = 2 ** (bits - 1);
  return fc.oneof(
    fc.integer({ min: -half, max: half - 1 }),
    fc.integer({ min: -300, max: 300 }),
    fc.constantFrom(-half, half - 1, 0, 1, -1),
  );
}
