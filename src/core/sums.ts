/** Sums that need no equation per event: an exact one does not depend on order, so whole rows may be added. */

import { fold } from "../datapath/fold.ts";
import type { Values } from "../datapath/prepare.ts";
import type { Block, Expression } from "../datapath/syntax.ts";
import { mistake } from "../errors.ts";
import type { EventList } from "./events.ts";
import type { Rows } from "./rows.ts";

/** What the events of a timestep add up: weights, or weights times payloads. */
export type Sum = "weight" | "weight * payload";

/** Largest magnitude that a sum may be able to reach: doubles stay exact. */
const sumLimit = Number.MAX_SAFE_INTEGER;

/** `total = total + weight` or `total = total + weight * payload`, once the projection's constants are put in. */
export function recognizeSum(onSpike: Block, values: ReadonlyMap<string, Values>): Sum | null {
  const sums = recognizeSums(onSpike, values);
  const [first] = sums ?? [];
  return sums?.length === 1 && first?.name === "total" && typeof first.sum === "string" ? first.sum : null;
}

/** A name that every event adds to, and what it adds: a number is added by every synapse, whatever its weight. */
export interface NamedSum {
  readonly name: string;
  readonly sum: Sum | number;
}

/** Several sums side by side: `total = total + weight`, `events = events + 1`. Null where a line is anything else. */
export function recognizeSums(onSpike: Block, values: ReadonlyMap<string, Values>): readonly NamedSum[] | null {
  const constants = new Map<string, number>();
  for (const [name, value] of values) if (typeof value === "number") constants.set(name, value);
  const sums: NamedSum[] = [];
  for (const { name, value } of onSpike) {
    const sum = addedTo(name, value, constants);
    if (sum === null || sums.some((one) => one.name === name)) return null;
    sums.push({ name, sum });
  }
  return sums;
}

function addedTo(name: string, value: Expression, constants: ReadonlyMap<string, number>): Sum | number | null {
  if (value.kind !== "binary" || value.operator !== "+" || !isName(value.left, name)) return null;
  const term = fold(value.right, constants);
  if (isName(term, "weight")) return "weight";
  if (term.kind === "number") return term.value;
  if (term.kind !== "binary" || term.operator !== "*") return null;
  const straight = isName(term.left, "weight") && isName(term.right, "payload");
  const turned = isName(term.left, "payload") && isName(term.right, "weight");
  return straight || turned ? "weight * payload" : null;
}

function isName(expression: Expression, name: string): boolean {
  return expression.kind === "name" && expression.name === name;
}

/**
 * Add the rows of all events to the totals.
 *
 * @param total [neurons of `rows`] added to in place
 * @param projection named when the sum may leave the range of exact doubles
 * @returns synapses that were reached
 * @throws ENGINE_SUM_RANGE
 */
export function addUp(rows: Rows, events: EventList, sum: Sum, total: Float64Array, projection: string): number {
  let bound = 0;
  let synops = 0;
  for (let i = events.begin; i < events.begin + events.count; i++) {
    const factor = sum === "weight" ? 1 : events.payload[i]!;
    bound += Math.abs(factor) * rows.largest;
    if (bound > sumLimit) throw mistake("ENGINE_SUM_RANGE", { projection });
    rows.seek(events.neuron[i]!);
    synops += rows.end - rows.begin;
    if (rows.dense) addDense(total, rows, factor);
    else addListed(total, rows, factor);
  }
  return synops;
}

function addDense(total: Float64Array, { weight, begin }: Rows, factor: number): void {
  for (let i = 0; i < total.length; i++) total[i]! += weight[begin + i]! * factor;
}

function addListed(total: Float64Array, { target, weight, begin, end }: Rows, factor: number): void {
  for (let i = begin; i < end; i++) total[target[i]!]! += weight[i]! * factor;
}
