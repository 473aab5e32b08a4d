/** Random small chips that run on events, and one whose choices can all be set. */

import { narrowest } from "../../src/core/synapses.ts";
import type { Program } from "../../src/compile/program.ts";
import { loadTarget } from "../../src/target/load.ts";
import type { Target } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { programOf } from "./empty.ts";

const facts = "source: chosen, confidence: assumption";

/** A number, or an operation on smaller expressions, over some names. */
function expression(names: readonly string[], dice: Dice, depth = 3): string {
  if (depth === 0 || dice.chance(25)) return dice.chance(70) ? dice.one(names) : String(dice.between(0, 9));
  const part = (): string => expression(names, dice, depth - 1);
  const kinds = [
    () => `(${part()} ${dice.one(["+", "-", "*", "<", "<=", ">", ">=", "==", "!=", "&&", "||"])} ${part()})`,
    () => `(${part()} ? ${part()} : ${part()})`,
    () => `${dice.one(["min", "max"])}(${part()}, ${part()})`,
    () => `${dice.one(["abs", "sign", "!", "-"])}(${part()})`,
    () => `rem(${part()}, ${dice.between(1, 5)})`,
    () => `(${part()} >> ${dice.between(0, 3)})`,
    () => `bits(${part()}, ${dice.between(0, 2)}, ${dice.between(0, 3)})`,
  ];
  return dice.one(kinds)();
}

/** Mostly cut to a range; the others stop a run sooner or later. */
function fitted(text: string, low: number, high: number, dice: Dice): string {
  return dice.chance(3) ? text : `clamp(${text}, ${low}, ${high})`;
}

function datapathText(dice: Dice): string {
  const names = ["x", "y", "p", "q", "a", "b"];
  const line = (name: "x" | "y", known: readonly string[]): string => {
    const [low, high] = name === "x" ? [-20, 20] : [0, 7];
    const weight = known.includes("weight") ? " + weight" : "";
    return `      ${name} = ${fitted(expression(known, dice) + weight, low, high, dice)}\n`;
  };
  return `
    state: { x: { type: -20..20, overflow: stops }, y: { type: uint3, overflow: stops } }
    parameters: { p: -8..7, q: uint4 }
    define: |
      both(u, v) = u + v * 2
    on spike: |
${line("x", [...names, "weight", "weight", "old(x)"])}${line("y", [...names, "weight"])}
    on leak: |
${line("x", [...names, "old(y)"])}
    on spike, leak: |
${line("y", [...names, "both(x, y)"])}      spike = both(x, p) ${dice.one([">", ">=", "<"])} q
`;
}

/** All orders of what an idle chip does that make sense. */
function choice(dice: Dice): string {
  const rest = ["input", "queue", "background"].toSorted(() => dice.between(-1, 1));
  const at = dice.between(0, rest.indexOf("queue"));
  const all = dice.chance(70) ? rest.toSpliced(at, 0, "full-queue") : rest;
  return `[${all.join(", ")}]`;
}

/** A chip with everything by chance. */
export function randomEventTarget(dice: Dice): Target {
  const neurons = dice.between(2, 9);
  const datapaths = ["one", "two"].slice(0, dice.between(1, 2));
  const learn = (extra: readonly string[]): string =>
    `clamp(${expression(["weight", "flag", "negative", ...extra], dice)}, -4, 3)`;
  const words = datapaths.map((name) => `        ${name}: ["x * 8 + y", "spike + serving * 2 + p * 4"]\n`).join("");
  const text = `
name: random
title: Random
description: For tests.
verified: [{ level: property-tests, against: nothing }]
settings: { a: uint2, b: uint1, watched: 0..${neurons - 1} }
datapaths:
${datapaths.map((name) => `  ${name}:${datapathText(dice)}`).join("")}
weights: { type: -4..4, bits: 4, encodes: weight * scale }
synapses:
  state: { weight: -4..3, flag: uint1 }
  source-parameters: { negative: uint1 }
  delivers: "flag ? (negative ? -weight : weight) : 0"
  stored-together: ${dice.between(1, neurons)}
  on spike: |
    weight = ${learn(["x", "y"])}
  on single: |
    flag = ${expression(["weight", "flag", "y"], dice)} > 0
    weight = ${learn(["x"])}
  on settle: |
    weight = ${learn([])}
events:
  kinds:
    spike: { route: queue, reaches: targets, runs: spike${dice.chance(50) ? ", learns: spike" : ""} }
    virtual: { route: ${dice.one(["queue", "immediate"])}, reaches: neuron, runs: spike }
    leak: { route: ${dice.one(["queue", "immediate"])}, reaches: neuron, runs: leak }
    single: { route: ${dice.one(["queue", "immediate"])}, reaches: synapse, runs: spike, learns: single }
    settle: { route: immediate, reaches: synapses, learns: settle, background: true }
    plastic: { route: immediate, reaches: targets, runs: leak, learns: spike }
  host:
    word: uint12
    words:
      - { when: "rem(word, 7) == 0", event: leak, neuron: all }
      - { when: "rem(word, 7) == 1", event: leak, neuron: "rem(word >> 3, ${neurons})" }
      - { when: "rem(word, 7) == 2", event: virtual, neuron: "rem(word >> 3, ${neurons})", weight: "rem(word >> 6, 9) - 4" }
      - { when: "rem(word, 7) == 3", event: single, source: "rem(word >> 3, ${neurons})", neuron: "rem(word >> 6, ${neurons})" }
      - { when: "rem(word, 7) == 4 && rem(word, 5) == 0", event: settle, source: all }
      - { when: "rem(word, 7) == 4", event: settle, source: "rem(word >> 3, ${neurons})" }
      - { when: "word >= 4000", event: plastic, source: "rem(word, ${neurons})" }
      - { event: spike, source: "rem(word >> 3, ${neurons})" }
    seen-after: ${dice.between(0, 3)}
${dice.chance(50) ? "    at-once-after: output-by-last-update\n" : ""}
  queue: { capacity: ${dice.between(1, 6)}, when-full: ${dice.one(["lose-new", "lose-oldest"])}, head-leaves: ${dice.one(["before-service", "after-service"])} }
  own-spikes: { event: spike${dice.chance(70) ? ", unless: b" : ""} }
  output: { when-fired: a < 3, when-served: a >= 2 }
${dice.chance(50) ? `  sweep: { last-neuron: "max(0, ${neurons - 1} - a)" }` : ""}
  choice: ${choice(dice)}
  monitor:
    when: a == 1 && b == 1
    neuron: watched
    source: rem(watched + 1, ${neurons})
    neuron-words:
${words}    synapse-word: 100 + weight * 2 + flag
  unused: { datapath: ${dice.one(datapaths)}, parameters: { p: ${dice.between(-8, 7)} } }
  timestep: { input: spike, pace: ${dice.one(["after-idle", "always-ready"])}, end: ${dice.one(["[leak]", "[]", "[leak, leak]"])} }
core: { neurons: { value: ${neurons}, ${facts} } }
chip: { cores: { value: 1, ${facts} } }
`;
  return loadTarget(text, "random.yaml", () => null);
}

/** A program whose neurons have all addresses, or some of them with an input at others. */
export function randomEventProgram(target: Target, dice: Dice, inputs = 0): Program {
  const size = target.core.neurons.value;
  const all = Array.from({ length: size }, (_, address) => address).toSorted(() => dice.between(-1, 1));
  const own = all.slice(inputs);
  const cut = dice.between(1, own.length);
  const groups = [own.slice(0, cut), own.slice(cut)].filter((group) => group.length > 0);
  const spec = target.synapses!;
  const sources = (count: number): Record<string, Int32Array> =>
    Object.fromEntries(
      Object.entries(spec.sourceParameters).map(([name, { low, high }]) => [name, dice.list(count, low, high)]),
    );
  const populations = groups.map((addresses, index) => {
    const [datapath, { state, parameters }] = dice.one(Object.entries(target.datapaths));
    const values = (types: Readonly<Record<string, { low: number; high: number }>>): Record<string, Int32Array> =>
      Object.fromEntries(
        Object.entries(types).map(([name, { low, high }]) => {
          return [name, dice.list(dice.chance(30) ? 1 : addresses.length, Math.max(low, -300), Math.min(high, 300))];
        }),
      );
    return {
      name: `p${index}`,
      shape: [addresses.length],
      neurons: addresses.length,
      datapath,
      parameters: values(parameters),
      initial: dice.chance(50) ? values(state) : {},
      offset: 0,
      scale: null,
      origin: null,
      addresses: Uint32Array.from(addresses),
      sourceParameters: sources(addresses.length),
    };
  });
  const entries = all.slice(0, inputs);
  const fed = {
    name: "in",
    shape: [inputs],
    payloadScale: null,
    payloadLimit: 3,
    addresses: Uint32Array.from(entries),
    sourceParameters: sources(inputs),
  };
  const parts = inputs > 0 ? [fed, ...populations] : populations;
  const projections = parts.flatMap((from) =>
    populations.map((to) => {
      const { weight, ...others } = spec.state;
      const count = from.shape[0]! * to.neurons;
      const registers = Object.entries(others).map(([name, { low, high }]) => [name, dice.list(count, low, high)]);
      return {
        name: `${from.name}->${to.name}`,
        from: from.name,
        to: to.name,
        arrivesAfter: 0,
        parameters: {},
        accumulator: "input",
        synapses: { kind: "dense" as const, weight: narrowest(dice.list(count, weight!.low, weight!.high)) },
        registers: Object.fromEntries(registers) as Record<string, Int32Array>,
      };
    }),
  );
  const settings = Object.entries(target.settings).map(([name, { low, high }]) => [name, dice.between(low, high)]);
  return programOf({
    target,
    settings: Object.fromEntries(settings) as Record<string, number>,
    inputs: inputs > 0 ? [fed] : [],
    populations,
    projections,
    outputs: [{ name: "out", population: populations[0]!.name }],
  });
}

/** Some of them. */
export const eventTargets: readonly Target[] = [1, 2, 3].map((seed) => {
  return { ...randomEventTarget(new Dice(seed)), name: `chip of events ${seed}` };
});
