import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultTime, discretize, type TimeOptions } from "../../src/network/discretize.ts";
import type { DelayNode, NeuronNode, PopulationNode } from "../../src/network/types.ts";
import { codeOf } from "../support.ts";

const neuron = (fields: Partial<NeuronNode>): NeuronNode => ({
  kind: "neuron",
  name: "n",
  type: "LIF",
  inputShape: [1],
  outputShape: [1],
  tauSyn: null,
  tauMem: Float64Array.of(1e-3),
  r: Float64Array.of(1),
  wIn: null,
  vLeak: Float64Array.of(0),
  threshold: Float64Array.of(1),
  vReset: Float64Array.of(0),
  ...fields,
});
const delay = (seconds: number): DelayNode => ({
  kind: "delay",
  name: "d",
  inputShape: [1],
  outputShape: [1],
  delay: Float64Array.of(seconds),
});

function discretized(node: NeuronNode | DelayNode, options: Partial<TimeOptions> = {}) {
  return discretize({ nodes: [node], edges: [] }, { ...defaultTime, ...options });
}

function population(node: NeuronNode, options: Partial<TimeOptions> = {}): PopulationNode {
  const made = discretized(node, options).network.nodes[0];
  if (made?.kind !== "population") throw new Error("no population");
  return made;
}

const exactly = (tauSyn: number): PopulationNode =>
  population(neuron({ tauSyn: Float64Array.of(tauSyn) }), { method: "exact" });

const codes = (node: NeuronNode | DelayNode, options: Partial<TimeOptions> = {}): string[] =>
  discretized(node, options).warnings.map((warning) => warning.code);

/** Membranes of one neuron over the steps, before any reset, from the equations of a population. */
function membranes(node: PopulationNode, input: readonly number[]): number[] {
  let [current, membrane] = [0, 0];
  return input.map((x) => {
    current = node.alpha === null ? x : node.alpha[0]! * current + node.currentGain![0]! * x;
    const direct = (node.feedthrough?.[0] ?? 0) * x;
    membrane = node.beta[0]! * membrane + node.gain[0]! * current + direct + node.leak[0]!;
    return membrane;
  });
}

describe("discretize by Euler", () => {
  it("turns time constants into the share that is left after a step of 1e-4 s", () => {
    const { beta, gain, leak, alpha, feedthrough } = population(
      neuron({ r: Float64Array.of(3), vLeak: Float64Array.of(2) }),
    );
    expect(beta[0]).toBeCloseTo(0.9, 15);
    expect(gain[0]).toBeCloseTo(0.3, 15);
    expect(leak[0]).toBeCloseTo(0.2, 15);
    expect([alpha, feedthrough]).toEqual([null, null]);
  });

  it("puts w_in on the current and r on the membrane", () => {
    const made = population(
      neuron({
        type: "CubaLIF",
        tauSyn: Float64Array.of(5e-4),
        wIn: Float64Array.of(10),
        r: Float64Array.of(4),
      }),
    );
    expect(made.alpha![0]).toBeCloseTo(0.8, 15);
    expect(made.currentGain![0]).toBeCloseTo(2, 14);
    expect(made.gain[0]).toBeCloseTo(0.4, 15);
  });

  it("counts the timestep of I and IF as 1 unless dt is given", () => {
    const integrator = neuron({ type: "IF", tauMem: null, vLeak: null, r: Float64Array.of(2) });
    expect(population(integrator).gain[0]).toBe(2);
    expect(population(integrator, { dt: 0.5 }).gain[0]).toBe(1);
    expect(population(integrator).beta[0]).toBe(1);
  });

  it("warns where a step is longer than a time constant, and more where it is unstable", () => {
    expect(codes(neuron({}))).toEqual([]);
    expect(codes(neuron({}), { dt: 1e-3 })).toEqual([]);
    expect(codes(neuron({}), { dt: 1.5e-3 })).toEqual(["TIME_COARSE"]);
    expect(codes(neuron({}), { dt: 2.5e-3 })).toEqual(["TIME_UNSTABLE"]);
    expect(codes(neuron({}), { dt: 2.5e-3, method: "exact" })).toEqual([]);
  });
});

describe("discretize exactly", () => {
  const time = fc.double({ min: 0.05, max: 50, noNaN: true });
  const inputs = fc.array(fc.constantFrom(0, 1, -2), { minLength: 3, maxLength: 6 });

  it("gives what very small Euler steps approach", () => {
    const parts = 4096;
    const cuba = fc.record({ tauSyn: fc.option(time), tauMem: time, vLeak: fc.constantFrom(0, 0.5), input: inputs });
    fc.assert(
      fc.property(cuba, ({ tauSyn, tauMem, vLeak, input }) => {
        const node = neuron({
          tauSyn: tauSyn === null ? null : Float64Array.of(tauSyn),
          wIn: Float64Array.of(1.5),
          tauMem: Float64Array.of(tauMem),
          vLeak: Float64Array.of(vLeak),
          r: Float64Array.of(2),
        });
        const exact = membranes(population(node, { dt: 0.25, method: "exact" }), input);
        const fine = input.flatMap((x) => Array.from({ length: parts }, () => x));
        const euler = membranes(population(node, { dt: 0.25 / parts }), fine);
        // The first-order error of a small step: a part of (dt / tau), against inputs of at most 6.
        exact.forEach((value, t) => expect(Math.abs(value - euler[(t + 1) * parts - 1]!)).toBeLessThan(0.02));
      }),
      { numRuns: 30 },
    );
  });

  it("does not depend on how the time is cut into steps while the input is constant", () => {
    fc.assert(
      fc.property(time, time, (tauSyn, tauMem) => {
        const node = neuron({ tauSyn: Float64Array.of(tauSyn), tauMem: Float64Array.of(tauMem) });
        const [whole] = membranes(population(node, { dt: 0.5, method: "exact" }), [1]);
        const halves = membranes(population(node, { dt: 0.25, method: "exact" }), [1, 1]);
        expect(halves[1]).toBeCloseTo(whole!, 12);
      }),
    );
  });

  it("is continuous where both time constants are equal", () => {
    const [same, near] = [exactly(1e-3), exactly(1e-3 * (1 + 1e-9))];
    expect(same.gain[0]).toBeCloseTo(0.1, 15);
    expect(near.gain[0]).toBeCloseTo(same.gain[0]!, 9);
    expect(near.feedthrough![0]).toBeCloseTo(same.feedthrough![0]!, 9);
  });

  it("warns where a very short tau_syn costs precision, and refuses where nothing is left", () => {
    const short = neuron({ tauSyn: Float64Array.of(1e-3) });
    expect(codes(short, { dt: 0.015, method: "exact" })).toEqual(["TIME_COARSE"]);
    const extreme = neuron({ tauSyn: Float64Array.of(1e-6), tauMem: Float64Array.of(1) });
    expect(codeOf(() => discretized(extreme, { dt: 1, method: "exact" }))).toBe("TIME_EXACT");
  });
});

describe("discretize the reset", () => {
  const stored = neuron({ vReset: Float64Array.of(-0.25) });

  it("goes to v_reset unless told otherwise", () => {
    expect(population(stored)).toMatchObject({ reset: "zero", resetTo: Float64Array.of(-0.25), resetDelay: false });
    expect(discretized(stored).assumptions).toEqual({
      dt: 1e-4,
      integratorDt: 1,
      method: "euler",
      reset: "v_reset",
      resetDelay: false,
    });
  });

  it("can be overridden, with a warning where the file says something else", () => {
    expect(population(stored, { reset: "zero" })).toMatchObject({ reset: "zero", resetTo: Float64Array.of(0) });
    expect(population(stored, { reset: "subtract", resetDelay: true })).toMatchObject({
      reset: "subtract",
      resetDelay: true,
    });
    expect(codes(stored, { reset: "subtract" })).toEqual(["TIME_RESET_VALUE"]);
    expect(codes(neuron({}), { reset: "subtract" })).toEqual([]);
  });

  it("does not touch neurons that never fire", () => {
    const integrating = neuron({ type: "LI", threshold: null, vReset: null });
    expect(population(integrating, { reset: "subtract", resetDelay: true })).toMatchObject({
      reset: "none",
      resetDelay: false,
      threshold: null,
    });
  });
});

describe("discretize delays", () => {
  it("rounds to whole timesteps and says so where that changes the delay", () => {
    expect(discretized(delay(3e-4)).network.nodes[0]).toMatchObject({ kind: "stepDelay", steps: Int32Array.of(3) });
    expect(codes(delay(3e-4))).toEqual([]);
    expect(discretized(delay(3.4e-4)).network.nodes[0]).toMatchObject({ steps: Int32Array.of(3) });
    expect(codes(delay(3.4e-4))).toEqual(["TIME_DELAY_ROUNDED"]);
  });

  it("refuses a timestep that is no positive number and delays beyond any run", () => {
    expect(codeOf(() => discretized(delay(1), { dt: 0 }))).toBe("TIME_DT");
    expect(codeOf(() => discretized(delay(1), { dt: NaN }))).toBe("TIME_DT");
    expect(codeOf(() => discretized(delay(1e9)))).toBe("TIME_DELAY");
  });
});
