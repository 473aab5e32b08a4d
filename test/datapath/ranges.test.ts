import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Scope } from "../../src/datapath/evaluate.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import { rangesOf, type BlockRanges, type Happens, type Interval } from "../../src/datapath/ranges.ts";
import type { Block, Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock } from "./blocks.ts";

type Ranges = Readonly<Record<string, readonly [number | bigint, number | bigint]>>;

function inputsOf(ranges: Ranges): Map<string, Interval> {
  return new Map(Object.entries(ranges).map(([name, [low, high]]) => [name, { low: BigInt(low), high: BigInt(high) }]));
}

function resultOf(text: string, ranges: Ranges): [bigint, bigint] | null {
  const block = parseBlock(text);
  const range = rangesOf(block, inputsOf(ranges)).results.get(block.at(-1)!.name);
  return range === undefined ? null : [range.low, range.high];
}

/** Everything that the plain walk evaluates, with its value, and where it fails. */
function watched(block: Block, inputs: ReadonlyMap<string, bigint>) {
  const values = new Map(inputs);
  const seen: [Expression, bigint][] = [];
  const failed: Expression[] = [];
  const scope: Scope = { value: (name) => values.get(name)!, old: (name) => inputs.get(name)! };
  const note = (one: Expression): bigint => {
    try {
      const value = evaluate(one, scope);
      seen.push([one, value]);
      return value;
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      failed.push(one);
      throw error;
    }
  };
  const walk = (one: Expression): void => {
    switch (one.kind) {
      case "unary":
        walk(one.operand);
        break;
      case "choice":
        walk(one.condition);
        walk(evaluate(one.condition, scope) !== 0n ? one.yes : one.no);
        break;
      case "binary": {
        walk(one.left);
        const left = evaluate(one.left, scope) !== 0n;
        if (one.operator === "&&" ? left : one.operator === "||" ? !left : true) walk(one.right);
        break;
      }
      case "call":
        for (const argument of one.args) walk(argument);
    }
    note(one);
  };
  try {
    for (const line of block) {
      walk(line.value);
      values.set(line.name, evaluate(line.value, scope));
    }
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
  }
  return { seen, failed, values };
}

/** What the ranges say wrongly about one run, or null. */
function wrongAbout(ranges: BlockRanges, block: Block, inputs: ReadonlyMap<string, bigint>): string | null {
  const { seen, failed, values } = watched(block, inputs);
  for (const [node, value] of seen) {
    const range = ranges.of.get(node);
    const what = `${node.kind} at ${node.at.line}:${node.at.column}`;
    if (range === undefined) return `${what} is evaluated and called impossible`;
    if (value < range.low || value > range.high) return `${what} is ${value}, outside ${range.low}..${range.high}`;
    if (ranges.fails.get(node) === "always") return `${what} is said to fail`;
  }
  for (const node of failed) if (!ranges.fails.has(node)) return `${node.kind} fails unforeseen`;
  for (const [name, value] of failed.length > 0 ? [] : values) {
    const { low, high } = ranges.results.get(name) ?? { low: value, high: value };
    if (value < low || value > high) return `${name} is ${value} after the block, outside ${low}..${high}`;
  }
  return null;
}

describe("ranges", () => {
  it("hold every value that the plain walk gives, and know every failure", () => {
    fc.assert(
      fc.property(randomBlock, ({ block, inputs, outputs, timestep, lanes }) => {
        const registers = outputs();
        const arrays = [...inputs, ...registers.map(({ name, array }) => [name, array] as const)];
        const at = (lane: number): Map<string, bigint> => {
          const values = arrays.map(([name, values]): [string, bigint] => {
            return [name, BigInt(typeof values === "number" ? values : values[lane]!)];
          });
          return new Map([...values, ["timestep", BigInt(timestep)]]);
        };
        const every = Array.from({ length: Math.min(lanes, 8) }, (_, lane) => at(lane));
        const ranges = new Map<string, Interval>();
        for (const values of every) {
          for (const [name, value] of values) {
            const { low, high } = ranges.get(name) ?? { low: value, high: value };
            ranges.set(name, { low: value < low ? value : low, high: value > high ? value : high });
          }
        }
        const found = rangesOf(block, ranges);
        for (const values of every) expect(wrongAbout(found, block, values)).toBe(null);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, Ranges, [number, number] | null]>([
    ["y = x > 5 ? x - 5 : 0", { x: [-9, 9] }, [0, 4]],
    ["y = abs(x) < 4 ? x : 0", { x: [-9, 9] }, [-3, 3]],
    ["y = x != 0 && 8 >> x", { x: [-2, 3] }, [0, 1]],
    ["y = rem(x, 8)", { x: [17, 20] }, [1, 4]],
    ["y = bits(x, 1, 3)", { x: [-2, -1] }, [7, 7]],
    ["y = wrap(x, 8)", { x: [128, 200] }, [-128, -56]],
    ["y = 1 << x", { x: [-9, -1] }, null],
  ])("%s, %o: %o", (text, ranges, expected) => {
    expect(resultOf(text, ranges)).toEqual(expected?.map(BigInt) ?? null);
  });

  it("say which calls and conditions can never act, and which always do", () => {
    const block = parseBlock("a = saturate(x, -8, 7)\nb = wrap(x, 3)\nc = x > 3 ? clamp(x, 9, 12) : 0");
    const { acts } = rangesOf(block, inputsOf({ x: [-4, 7] }));
    const found: [string, Happens][] = [...acts].map(([node, happens]) => [node.kind, happens]);
    expect(found).toEqual([
      ["call", "never"],
      ["call", "maybe"],
      ["call", "always"],
      ["choice", "maybe"],
    ]);
  });

  it("do not grow with numbers of any length", () => {
    const lines = Array.from({ length: 60 }, (_, i) => `t${i + 1} = t${i} * t${i} << 4096`.replace("t0", "x"));
    const text = lines
      .join("\n")
      .replaceAll("t0", "x")
      .replaceAll(/= (\S+) \* (\S+) <</g, "= ($1 * $2) <<");
    const [low, high] = resultOf(text, { x: [2, 3] })!;
    expect(low > 0n && high > low).toBe(true);
  });
});
