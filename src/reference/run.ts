/** One run of a prepared network: windows of samples and timesteps, stage by stage. */

import * as tf from "@tensorflow/tfjs-core";
import type { Stimuli, Stimulus } from "../engine.ts";
import { sizeOf, type DiscreteNode, type Edge } from "../network/types.ts";
import type { History } from "./history.ts";
import { lookup } from "./lookup.ts";
import type { CellStage, LayerStage, Model } from "./model.ts";
import type { Pace } from "./pace.ts";
import type { Recorder, Window } from "./recorder.ts";
import { asFloats, startCells, stepCells, type Feed, type RunningCell } from "./stepping.ts";
import { Tensors, total } from "./tensors.ts";

/** What leaves a node during a window: [steps * batch][size], step-major; or [batch][size], the same at every step. */
interface Signal {
  readonly values: tf.Tensor2D;
  readonly constant: boolean;
}

/** Samples that run side by side, from their first timestep to their last. */
export class Batch {
  private readonly model: Model;
  private readonly stimuli: Stimuli;
  private readonly recorder: Recorder;
  private readonly pace: Pace;
  private readonly tensors = new Tensors();
  private readonly signals = new Map<string, Signal>();
  private readonly cells = new Map<CellStage, readonly RunningCell[]>();

  constructor(model: Model, stimuli: Stimuli, recorder: Recorder, pace: Pace) {
    this.model = model;
    this.stimuli = stimuli;
    this.recorder = recorder;
    this.pace = pace;
  }

  /**
   * Make the state before the first timestep.
   *
   * @param samples how many run side by side
   * @param steps timesteps of the whole run
   */
  start(samples: number, steps: number): void {
    const { tensors } = this;
    this.pace.use();
    for (const stage of this.model.stages) {
      if (stage.kind !== "cells") continue;
      const probed = (name: string): ReadonlySet<string> => this.recorder.probed(name);
      this.cells.set(stage, startCells(stage, { batch: samples, steps, tensors }, probed));
    }
  }

  /** Advance all samples by the steps of a window. @throws RUN_INTERRUPTED when the run was aborted */
  async advance(window: Window): Promise<void> {
    for (const [i, stage] of this.model.stages.entries()) {
      if (this.pace.due()) await this.pace.rest();
      this.pace.use();
      if (stage.kind === "layer") this.runLayer(stage, window);
      else await this.runCells(stage, window);
      this.forget(i);
    }
  }

  /** Free everything. */
  close(): void {
    this.tensors.close();
  }

  /** Free the signals that no later stage needs. What is constant stays for the next window. */
  private forget(stage: number): void {
    for (const [name, { values, constant }] of this.signals) {
      if (constant || (this.model.lastUse.get(name) ?? 0) > stage) continue;
      this.signals.delete(name);
      this.tensors.free([values]);
    }
  }

  private runLayer({ node, layer, incoming }: LayerStage, window: Window): void {
    let signal = this.signals.get(node.name);
    if (signal === undefined) {
      const stimulus = node.kind === "input" ? this.stimuli.get(node.name) : undefined;
      signal =
        stimulus === undefined
          ? {
              values: this.tensors.keep(() => layer(this.sum(incoming, node, window))),
              constant: incoming.every((edge) => this.signal(edge).constant),
            }
          : { values: this.tensors.keep(() => frames(stimulus, window)), constant: stimulus.constant };
      this.signals.set(node.name, signal);
    }
    if (node.kind !== "output") return;
    this.recorder.output(node.name, window, signal.values.dataSync<"float32">(), signal.constant);
  }

  private signal({ from }: Edge): Signal {
    return lookup(this.signals, from);
  }

  /** What arrives over the edges, [rows][size]; one row per sample when all of it is constant. */
  private sum(edges: readonly Edge[], node: DiscreteNode, window: Window): tf.Tensor2D {
    const signals = edges.map((edge) => this.signal(edge));
    const constant = signals.every((signal) => signal.constant);
    const parts = signals.map((signal) =>
      signal.constant && !constant ? tf.tile(signal.values, [window.steps, 1]) : signal.values,
    );
    return total(parts) ?? tf.zeros([window.samples, sizeOf(node.inputShape)]);
  }

  private async runCells(stage: CellStage, window: Window): Promise<void> {
    const histories = await stepCells(
      stage,
      lookup(this.cells, stage),
      ({ node }) => this.feed(stage, node, window),
      (running) => this.wanted(running),
      window,
      this.tensors,
      this.pace,
    );
    this.pace.use();
    for (const [running, history] of histories) this.recordCell(running, history, window);
  }

  /** What other stages send to a node, in plain memory: cutting steps out of a large tensor is slow on some backends. */
  private feed({ incoming }: CellStage, node: DiscreteNode, window: Window): Feed {
    const edges = incoming.filter((edge) => edge.to === node.name);
    if (edges.length === 0) return null;
    const constant = edges.every((edge) => this.signal(edge).constant);
    const size = window.samples * sizeOf(node.inputShape);
    let values: Float32Array = new Float32Array();
    tf.tidy(() => {
      values = this.sum(edges, node, window).dataSync<"float32">();
    });
    return (step) => {
      const from = constant ? 0 : step * size;
      return tf.tensor2d(values.subarray(from, from + size), [window.samples, sizeOf(node.inputShape)]);
    };
  }

  /** Registers of a cell that are needed after the window. */
  private wanted({ node, cell }: RunningCell): ReadonlySet<string> {
    const wanted = new Set(this.recorder.probed(node.name));
    if (cell.fires) wanted.add("fired");
    if (this.model.lastUse.has(node.name)) wanted.add(cell.output);
    return wanted;
  }

  /** Record what a cell did in a window, hand its output to later stages, and free the history. */
  private recordCell({ node, cell, registers }: RunningCell, history: History, window: Window): void {
    for (const name of history.names()) {
      const values = this.tensors.keep(() => history.joined(name));
      if (name === "fired") this.recorder.spikes(node.name, window, values.dataSync<"bool">());
      else if (this.recorder.probed(node.name).has(name)) {
        this.recorder.trace(node.name, name, window, values.dataSync<"float32">());
      }
      if (name === cell.output && this.model.lastUse.has(node.name)) {
        const leaves = this.tensors.keep(() => asFloats(values));
        this.signals.set(node.name, { values: leaves, constant: false });
      }
      this.tensors.free([values]);
    }
    this.tensors.free(history.superseded(registers));
  }
}

/** The frames of a window, [steps * samples][size]; one per sample when the stimulus is constant. */
function frames(stimulus: Stimulus, window: Window): tf.Tensor2D {
  const { firstSample, samples, firstStep } = window;
  const steps = stimulus.constant ? 1 : window.steps;
  const size = sizeOf(stimulus.shape);
  const values = new Float32Array(steps * samples * size);
  for (let step = 0; step < steps; step++) {
    for (let sample = 0; sample < samples; sample++) {
      const at = (step * samples + sample) * size;
      stimulus.read(firstSample + sample, firstStep + step, values.subarray(at, at + size));
    }
  }
  return tf.tensor2d(values, [steps * samples, size]);
}
