/**
 * The order in which the nodes of a network run within one timestep, and the edges that carry the previous timestep.
 * Here nodes are numbers from 0, edges pairs of them.
 */

export interface Links {
  readonly count: number;
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** [count] edges on the shortest way from any of `starts`; infinite where no way leads. */
export function distances(links: Links, starts: readonly number[]): Float64Array {
  const next = successors(links);
  const distance = new Float64Array(links.count).fill(Infinity);
  for (const start of starts) distance[start] = 0;
  const queue = [...starts];
  for (const node of queue) {
    for (const child of next[node] ?? []) {
      if (distance[child] !== Infinity) continue;
      distance[child] = distance[node]! + 1;
      queue.push(child);
    }
  }
  return distance;
}

/** Nodes of a loop that holds no state and so has no meaning, in order; null when there is none. */
export function statelessCycle(links: Links, stateful: readonly boolean[]): readonly number[] | null {
  return depthFirst(range(links.count), amongStateless(links, stateful)).cycle;
}

/**
 * Which edges carry the value of the previous timestep: those that leave a stateful node and lead through stateless
 * nodes to a stateful node that is equally near or nearer to the inputs and reaches the first one again. Every loop of
 * a graph without stateless cycles has such an edge: the one after its farthest stateful node.
 *
 * @param distance [count] as `distances` from the inputs gives it
 * @returns [edges]
 */
export function delayedEdges(links: Links, stateful: readonly boolean[], distance: Float64Array): readonly boolean[] {
  const loop = loops(links);
  const nearest = nearestStateful(links, stateful, distance, loop);
  return links.edges.map(
    ([from, to]) => stateful[from] === true && loop[from] === loop[to] && nearest[to]! <= distance[from]!,
  );
}

/**
 * All nodes in an order in which every edge that is not delayed leads forward. Independent of the order of the edges;
 * where the graph leaves a choice, nodes nearer to the inputs come first, then those with the smaller number.
 *
 * @param delayed [edges]; every loop must contain one
 * @param distance [count] as `distances` from the inputs gives it
 */
export function executionOrder(links: Links, delayed: readonly boolean[], distance: Float64Array): readonly number[] {
  const before = (a: number, b: number): number => compare(distance[a]!, distance[b]!) || a - b;
  const needed = { count: links.count, edges: links.edges.filter((_, edge) => delayed[edge] !== true) };
  const needs = successors(reversed(needed)).map((nodes) => nodes.toSorted(before));
  return depthFirst(range(links.count).toSorted(before), needs).finished;
}

/** Nodes on the shortest way from one node to another, both included; null when there is none. */
export function shortestWay(links: Links, from: number, to: number): readonly number[] | null {
  const left = distances(reversed(links), [to]);
  if (left[from] === Infinity) return null;
  const next = successors(links);
  const way = [from];
  for (let node: number | undefined = from; node !== undefined && node !== to;) {
    const here: number = left[node]!;
    node = next[node]?.find((child) => left[child] === here - 1);
    if (node !== undefined) way.push(node);
  }
  return way;
}

/** [count] the same number for two nodes exactly when each reaches the other (strongly connected components). */
function loops(links: Links): Int32Array {
  const previous = successors(reversed(links));
  const { finished } = depthFirst(range(links.count), successors(links));
  const loop = new Int32Array(links.count).fill(-1);
  // Kosaraju's algorithm: against the edges, from the node finished last, exactly its component is still reachable.
  for (const root of finished.toReversed()) {
    if (loop[root] !== -1) continue;
    loop[root] = root;
    const queue = [root];
    for (const node of queue) {
      for (const parent of previous[node] ?? []) {
        if (loop[parent] !== -1) continue;
        loop[parent] = root;
        queue.push(parent);
      }
    }
  }
  return loop;
}

/** [count] smallest distance of the stateful nodes of its own loop that a node is or reaches through stateless nodes. */
function nearestStateful(
  links: Links,
  stateful: readonly boolean[],
  distance: Float64Array,
  loop: Int32Array,
): Float64Array {
  const within = { count: links.count, edges: links.edges.filter(([from, to]) => loop[from] === loop[to]) };
  const next = successors(within);
  const nearest = distance.map((own, node) => (stateful[node] === true ? own : Infinity));
  // Finished means after all it leads to, so each stateless node finds its neighbours' values ready.
  for (const node of depthFirst(range(links.count), amongStateless(within, stateful)).finished) {
    if (stateful[node] === true) continue;
    for (const child of next[node] ?? []) nearest[node] = Math.min(nearest[node]!, nearest[child]!);
  }
  return nearest;
}

/**
 * Depth-first search without recursion, so that long chains cannot overflow the stack.
 *
 * @returns all nodes reached, each after those it leads to, and the first cycle that was met
 */
function depthFirst(
  starts: readonly number[],
  next: readonly (readonly number[])[],
): { readonly finished: readonly number[]; readonly cycle: readonly number[] | null } {
  const onPath = 1;
  const done = 2;
  const state = new Uint8Array(next.length);
  const position = new Uint32Array(next.length);
  const finished: number[] = [];
  const path: number[] = [];
  let cycle: readonly number[] | null = null;
  const enter = (node: number): void => {
    state[node] = onPath;
    path.push(node);
  };
  for (const start of starts) {
    if (state[start] === 0) enter(start);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const child = next[node]?.[position[node]!++];
      if (child === undefined) {
        state[node] = done;
        finished.push(node);
        path.pop();
      } else if (state[child] === 0) enter(child);
      else if (state[child] === onPath) cycle ??= path.slice(path.indexOf(child));
    }
  }
  return { finished, cycle };
}

/** [count] the nodes each node leads to. */
function successors(links: Links): number[][] {
  const next: number[][] = range(links.count).map(() => []);
  for (const [from, to] of links.edges) next[from]?.push(to);
  return next;
}

function amongStateless(links: Links, stateful: readonly boolean[]): number[][] {
  const stateless = links.edges.filter(([from, to]) => stateful[from] !== true && stateful[to] !== true);
  return successors({ count: links.count, edges: stateless });
}

function reversed(links: Links): Links {
  return { count: links.count, edges: links.edges.map(([from, to]) => [to, from]) };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Infinity equals itself here, which a difference would not say. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
