/** Runs the nodes of one stage step by step. */

import * as tf from "@tensorflow/tfjs-core";
import { sizeOf, type DiscreteNode } from "../network/types.ts";
import type { Cell, CellOptions, Registers } from "./cells.ts";
import { History } from "./history.ts";
import { lookup } from "./lookup.ts";
import type { CellStage } from "./model.ts";
import type { Pace } from "./pace.ts";
import type { Window } from "./recorder.ts";
import type { Tensors } from "./tensors.ts";

/** What enters a node from other stages at one step of a window, [batch][size]; null when nothing does. */
export type Feed = ((step: number) => tf.Tensor2D) | null;

/** A node for the samples of a batch, with what it remembers. */
export interface RunningCell {
  readonly node: DiscreteNode;
  readonly cell: Cell;
  registers: Registers;
}

/** A running cell during one window. */
interface ActiveCell {
  readonly running: RunningCell;
  readonly feed: Feed;
  /** Sources within the stage. */
  readonly inner: readonly { readonly from: RunningCell; readonly delayed: boolean }[];
  readonly history: History;
}

/** Make the cells of a stage as they are before the first timestep. */
export function startCells(
  stage: CellStage,
  options: Omit<CellOptions, "probed">,
  probed: (name: string) => ReadonlySet<string>,
): readonly RunningCell[] {
  return stage.nodes.map(({ node, makeCell }) => {
    const cell = makeCell({ ...options, probed: probed(node.name) });
    return { node, cell, registers: options.tensors.keep(() => cell.start()) };
  });
}

/**
 * Advance the cells of a stage by the steps of a window.
 *
 * @param feeds what enters each cell from outside
 * @param wanted the registers of each cell to collect
 * @returns the collected registers of each cell; their tensors belong to `tensors`
 * @throws RUN_INTERRUPTED when the run was aborted
 */
export async function stepCells(
  stage: CellStage,
  cells: readonly RunningCell[],
  feeds: (running: RunningCell) => Feed,
  wanted: (running: RunningCell) => ReadonlySet<string>,
  window: Window,
  tensors: Tensors,
  pace: Pace,
): Promise<ReadonlyMap<RunningCell, History>> {
  const byName = new Map(cells.map((running) => [running.node.name, running]));
  const active = cells.map((running): ActiveCell => {
    const edges = stage.inner.filter((edge) => edge.to === running.node.name);
    const inner = edges.map(({ from, delayed }) => ({ from: lookup(byName, from), delayed }));
    return { running, feed: feeds(running), inner, history: new History(wanted(running)) };
  });
  for (let step = 0; step < window.steps; step++) {
    if (pace.due()) await pace.rest();
    // Before the first timestep nothing is on its way along the delayed edges.
    const last = window.firstStep + step === 0 ? null : registersOf(cells);
    const before = registersOf(cells);
    for (const each of active) {
      const { running, history } = each;
      running.registers = tensors.keep(() => {
        const inputs = arriving(each, step, last);
        const silence = (): tf.Tensor2D => tf.zeros([window.samples, sizeOf(running.node.inputShape)]);
        return running.cell.step(running.registers, inputs.length === 0 ? [silence()] : inputs);
      });
      history.add(running.registers);
    }
    for (const { running, history } of active) tensors.free(history.unrecorded(lookup(before, running)));
  }
  return new Map(active.map(({ running, history }) => [running, history]));
}

function registersOf(cells: readonly RunningCell[]): ReadonlyMap<RunningCell, Registers> {
  return new Map(cells.map((running) => [running, running.registers]));
}

/** What reaches a cell at one step: the sum of what comes from other stages, then each of those of its own stage. */
function arriving(
  { feed, inner }: ActiveCell,
  step: number,
  last: ReadonlyMap<RunningCell, Registers> | null,
): tf.Tensor2D[] {
  const parts = feed === null ? [] : [feed(step)];
  for (const { from, delayed } of inner) {
    if (!delayed) parts.push(leaving(from.cell, from.registers));
    else if (last !== null) parts.push(leaving(from.cell, lookup(last, from)));
  }
  return parts;
}

function leaving(cell: Cell, registers: Registers): tf.Tensor2D {
  return asFloats(lookup(registers, cell.output));
}

/** A tensor of its own, in floats. */
export function asFloats(values: tf.Tensor2D): tf.Tensor2D {
  return values.dtype === "bool" ? tf.cast(values, "float32") : values.clone();
}
