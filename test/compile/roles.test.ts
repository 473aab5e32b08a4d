import { describe, expect, it } from "vitest";
import { compile, type InputUse } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { DiscreteNetwork } from "../../src/network/types.ts";
import { cell, dense, input, networkOf, output, target } from "./networks.ts";

/** Output neurons of their own, inputs at once and before other events. */
const text = `name: roles
title: Roles
description: For tests.
verified: [{ level: property-tests, against: nothing }]
datapaths:
  inner:
    role: hidden
    reset: subtract
    fires: repeatedly
    state: { membrane: { type: int20, encodes: membrane * scale } }
    parameters: { threshold: { type: 1..99999, encodes: threshold * scale } }
    on spike: input = input + weight
    on timestep: |
      v        = saturate(membrane + input, -524288, 524287)
      spike    = clamp(div_down(v, threshold), 0, 7)
      membrane = v - spike * threshold
delivery: { spikes: next-timestep, inputs: same-timestep, order: inputs-first, at-most: { inputs: 3, spikes: 7 } }
weights: { type: int8, bits: 8, encodes: weight * scale }
core: { neurons: { value: 9, source: nothing, confidence: assumption } }
chip: { cores: { value: 9, source: nothing, confidence: assumption } }
`;
/** The same neuron for both roles. */
function withOuter(yaml: string): string {
  const [from, to] = [yaml.indexOf("  inner:"), yaml.indexOf("delivery:")];
  const outer = yaml
    .slice(from, to)
    .replace("inner", "outer")
    .replace("hidden", "output")
    .replace("repeatedly", "once");
  return yaml.slice(0, to) + outer + yaml.slice(to);
}

const roles = target(withOuter(text));
const subtract = { reset: "subtract" } as const;

function layered(...chains: string[]): DiscreteNetwork {
  const nodes = [input("in", 2), dense("a", [[1, 1]]), cell("first", subtract), dense("b", [[1]])];
  const rest = [cell("last", subtract), dense("back", [[-1]]), output("out")];
  return networkOf([...nodes, ...rest], ...chains);
}

function pathOf(program: Program): Record<string, string> {
  return Object.fromEntries(program.populations.map(({ name, datapath }) => [name, datapath]));
}

function messagesOf({ warnings }: Program, wanted: string): string[] {
  return warnings.filter(({ code }) => code === wanted).map(({ message }) => message);
}

function compiled(network: DiscreteNetwork, use?: InputUse): Program {
  return compile(network, roles, use === undefined ? {} : { inputs: { in: use } });
}

describe("a chip with output neurons of their own", () => {
  it("runs on them what only Outputs read and only neurons feed", () => {
    const program = compiled(layered("in a first b last out"));
    expect(pathOf(program)).toEqual({ first: "inner", last: "outer" });
    expect(messagesOf(program, "COMPILE_HIDDEN_OUTPUT")).toEqual([]);
  });

  it("says so of what is read and sends spikes itself", () => {
    const program = compiled(layered("in a first b last out", "last back first"));
    expect(pathOf(program)).toEqual({ first: "inner", last: "inner" });
    expect(messagesOf(program, "COMPILE_HIDDEN_OUTPUT")).toEqual([
      "last sends spikes to other neurons, so it does not run on the chip's output neurons, and its spikes may not leave the chip in every mode.",
    ]);
  });

  it("says so of what is read and fed by an input", () => {
    const nodes = [input("in", 2), dense("a", [[1, 1]]), cell("only", subtract), output("out")];
    const program = compiled(networkOf(nodes, "in a only out"));
    expect(pathOf(program)).toEqual({ only: "inner" });
    expect(messagesOf(program, "COMPILE_HIDDEN_OUTPUT")[0]).toContain("only is fed by an input");
  });

  it("says where neurons fire several times in one timestep", () => {
    const program = compiled(layered("in a first b last out"));
    expect(messagesOf(program, "COMPILE_FIRES_REPEATEDLY")).toEqual([
      "first: a membrane of several thresholds fires as often in one timestep on the chip, and once in the float network.",
    ]);
  });
});

describe("events of inputs", () => {
  it("act in their own timestep, those of neurons in the next", () => {
    const { populations, projections } = compiled(layered("in a first b last out"));
    expect(populations.map(({ offset }) => offset)).toEqual([0, 1]);
    expect(projections.map(({ arrivesAfter }) => arrivesAfter)).toEqual([0, 1]);
  });

  it("come first, whatever the order of edges", () => {
    const nodes = [input("in", 1), dense("a", [[1]]), cell("c", subtract), dense("loop", [[0.5]]), output("out")];
    const network = networkOf(nodes, "c loop c", "in a c out");
    expect(compiled(network).projections.map(({ from }) => from)).toEqual(["in", "c"]);
  });

  it("that the chip drops are told", () => {
    const program = compiled(layered("in a first b last out"), { kind: "spikes", limit: 5 });
    expect(messagesOf(program, "COMPILE_EVENTS_DROPPED")).toEqual([
      "in sends up to 5 events per channel in a timestep; the chip takes 3 and drops the others.",
    ]);
    const few = compiled(layered("in a first b last out"), { kind: "spikes", limit: 3 });
    expect(messagesOf(few, "COMPILE_EVENTS_DROPPED")).toEqual([]);
    // What is dropped needs no room in the registers.
    expect(few.populations[0]!.scale).toEqual(program.populations[0]!.scale);
  });
});
