import { describe, expect, it } from "vitest";
import { alpha, lapicque, lapicqueConstants, leaky, rLeaky, rSynaptic, synaptic } from "../../src/network/snntorch.ts";
import type { Tensor } from "../../src/network/types.ts";
import { codeOf, mistakeOf } from "../support.ts";

const square: Tensor = { shape: [2, 2], data: Float32Array.of(0, 1, 2, 3) };

describe("snnTorch's defaults", () => {
  it("are threshold 1 and a delayed reset by subtraction", () => {
    expect(leaky("n", { beta: 0.5 })).toMatchObject({
      reset: "subtract",
      resetDelay: true,
      threshold: { data: Float64Array.of(1) },
    });
    expect(synaptic("n", { alpha: 0.5, beta: 0.5 })).toMatchObject({ reset: "subtract", resetDelay: true });
    expect(lapicque("n", { R: 1, C: 2 })).toMatchObject({ reset: "subtract", resetDelay: true });
  });

  it("reset Alpha to zero", () => {
    expect(alpha("n", { alpha: 0.9, beta: 0.8 }).reset).toBe("zero");
    expect(alpha("n", { alpha: 0.9, beta: 0.8, reset: "subtract" }).reset).toBe("subtract");
  });

  it("clamp beta and alpha to 0 .. 1", () => {
    expect(leaky("n", { beta: [-0.5, 0.5, 1.5] }).beta.data).toEqual(Float64Array.of(0, 0.5, 1));
    expect(synaptic("n", { alpha: 2, beta: 0.5 }).alpha?.data).toEqual(Float64Array.of(1));
  });

  it("delay RSynaptic's reset whatever it is told", () => {
    const { nodes } = rSynaptic("n", { alpha: 0.5, beta: 0.5, resetDelay: false, allToAll: false });
    expect(nodes[0]).toMatchObject({ resetDelay: true, rule: { settled: false } });
  });
});

describe("a Lapicque neuron", () => {
  it("takes any two of R, C and beta for the same neuron", () => {
    const { beta } = lapicqueConstants({ R: 2, C: 5 });
    const [value] = beta.data;
    expect(lapicqueConstants({ R: 2, beta: value! }).C.data[0]).toBeCloseTo(5, 5);
    expect(lapicqueConstants({ C: 5, beta: value! }).R.data[0]).toBeCloseTo(2, 5);
  });

  it("decays by 1 - timeStep / RC, not by beta", () => {
    const { decay } = lapicqueConstants({ beta: 0.8187307530779818 });
    expect(decay.data[0]).toBe(Math.fround(0.8));
  });

  it("has one time constant per neuron where it is given one", () => {
    const node = lapicque("n", { R: 1, C: [2, 4] });
    expect(node.beta).toEqual({ shape: [2], data: Float64Array.of(0.5, 0.75) });
    expect(node.gain.data).toEqual(Float64Array.of(0.5, 0.25));
  });
});

describe("constructors refuse what snnTorch refuses", () => {
  it.each([
    ["a reset of no known kind", () => leaky("n", { beta: 0.9, reset: "hard" as never }), "NEURON_RESET"],
    ["Lapicque without a time constant", () => lapicque("n", {}), "NEURON_LAPICQUE"],
    ["Lapicque with R alone", () => lapicque("n", { R: 5 }), "NEURON_LAPICQUE"],
    ["Alpha with alpha below beta", () => alpha("n", { alpha: 0.7, beta: 0.8 }), "NEURON_ALPHA"],
    ["Alpha that is wrong for one neuron", () => alpha("n", { alpha: 0.8, beta: [0.7, 0.8] }), "NEURON_ALPHA"],
    ["a recurrence without a layer", () => rLeaky("n", { beta: 0.9 }), "NEURON_RECURRENCE"],
    ["half a convolution", () => rLeaky("n", { beta: 0.9, conv2dChannels: 2 }), "NEURON_RECURRENCE"],
    ["two layers", () => rLeaky("n", { beta: 0.9, linearFeatures: 2, kernelSize: 3 }), "NEURON_RECURRENCE"],
    ["a layer beside V", () => rLeaky("n", { beta: 0.9, allToAll: false, linearFeatures: 2 }), "NEURON_RECURRENCE"],
  ])("%s", (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  it("and weights that are missing or of another shape", () => {
    expect(codeOf(() => rLeaky("n", { beta: 0.9, linearFeatures: 2 }))).toBe("NETWORK_PARAMETER_MISSING");
    const wrong = mistakeOf(() => rLeaky("n", { beta: 0.9, linearFeatures: 3, weight: square }));
    expect(wrong?.code).toBe("NETWORK_PARAMETER_SHAPE");
    expect(wrong?.message).toContain("[2, 2]");
    expect(codeOf(() => rLeaky("n", { beta: 0.9, linearFeatures: 2, weight: square }))).toBe("no error");
  });
});
