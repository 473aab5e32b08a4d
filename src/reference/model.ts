/** A network prepared for TensorFlow.js: what never changes between runs. */

import { sizeOf, type DiscreteNetwork, type DiscreteNode, type Edge } from "../network/types.ts";
import { cellMaker, longestDelay, type CellMaker } from "./cells.ts";
import { layerOf, type Layer } from "./layers.ts";
import { planStages } from "./plan.ts";
import { Tensors } from "./tensors.ts";

/** A stateless node outside of loops: all timesteps of a window at once. */
export interface LayerStage {
  readonly kind: "layer";
  readonly node: DiscreteNode;
  readonly layer: Layer;
  /** Edges into the node. */
  readonly incoming: readonly Edge[];
}

/** Nodes that run step by step. */
export interface CellStage {
  readonly kind: "cells";
  readonly nodes: readonly { readonly node: DiscreteNode; readonly makeCell: CellMaker }[];
  /** Edges from other stages. */
  readonly incoming: readonly Edge[];
  /** Edges between the nodes. */
  readonly inner: readonly Edge[];
}

export type ModelStage = LayerStage | CellStage;

export interface Model {
  readonly network: DiscreteNetwork;
  readonly stages: readonly ModelStage[];
  /** Index of the last stage that needs a node's values, by the node's name; missing when none does. */
  readonly lastUse: ReadonlyMap<string, number>;
  /** Owner of all parameters. */
  readonly tensors: Tensors;
}

/** Plan a network and hand its parameters to the current backend. */
export function prepareModel(network: DiscreteNetwork): Model {
  const tensors = new Tensors();
  const plan = planStages(network);
  const stages = plan.map(({ nodes, incoming, inner, stepped }): ModelStage => {
    const [node] = nodes;
    if (stepped || node === undefined || node.kind === "population" || node.kind === "stepDelay") {
      const cells = nodes.map((each) => ({ node: each, makeCell: cellMaker(each, tensors) }));
      return { kind: "cells", nodes: cells, incoming, inner };
    }
    return { kind: "layer", node, layer: layerOf(node, tensors), incoming };
  });
  const lastUse = new Map(stages.flatMap((stage, i) => stage.incoming.map(({ from }) => [from, i] as const)));
  return { network, stages, lastUse, tensors };
}

/** Floats that a run holds per sample: for each timestep of a window, and whatever the window. */
export function floatsOf({ network }: Model, steps: number): { perStep: number; perSample: number } {
  let [perStep, perSample] = [0, 0];
  for (const node of network.nodes) {
    const [input, output] = [sizeOf(node.inputShape), sizeOf(node.outputShape)];
    // Convolutions hold both once more while they move the channels to the end and back.
    perStep += (node.kind === "conv1d" || node.kind === "conv2d" ? 2 : 1) * (input + output);
    if (node.kind === "population") perSample += 16 * output;
    if (node.kind === "stepDelay") perSample += (longestDelay(node, steps) + 2) * output;
  }
  return { perStep, perSample };
}
