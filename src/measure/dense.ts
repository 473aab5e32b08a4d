/** What the same network would cost if every weight were multiplied at every step. */

import type { Network, NetworkNode, Padding, Shape } from "../network/types.ts";
import { sizeOf } from "../network/types.ts";

/**
 * Multiply-accumulates of one pass through all weights, zeros among them: NeuroBench's dense operations of one step.
 * A weight that meets only padding is not counted; biases, pooling and neurons are not either.
 */
export function denseMacs(network: Pick<Network, "nodes">): number {
  return network.nodes.reduce((sum, node) => sum + nodeMacs(node), 0);
}

/** The same by the stateful nodes that the products reach, straight or through nodes without state. */
export function macsByLayer({ nodes, edges }: Pick<Network, "nodes" | "edges">): Map<string, number> {
  const byName = new Map<string, NetworkNode>(nodes.map((node) => [node.name, node]));
  const layers = new Map<string, number>();
  for (const node of nodes) {
    const macs = nodeMacs(node);
    if (macs === 0) continue;
    for (const layer of reachedFrom(node.name, byName, edges)) layers.set(layer, (layers.get(layer) ?? 0) + macs);
  }
  return layers;
}

/** The first stateful nodes behind a node. */
function reachedFrom(
  name: string,
  nodes: ReadonlyMap<string, NetworkNode>,
  edges: Network["edges"],
  seen: Set<string> = new Set(),
): string[] {
  return edges.flatMap(({ from, to }): string[] => {
    if (from !== name || seen.has(to)) return [];
    seen.add(to);
    const { kind } = nodes.get(to)!;
    return kind === "neuron" || kind === "population" ? [to] : reachedFrom(to, nodes, edges, seen);
  });
}

function nodeMacs(node: NetworkNode): number {
  switch (node.kind) {
    case "dense":
      return sizeOf(node.weight.shape);
    case "conv1d": {
      const [out = 0, perGroup = 0, kernel = 0] = node.weight.shape;
      return out * perGroup * pairs(node, -1, kernel, node.stride, node.padding, node.dilation);
    }
    case "conv2d": {
      const [out = 0, perGroup = 0, height = 0, width = 0] = node.weight.shape;
      const down = pairs(node, -2, height, node.stride[0], node.padding[0], node.dilation[0]);
      const across = pairs(node, -1, width, node.stride[1], node.padding[1], node.dilation[1]);
      return out * perGroup * down * across;
    }
    default:
      return 0;
  }
}

/** Pairs of (output position, kernel position) along one axis whose input lies inside the image. */
function pairs(
  node: { readonly inputShape: Shape; readonly outputShape: Shape },
  axis: -1 | -2,
  kernel: number,
  stride: number,
  padding: Padding,
  dilation: number,
): number {
  const size = node.inputShape.at(axis) ?? 0;
  const places = node.outputShape.at(axis) ?? 0;
  let count = 0;
  for (let place = 0; place < places; place++) {
    for (let tap = 0; tap < kernel; tap++) {
      const position = place * stride + tap * dilation - padding[0];
      if (position >= 0 && position < size) count++;
    }
  }
  return count;
}
