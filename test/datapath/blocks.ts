/** Random well-formed blocks over the whole grammar, with values for all their names. */

import * as fc from "fast-check";
import { parseBlock } from "../../src/datapath/parse.ts";
import { printExpression } from "../../src/datapath/print.ts";
import type { Output, Values } from "../../src/datapath/prepare.ts";
import { integerFunctions, type Block } from "../../src/datapath/syntax.ts";

export interface RandomBlock {
  readonly text: string;
  readonly block: Block;
  readonly lanes: number;
  readonly inputs: ReadonlyMap<string, Values>;
  readonly timestep: number;
  /** Makes the outputs anew, so that two readings can each have their own. */
  readonly outputs: () => Output[];
}

/** An expression before it is known which names it may read. */
interface Tree {
  readonly kind: string;
  readonly pick: number;
  readonly parts: readonly Tree[];
}

const binaryOperators = ["+", "-", "*", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];
const functions = Object.entries(integerFunctions);
const registers = ["x", "y", "wide"];

/** Numbers around which arithmetic goes wrong. */
const edges = [1, 2, 3, 7, 255, 4095, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1];

function leaf(kind: string): fc.Arbitrary<Tree> {
  return fc.nat(10_000).map((pick) => ({ kind, pick, parts: [] }));
}

const { tree } = fc.letrec<{ tree: Tree; node: Tree }>((tie) => {
  const node = (kind: string, size: number): fc.Arbitrary<Tree> =>
    fc
      .tuple(fc.nat(10_000), fc.array(tie("tree"), { minLength: size, maxLength: size }))
      .map(([pick, parts]) => ({ kind, pick, parts }));
  return {
    tree: fc.oneof(
      { maxDepth: 6, depthSize: "large" },
      { arbitrary: leaf("name"), weight: 5 },
      { arbitrary: leaf("small"), weight: 2 },
      { arbitrary: leaf("edge"), weight: 2 },
      { arbitrary: leaf("old"), weight: 1 },
      { arbitrary: tie("node"), weight: 8 },
    ),
    node: fc.oneof(
      { depthSize: "max" },
      node("unary", 1),
      { arbitrary: node("binary", 2), weight: 5 },
      { arbitrary: node("choice", 3), weight: 2 },
      { arbitrary: node("call", 3), weight: 4 },
      { arbitrary: node("difference", 3), weight: 2 },
      { arbitrary: node("idiom", 3), weight: 3 },
    ),
  };
});

/** A shift or width: mostly a sensible one, sometimes whatever it may be. */
function amount(part: Tree, known: readonly string[], least: number): string {
  const sensible = [String(least + (part.pick % 55)), "small", `clamp(${print(part, known)}, ${least}, 40)`];
  return part.pick % 10 === 0 ? print(part, known) : sensible[part.pick % 3]!;
}

function print(tree: Tree, known: readonly string[]): string {
  const { kind, pick, parts } = tree;
  const at = (i: number): string => print(parts[i]!, known);
  // What is written several times has to stay short.
  const short = (i: number): string => (at(i).length < 24 ? at(i) : known[(pick + i) % known.length]!);
  switch (kind) {
    case "name":
      return known[pick % known.length]!;
    case "small":
      return String(pick % 9);
    case "edge":
      return String(edges[pick % edges.length]! - (Math.floor(pick / 100) % 2));
    case "old":
      return `old(${registers[pick % registers.length]!})`;
    case "unary":
      return `${pick % 2 === 0 ? "-" : "!"}(${at(0)})`;
    case "difference": {
      // Of two values that are large and close: whatever was rounded on the way shows.
      const operator = ["+", "-", "*", "<<"][pick % 4]!;
      const [one, other] = operator === "<<" ? ["26 + small", "27 + small"] : [at(1), at(2)];
      const large = ["big", "wide", "huge", at(0)][Math.floor(pick / 4) % 4]!;
      return `((${large} ${operator} (${one})) - (${large} ${operator} (${other})))`;
    }
    case "idiom":
      return idiom(pick, short(0), short(1), short(2), ["small", "3", short(1)][pick % 3]!);
    case "choice":
      return `(${at(0)} ? ${at(1)} : ${at(2)})`;
    case "binary": {
      const operator = binaryOperators[pick % binaryOperators.length]!;
      const right = operator === "<<" || operator === ">>" ? amount(parts[1]!, known, 0) : at(1);
      return `((${at(0)}) ${operator} (${right}))`;
    }
    default: {
      const [name, arity] = functions[pick % functions.length]!;
      const shifting = ["wrap", "toward_zero", "down", "nearest_even", "bits"].includes(name);
      const least = name === "wrap" ? 1 : 0;
      const args = Array.from({ length: arity }, (_, i) => {
        return shifting && i > 0 ? amount(parts[i]!, known, least) : at(i);
      });
      return `${name}(${args.join(", ")})`;
    }
  }
}

/** What equations of neurons are made of: one value read in several places, guarded by what it is compared with. */
function idiom(pick: number, x: string, y: string, z: string, bits: string): string {
  const positive = `max(abs(${y}), 1)`;
  const fits = `(${x} > 0 ? div_down(${x}, ${positive}) : 0)`;
  const idioms = [
    `(${x} - (${x} >> (${bits})))`,
    `(${x} - ((${x} >> (${bits})) == 0 ? sign(${x}) : ${x} >> (${bits})))`,
    `(${x} - toward_zero(${x}, ${bits}))`,
    `(${x} - div_down(${x}, ${positive}) * ${positive})`,
    `(${x} - min(${fits}, abs(${z})) * ${positive})`,
    `(${fits} * ${positive})`,
    `(${x} >= ${y} ? ${x} - ${y} : ${y} - ${x})`,
    `(abs(${x}) < ${y} ? ${x} : ${z})`,
    `(${x} > ${y} && ${y} > ${z} ? ${x} - ${z} : ${y})`,
    `(${x} + (${y} - ${x}))`,
    `((((${x} - ${y}) >> small) << small) + ${y})`,
    `(${x} < 0 ? min(${x} + ${positive}, 0) : max(${x} - ${positive}, 0))`,
    `(sign(${x}) * ((abs(${x}) * (4096 - (${y}))) >> 12))`,
    `(!(${x} == ${y}) || ${x} - ${y} > ${z} ? ${x} : ${y})`,
    `(${x} - div_down(${x}, ${positive}) * max(abs(${z}), 1))`,
    `(${x} - min(${fits}, ${z}) * ${positive})`,
    `(${x} - (${z} > 0 ? div_down(max(${x}, 0), ${positive}) : abs(${z})) * ${positive})`,
    `(k == 3 ? (${x} > 5 ? ${x} : ${y}) - 6 : k == 3 ? ${z} : ${x})`,
  ];
  return idioms[pick % idioms.length]!;
}

const anyLane = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)),
);
const wideLane = fc.oneof(anyLane, fc.maxSafeInteger(), fc.constantFrom(2 ** 53 - 1, -(2 ** 53) + 1));

/** As many values as there are lanes, from a few drawn ones: long arrays of fresh values only slow down shrinking. */
function lanesOf(values: fc.Arbitrary<number>): fc.Arbitrary<(count: number) => number[]> {
  return fc.tuple(fc.array(values, { minLength: 1, maxLength: 23 }), fc.integer({ min: 1, max: 22 })).map(
    ([some, stride]) =>
      (count: number) =>
        Array.from({ length: count }, (_, i) => some[(i * stride) % some.length]!),
  );
}

const targets = ["x", "y", "wide", "spike", "local", "local"];

/** Mostly brought back into the register's range, however large the value was on its way. */
function fitted(value: string, target: string, pick: number): string {
  if (target === "local" || target === "wide") return value;
  const bits = target === "y" ? 24 : 31;
  return [value, `wrap(${value}, ${bits})`, `saturate(${value}, -4095, 8388607)`, `wrap(${value}, ${bits})`][pick % 4]!;
}

/** Lines that assign registers, `spike` and locals of their own; locals are read by later lines. */
function textOf(lines: readonly (readonly [number, Tree])[]): string {
  const known = ["a", "b", "big", "small", "k", "huge", "timestep", "x", "y", "wide"];
  const text = lines.map(([pick, tree], index) => {
    const target = targets[pick % targets.length]!;
    const name = target === "local" ? `t${index}` : target;
    const line = `${name} = ${fitted(print(tree, known), target, pick)}`;
    if (!known.includes(name)) known.push(name, name);
    return line;
  });
  return text.join("\n");
}

/** A block as text, one line each. */
export function textOfBlock(block: Block): string {
  return block.map(({ name, value }) => `${name} = ${printExpression(value)}`).join("\n");
}

/** Narrow and wide registers of both kinds of array. */
function outputsOf(x: readonly number[], y: readonly number[], wide: readonly number[]): Output[] {
  return [
    { name: "x", array: Int32Array.from(x), low: -(2 ** 31), high: 2 ** 31 - 1 },
    { name: "y", array: Int32Array.from(y, (value) => value % 2 ** 23), low: -(2 ** 23), high: 2 ** 23 - 1 },
    { name: "wide", array: Float64Array.from(wide), low: -(2 ** 53) + 1, high: 2 ** 53 - 1 },
    { name: "spike", array: new Float64Array(x.length), low: -(2 ** 31) + 1, high: 2 ** 31 - 1 },
  ];
}

/** A block of 1 to 6 lines over 1 to 600 neurons. */
export const randomBlock: fc.Arbitrary<RandomBlock> = fc
  .record({
    lines: fc.array(fc.tuple(fc.nat(600), tree), { minLength: 1, maxLength: 6 }),
    lanes: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 40 }), weight: 9 }, fc.integer({ min: 250, max: 600 })),
    a: lanesOf(anyLane),
    b: lanesOf(fc.oneof(anyLane, fc.constant(0))),
    big: lanesOf(wideLane),
    small: lanesOf(fc.integer({ min: 0, max: 31 })),
    k: anyLane,
    huge: wideLane,
    timestep: fc.integer({ min: 1, max: 2 ** 31 }),
    x: lanesOf(anyLane),
    y: lanesOf(anyLane),
    wide: lanesOf(wideLane),
  })
  .map(({ lines, lanes, timestep, ...values }) => {
    const text = textOf(lines);
    const inputs = new Map<string, Values>([
      ["a", Int32Array.from(values.a(lanes))],
      ["b", Int32Array.from(values.b(lanes))],
      ["big", Float64Array.from(values.big(lanes))],
      ["small", Uint32Array.from(values.small(lanes))],
      ["k", values.k],
      ["huge", values.huge],
    ]);
    const outputs = (): Output[] => outputsOf(values.x(lanes), values.y(lanes), values.wide(lanes));
    return { text, block: parseBlock(text), lanes, inputs, timestep, outputs };
  });
