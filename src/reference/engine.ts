/** The float reference: a network as its framework would run it, in float32 on TensorFlow.js. */

import type { Engine, Recording, RunOptions, Stimuli } from "../engine.ts";
import type { DiscreteNetwork } from "../network/types.ts";
import { checkProbes, checkStimuli } from "../stimuli.ts";
import { chooseBackend, useBackend, type BackendChoice, type BackendOptions } from "./backend.ts";
import { floatsOf, prepareModel, type Model } from "./model.ts";
import { probesOf } from "./neurons.ts";
import { Pace } from "./pace.ts";
import { Recorder } from "./recorder.ts";
import { Batch } from "./run.ts";
import { ranges, windowSize } from "./windows.ts";

export interface ReferenceOptions extends BackendOptions {
  /** Megabytes that the values of a running part may take, parameters and recordings not counted; 64 by default. */
  readonly memory?: number | undefined;
}

/**
 * The float engine; the registers that can be probed are `membrane`, `current`, `membrane_before_reset`, and `inhibitory`
 * where the response is `alpha`.
 */
export interface ReferenceEngine extends Engine {
  readonly backend: BackendChoice;
}

const DEFAULT_MEMORY = 64;

/**
 * Prepare a network to be run in float32. Parts of it without loops run for many timesteps at once; neither that nor
 * the cut into samples and steps that fit memory changes what each step computes.
 *
 * @throws REFERENCE_BACKEND when the backend that was asked for cannot be used
 */
export async function openReference(
  network: DiscreteNetwork,
  options: ReferenceOptions = {},
): Promise<ReferenceEngine> {
  const backend = await chooseBackend(options);
  useBackend(backend.name);
  const model = prepareModel(network);
  const floats = ((options.memory ?? DEFAULT_MEMORY) * 2 ** 20) / Float32Array.BYTES_PER_ELEMENT;
  return {
    name: "reference",
    backend,
    run: (stimuli, runOptions = {}) => run(model, backend, floats, stimuli, runOptions),
    close: () => {
      model.tensors.close();
      return Promise.resolve();
    },
  };
}

async function run(
  model: Model,
  backend: BackendChoice,
  floats: number,
  stimuli: Stimuli,
  options: RunOptions,
): Promise<Recording> {
  const { nodes } = model.network;
  const inputs = nodes.filter((node) => node.kind === "input");
  const length = checkStimuli(
    inputs.map(({ name, outputShape }) => ({ name, shape: outputShape })),
    stimuli,
  );
  const populations = nodes.filter((node) => node.kind === "population");
  const registers = populations.map((node) => [node.name, probesOf(node)] as const);
  checkProbes(new Map(registers), options.probes ?? []);
  const recorder = new Recorder(model.network, length, options.probes ?? []);
  const { perStep, perSample } = floatsOf(model, length.steps);
  const size = windowSize({ ...length, floatsPerStep: perStep, floatsPerSample: perSample }, floats);
  const pace = new Pace(backend.name, options.signal);
  for (const { first, count } of ranges(length.samples, size.batch)) {
    const batch = new Batch(model, stimuli, recorder, pace);
    try {
      batch.start(count, length.steps);
      for (const steps of ranges(length.steps, size.steps)) {
        const window = { firstSample: first, samples: count, firstStep: steps.first, steps: steps.count };
        await batch.advance(window);
        const share = (steps.first + steps.count) / length.steps;
        options.onProgress?.(first + Math.floor(count * share), length.samples);
      }
      recorder.endSamples();
    } finally {
      batch.close();
    }
  }
  return recorder.finish();
}
