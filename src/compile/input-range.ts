/** What one timestep may bring before the equations cut it, read from the equations. */

import type { Datapath } from "../datapath/datapath.ts";
import { realLanes, runIdeal } from "../datapath/ideal.ts";
import type { Interval } from "../datapath/interval.ts";
import { BlockReader } from "../datapath/ranges.ts";
import { childrenOf, namesIn, renamed, type Assignment, type Block, type Expression } from "../datapath/syntax.ts";
import { typeRange } from "../datapath/typed.ts";
import type { ProjectionConstants } from "./weights.ts";

type Settings = Readonly<Record<string, number>>;

/** Sums beyond this are no longer exact in an engine. */
const largestSum = 2n ** 53n - 1n;

/**
 * Largest magnitude of one timestep's input that no `wrap` or `saturate` of `on timestep` changes before it meets a
 * register, in LSBs of the first accumulator; one that is cut at 0 reaches up only. Infinity where nothing cuts it, or
 * where the accumulator is a register, whose type says so.
 */
export function inputReach({ spec, words, onTimestep }: Datapath, settings: Settings): number {
  const [name] = spec.inputs as [string, ...string[]];
  if (Object.hasOwn(spec.state, name)) return Infinity;
  const constants = new Map<string, Interval>(
    [...words, ...Object.entries(settings)].map(([one, value]) => [one, only(value)]),
  );
  for (const [parameter, own] of Object.entries(spec.parameters))
    constants.set(parameter, typeRange(own.documented ?? own));
  const block = partsOf(onTimestep, name, new Set(constants.keys()));
  const cutting = cutsOf(block);
  if (cutting.length === 0) return Infinity;
  const reader = new BlockReader(block);
  const isFree = (range: Interval): boolean => {
    const { acts } = reader.read(new Map([...constants, [name, range]]), false);
    return cutting.every((node) => (acts.get(node) ?? "never") === "never");
  };
  const up = largestFree((high) => isFree({ low: 0n, high }));
  const down = largestFree((high) => isFree({ low: -high, high: 0n }));
  const reach = down === 0n || up < down ? up : down;
  return reach === largestSum ? Infinity : Number(reach);
}

/** What a weight of one LSB brings to the first accumulator: `on spike` and `on total` in real numbers. */
export function broughtBy(
  { spec, words, onSpike, onTotal }: Datapath,
  settings: Settings,
  constants: ProjectionConstants,
): number {
  const [name] = spec.inputs as [string, ...string[]];
  const names = { [name]: 0, ...settings, ...constants, total: 0, weight: 1, payload: 1 };
  const zeros = [...Object.keys(spec.state), ...Object.keys(spec.parameters)].map((one): [string, number] => [one, 0]);
  const values = new Map(
    [...zeros, ...words, ...Object.entries(names)].map(([one, value]) => [one, Float64Array.of(value)]),
  );
  const block = [...onSpike, ...(onTotal ?? [])];
  const after = runIdeal(renamed(block, "input", name), values, realLanes(1));
  const total = onTotal === null ? (after.get("total")?.[0] ?? 0) : 0;
  return total + (after.get(name)?.[0] ?? 0);
}

function only(value: number): Interval {
  return { low: BigInt(value), high: BigInt(value) };
}

/** Lines, and parts of lines, that are made of the input and constants alone. */
function partsOf(block: Block, input: string, constants: ReadonlySet<string>): Block {
  const arrived = new Set([input]);
  const parts: Assignment[] = [];
  const collect = (one: Expression): void => {
    if (isMadeOf(one, arrived, constants)) parts.push({ name: `part ${parts.length}`, value: one, at: one.at });
    else childrenOf(one).forEach(collect);
  };
  for (const line of block) {
    if (isMadeOf(line.value, arrived, constants)) {
      parts.push(line);
      arrived.add(line.name);
    } else {
      collect(line.value);
      arrived.delete(line.name);
    }
  }
  return parts;
}

/** Whether an expression reads some of the names that arrived, and beside them only constants. */
function isMadeOf(one: Expression, arrived: ReadonlySet<string>, constants: ReadonlySet<string>): boolean {
  const names = [...namesIn(one)];
  const known = names.every((name) => arrived.has(name) || constants.has(name));
  return known && names.some((name) => arrived.has(name)) && !readsEntry(one);
}

function readsEntry(one: Expression): boolean {
  return one.kind === "old" || childrenOf(one).some(readsEntry);
}

/** Calls that stand for an overflow. */
function cutsOf(block: Block): Expression[] {
  const inside = (one: Expression): Expression[] => {
    const own = one.kind === "call" && (one.name === "wrap" || one.name === "saturate");
    return [...(own ? [one] : []), ...childrenOf(one).flatMap(inside)];
  };
  return block.flatMap(({ value }) => inside(value));
}

/** The largest number up to which something holds, by halving: what holds for a number holds for smaller ones. */
function largestFree(holds: (high: bigint) => boolean): bigint {
  let [low, high] = [0n, largestSum];
  if (holds(high)) return high;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
