/** How much of a network was active: spikes, sparsity and synaptic operations per layer. */

import type { Recording } from "../engine.ts";

/** Activity of one population. Counts are totals over all samples. */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  /** Events; a graded one counts once, whatever it carries. */
  readonly spikes: number;
  /** 1 - spikes / (samples * steps * neurons), 0 to 1; 1 where there is nothing to count. */
  readonly sparsity: number;
  /** Synaptic operations received, those from inputs included; 0 where the recording counts none. */
  readonly synops: number;
  readonly perSample: { readonly spikes: number; readonly synops: number };
}

/**
 * Activity of every population in the order of the recording. Sparsity is NeuroBench's activation sparsity by layer.
 *
 * @param only names of the populations wanted; all unless given. Inputs are no layers: leave them out.
 */
export function layerActivity(recording: Recording, only?: readonly string[]): readonly LayerActivity[] {
  const { samples, steps } = recording;
  const received = synopsReceived(recording);
  return recording.populations
    .filter(({ name }) => only === undefined || only.includes(name))
    .map(({ name, neurons, spikes: train }) => {
      const spikes = train.neuron.length;
      const synops = received.get(name) ?? 0;
      const perSample = { spikes: perOne(spikes, samples), synops: perOne(synops, samples) };
      return { name, neurons, spikes, sparsity: sparsity(spikes, samples * steps * neurons), synops, perSample };
    });
}

/**
 * Share of silent (sample, step, neuron) over all layers together: one ratio of sums, as NeuroBench's activation
 * sparsity is, and not a mean of the layers' ratios.
 */
export function activationSparsity(layers: readonly LayerActivity[], samples: number, steps: number): number {
  const spikes = layers.reduce((sum, layer) => sum + layer.spikes, 0);
  const neurons = layers.reduce((sum, layer) => sum + layer.neurons, 0);
  return sparsity(spikes, samples * steps * neurons);
}

function sparsity(spikes: number, places: number): number {
  return places === 0 ? 1 : 1 - spikes / places;
}

function perOne(total: number, samples: number): number {
  return samples === 0 ? 0 : total / samples;
}

/** Total synops by receiving population. */
function synopsReceived(recording: Recording): ReadonlyMap<string, number> {
  const received = new Map<string, number>();
  for (const { to, synops } of recording.projections) {
    const total = synops.reduce((sum, one) => sum + one, 0);
    received.set(to, (received.get(to) ?? 0) + total);
  }
  return received;
}
