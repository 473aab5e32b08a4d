import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOnCores } from "../../src/mapping/place.ts";
import type { Fit, Program } from "../../src/compile/program.ts";
import { openRows } from "../../src/core/rows.ts";
import { sizeOf } from "../../src/network/types.ts";
import type { Target } from "../../src/target/types.ts";
import { motley, programOf, randomProgram } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

/** A chip of cores with so many neurons and bytes of synapse memory each, 8 bits a weight. */
function chipOf(neurons: number, bytes: number | null, cores: number): Target {
  const known = { source: "a test", confidence: "assumption" } as const;
  return {
    ...motley,
    core: {
      neurons: { value: neurons, ...known },
      synapseMemory: bytes === null ? undefined : { value: bytes, unit: "B", ...known },
    },
    chip: { cores: { value: cores, ...known } },
  };
}

function placed(program: Program, chip: Target): Fit {
  return placeOnCores(chip, program);
}

/** Synapses onto each neuron of a population, counted row by row. */
function synapsesOnto({ projections, inputs, populations }: Program, name: string, neurons: number): number[] {
  const counts = Array.from({ length: neurons }, () => 0);
  for (const { from, to, synapses } of projections) {
    if (to !== name) continue;
    const rows = openRows(synapses, neurons, 0, neurons);
    const { shape } = [...inputs, ...populations].find((one) => one.name === from)!;
    for (let source = 0; source < sizeOf(shape); source++) {
      rows.seek(source);
      for (let i = rows.begin; i < rows.end; i++) counts[rows.dense ? i - rows.begin : rows.target[i]!]!++;
    }
  }
  return counts;
}

describe("neurons on cores", () => {
  it("are all placed once, in order, within every limit that a single neuron keeps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
        const dice = new Dice(seed);
        const program = randomProgram(motley, dice);
        const [limit, memory] = [dice.between(1, 9), dice.between(5, 200)];
        const { placement, cores } = placed(program, chipOf(limit, memory, 1000));
        expect([cores, placement.map(({ core }) => core)]).toEqual([placement.length, placement.map((_, i) => i)]);
        for (const { name, neurons } of program.populations) {
          const own = placement.filter(({ population }) => population === name);
          expect(own.map(({ from }) => from)).toEqual([0, ...own.map(({ to }) => to).slice(0, -1)]);
          expect(own.at(-1)!.to).toBe(neurons);
          const synapses = synapsesOnto(program, name, neurons);
          for (const { from, to, synapseBits } of own) {
            expect(synapseBits).toBe(8 * synapses.slice(from, to).reduce((sum, count) => sum + count, 0));
            expect(to - from).toBeLessThanOrEqual(limit);
            if (to - from > 1) expect(synapseBits).toBeLessThanOrEqual(8 * memory);
            // No core closes before it has to.
            const next = synapses[to];
            if (next !== undefined && to - from < limit) expect(synapseBits + 8 * next).toBeGreaterThan(8 * memory);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  const program = randomProgram(motley, new Dice(3));
  const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);

  it("fit where there are cores enough, and the reasons say what that rests on", () => {
    const { fits, reasons, coresAvailable } = placed(program, chipOf(1, null, neurons));
    expect([fits, coresAvailable, reasons]).toEqual([true, neurons, ["1 neurons per core: a test (assumption)."]]);
  });

  it("do not fit on fewer cores, which is said first", () => {
    const { fits, cores, reasons } = placed(program, chipOf(1, null, neurons - 1));
    expect([fits, cores]).toEqual([false, neurons]);
    expect(reasons[0]).toBe(`The network takes ${neurons} cores; the chip has ${neurons - 1}.`);
  });

  it("do not fit where a single one needs more than a core has", () => {
    const { fits, reasons } = placed(program, chipOf(1000, 1, 1000));
    expect(fits).toBe(false);
    expect(reasons[0]).toMatch(/^One neuron of p\d needs \d+ bits of weights; a core holds 8\.$/);
  });

  it("share a kernel where the chip stores it once per core", () => {
    const conv = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => randomProgram(motley, new Dice(seed * 101)));
    const one = conv.find(({ projections }) => projections.some(({ synapses }) => synapses.kind === "conv2d"))!;
    const kernels = one.projections.filter(({ synapses }) => synapses.kind === "conv2d");
    const [{ to }] = kernels as [(typeof kernels)[0]];
    const chip = chipOf(1000, null, 1000);
    const others = one.projections.filter((projection) => projection.to !== to || kernels.includes(projection));
    const shared = placed({ ...one, projections: others }, { ...chip, weights: { ...chip.weights, shared: true } });
    const bits = kernels
      .filter((own) => own.to === to)
      .reduce((sum, { synapses }) => sum + 8 * synapses.weight.length, 0);
    expect(shared.placement.find(({ population }) => population === to)!.synapseBits).toBe(bits);
  });
});

const known = { source: "a test", confidence: "assumption" } as const;
const limit = (value: number) => ({ value, ...known });

/** Populations of so many neurons each, by the datapath that runs them; each neuron sends to all of the next one. */
function chain(...sizes: readonly (readonly [datapath: string, neurons: number])[]): Program {
  const populations = sizes.map(([datapath, neurons], i) => ({
    name: `p${i}`,
    shape: [neurons],
    neurons,
    datapath,
    parameters: {},
    initial: {},
    offset: 0,
    scale: null,
    origin: null,
  }));
  const projections = populations.slice(1).map(({ name, neurons }, i) => ({
    name,
    from: `p${i}`,
    to: name,
    arrivesAfter: 1,
    parameters: {},
    accumulator: "input",
    // One weight of each row is 0.
    synapses: {
      kind: "dense" as const,
      weight: Int32Array.from({ length: sizes[i]![1] * neurons }, (_, at) => Math.min(1, at % neurons)),
    },
  }));
  return programOf({ target: motley, populations, projections });
}

function shared(kinds: Target["core"]["kinds"] = {}, neurons = 100, inputs = 100): Target {
  return {
    ...motley,
    core: { neurons: limit(neurons), shared: true, kinds },
    chip: { cores: limit(2), inputs: limit(inputs) },
  };
}

const uses = ({ placement }: Fit): [number, string, number, number][] =>
  placement.map(({ core, population, from, to }) => [core, population, from, to]);

describe("a core that takes several populations", () => {
  it("is filled before the next one is begun", () => {
    const fit = placed(chain(["plain", 4], ["plain", 5], ["two", 2]), shared({}, 6));
    expect(uses(fit)).toEqual([
      [0, "p0", 0, 4],
      [0, "p1", 0, 2],
      [1, "p1", 2, 5],
      [1, "p2", 0, 2],
    ]);
    expect([fit.fits, fit.cores]).toEqual([true, 2]);
  });

  it("has so many neurons of each kind", () => {
    const kinds = { plain: { neurons: limit(8) }, two: { neurons: limit(2) } };
    expect(placed(chain(["plain", 8], ["two", 2]), shared(kinds))).toMatchObject({ fits: true, cores: 1 });
    const { fits, cores, reasons } = placed(chain(["plain", 8], ["two", 5]), shared(kinds));
    expect([fits, cores, reasons[0]]).toEqual([false, 3, "The network takes 3 cores; the chip has 2."]);
    expect(reasons.slice(1)).toEqual([
      "100 neurons per core: a test (assumption).",
      "8 plain neurons per core: a test (assumption).",
      "2 two neurons per core: a test (assumption).",
      "100 channels of inputs: a test (assumption).",
    ]);
  });

  it("does not fit where a neuron reaches too many of a kind by weights other than 0", () => {
    const kinds = { two: { fanOut: limit(3) } };
    expect(placed(chain(["plain", 2], ["two", 4]), shared(kinds)).fits).toBe(true);
    expect(placed(chain(["plain", 2], ["plain", 9]), shared(kinds)).fits).toBe(true);
    expect(placed(chain(["plain", 2], ["two", 6]), shared(kinds)).reasons[0]).toBe(
      "2 neuron(s) of p0 reach up to 5 two neurons; a neuron of the chip reaches 3.",
    );
  });

  it("does not fit where there are more channels of inputs than the chip has", () => {
    const { populations, projections } = chain(["plain", 2]);
    const fitOf = (...shapes: number[][]): Fit => {
      const inputs = shapes.map((shape, i) => ({ name: `in${i}`, shape }));
      return placeOnCores(shared({}, 100, 12), { inputs, populations, projections });
    };
    expect(fitOf([2, 3], [6]).fits).toBe(true);
    expect(fitOf([2, 3], [7]).reasons[0]).toBe("The network has 13 channels of inputs; the chip has 12.");
  });
});
