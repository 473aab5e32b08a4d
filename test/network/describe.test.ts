import { expect, it } from "vitest";
import { readNir } from "../../src/formats/nir.ts";
import { describeNetwork } from "../../src/network/describe.ts";
import { golden } from "../support.ts";

const facts = (path: string): ReturnType<typeof describeNetwork> => describeNetwork(readNir(golden(path)).network);

it("a perceptron of 784, 256 and 10 has 203530 weights and biases in 266 neurons", () => {
  const found = facts("models/mnist-mlp/model.nir");
  expect(found).toMatchObject({ weights: 784 * 256 + 256 + 256 * 10 + 10, neurons: 266, loops: [] });
  expect(found.nodes.map(({ type }) => type)).toEqual(["Input", "Affine", "LIF", "Affine", "LIF", "Output"]);
});

it("each node has its shapes and numbers", () => {
  const [, conv, lif] = facts("models/mnist-conv/model.nir").nodes;
  expect(conv).toEqual({
    name: "0",
    type: "Conv2d",
    inputShape: [1, 28, 28],
    outputShape: [12, 24, 24],
    weights: 12 * 25 + 12,
    constants: 0,
    neurons: 0,
  });
  expect(lif).toMatchObject({ type: "LIF", weights: 0, constants: 5 * 12 * 24 * 24, neurons: 12 * 24 * 24 });
});

it("inputs and outputs are named", () => {
  expect(facts("nir/two-inputs.nir").inputs).toEqual(["x", "y"]);
  expect(facts("nir/two-outputs.nir").outputs).toEqual(["spikes", "drive"]);
});

it("every loop is listed from the node that its delayed edge leaves", () => {
  expect(facts("nir/recurrent-two-layer-loop.nir").loops).toEqual([["l2", "w21", "l1", "w12", "l2"]]);
  expect(facts("nir/recurrent-self-edge.nir").loops).toEqual([["lif", "lif"]]);
});
