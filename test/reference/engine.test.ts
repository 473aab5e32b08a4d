import * as tf from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Probe, Recording, Stimulus, Trace } from "../../src/engine.ts";
import { createNetwork } from "../../src/network/create.ts";
import { sizeOf, type DiscreteNetwork, type DiscreteNode, type Tensor } from "../../src/network/types.ts";
import { useBackend } from "../../src/reference/backend.ts";
import { openReference } from "../../src/reference/engine.ts";
import { concatRecordings } from "../../src/recording.ts";
import { defaultTime, discretize } from "../../src/network/discretize.ts";
import { mistakeOf } from "../support.ts";
import { runNaively } from "./naive.ts";
import { Dice } from "../dice.ts";
import { experiment, type Experiment } from "./networks.ts";
import { onEveryBackend, populationOf, raster, stimulus, withReference } from "./support.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

const probesOf = (network: DiscreteNetwork): Probe[] =>
  network.nodes
    .filter((node) => node.kind === "population")
    .flatMap(({ name }) =>
      ["membrane", "current", "membrane_before_reset"].map((register) => ({ population: name, register })),
    );

/** A stimulus that shows some samples of another. */
const part = (whole: Stimulus, first: number, samples: number): Stimulus => ({
  ...whole,
  samples,
  read: (sample, step, out) => whole.read(first + sample, step, out),
});

/** Run with every register probed; with a memory of next to nothing, each step of each sample runs by itself. */
async function runAll({ network, stimuli }: Experiment, backend: string, memory?: number): Promise<Recording> {
  return withReference(network, { backend, memory }, (engine) => engine.run(stimuli, { probes: probesOf(network) }));
}

/** Without the sign of zero, which depends on the order of a sum. */
const unsigned = (values: Trace | undefined): number[] => Array.from(values ?? [], (value) => value + 0);

/** What a naive run says of each population and output. */
function expectNaive({ network, stimuli }: Experiment, recording: Recording): void {
  const naive = runNaively(network, stimuli);
  const values = (node: DiscreteNode): Float32Array => Float32Array.from(naive.get(node.name) ?? []);
  for (const node of network.nodes) {
    if (node.kind === "output") expect(unsigned(recording.outputs.get(node.name))).toEqual(unsigned(values(node)));
    if (node.kind !== "population") continue;
    const { spikes, traces } = populationOf(recording, node.name);
    if (node.threshold === null) expect(unsigned(traces.get("membrane"))).toEqual(unsigned(values(node)));
    else expect(raster(spikes, sizeOf(node.outputShape))).toEqual(Uint8Array.from(values(node)));
  }
}

const one = (value: number): Tensor => ({ shape: [1], data: Float64Array.of(value) });

/** One leaky neuron per element behind an input; the smallest network there is. */
function leaky(neurons: number): DiscreteNetwork {
  const { network } = createNetwork(
    [
      { kind: "input", name: "in", shape: [neurons] },
      {
        kind: "neuron",
        name: "lif",
        type: "LIF",
        tauSyn: null,
        tauMem: one(1e-3),
        r: one(10),
        wIn: null,
        vLeak: one(0),
        threshold: one(1),
        vReset: one(0),
      },
      { kind: "output", name: "out", shape: null },
    ],
    [
      ["in", "lif"],
      ["lif", "out"],
    ],
  );
  return discretize(network, defaultTime).network;
}

const steady = (samples: number, steps: number, neurons: number): Map<string, Stimulus> =>
  new Map([["in", stimulus(new Float32Array(samples * steps * neurons).fill(0.3), samples, steps, [neurons])]]);

const codeOfRun = async (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "no error",
    (error: unknown) => {
      const mistake = mistakeOf(() => {
        throw error;
      });
      return mistake?.code ?? "no error";
    },
  );

onEveryBackend((backend) => {
  describe("a run of a network whose numbers float32 holds exactly", () => {
    it("equals plain loops over steps and neurons", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const one = experiment(seed);
          expectNaive(one, await runAll(one, backend));
        }),
        { numRuns: 60 },
      );
    });

    it("does not depend on how much runs at once", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, fc.constantFrom(1e-6, 0.005, 0.02), async (seed, memory) => {
          const one = experiment(seed);
          expect(await runAll(one, backend, memory)).toEqual(await runAll(one, backend));
        }),
        { numRuns: 25 },
      );
    });

    it("treats a sample alone as it does among others", async () => {
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const { network, stimuli } = experiment(seed);
          const { samples } = [...stimuli.values()][0]!;
          const parts: Recording[] = [];
          for (let sample = 0; sample < samples; sample++) {
            const alone = new Map([...stimuli].map(([name, whole]) => [name, part(whole, sample, 1)] as const));
            parts.push(await runAll({ network, stimuli: alone }, backend));
          }
          expect(concatRecordings(parts)).toEqual(await runAll({ network, stimuli }, backend));
        }),
        { numRuns: 15 },
      );
    });
  });

  describe("a run", () => {
    it("can be repeated and gives the same again", async () => {
      const { network, stimuli } = experiment(7);
      await withReference(network, { backend }, async (engine) => {
        expect(await engine.run(stimuli)).toEqual(await engine.run(stimuli));
      });
    });

    it("may go on beside another run, whenever each of them rests", async () => {
      const dice = new Dice(4);
      let now = 0;
      const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += dice.chance(30) ? 1000 : 0));
      for (let seed = 10; seed < 90; seed += 2) {
        const [one, two] = [experiment(seed + 1), experiment(seed + 2)];
        const alone = [await runAll(one, backend), await runAll(two, "cpu")];
        expect(await Promise.all([runAll(one, backend), runAll(two, "cpu")])).toEqual(alone);
      }
      clock.mockRestore();
    });

    it("frees all tensors when it ends, when it is aborted and when the engine is closed", async () => {
      useBackend(backend);
      const outside = tf.memory().numTensors;
      const { network, stimuli } = experiment(3);
      const engine = await openReference(network, { backend, memory: 1e-6 });
      const opened = tf.memory().numTensors;
      await engine.run(stimuli, { probes: probesOf(network) });
      expect(tf.memory().numTensors).toBe(opened);
      let looks = 0;
      const signal = {
        get aborted() {
          return ++looks > 50;
        },
      };
      expect(await codeOfRun(engine.run(stimuli, { probes: probesOf(network), signal }))).toBe("RUN_INTERRUPTED");
      expect(tf.memory().numTensors).toBe(opened);
      await engine.close();
      expect(tf.memory().numTensors).toBe(outside);
    });

    it("stops at once when it was aborted before, and soon when it is aborted by a timer", async () => {
      await withReference(leaky(1), { backend }, async (engine) => {
        const controller = new AbortController();
        const endless = { ...steady(1, 1, 1).get("in")!, steps: 2 ** 22, constant: true };
        setTimeout(() => controller.abort(), 50);
        const stimuli = new Map([["in", endless]]);
        expect(await codeOfRun(engine.run(stimuli, { signal: controller.signal }))).toBe("RUN_INTERRUPTED");
        expect(await codeOfRun(engine.run(stimuli, { signal: controller.signal }))).toBe("RUN_INTERRUPTED");
      });
    });

    it("tells its progress, never backwards, and all samples at the end", async () => {
      const seen: number[] = [];
      const onProgress = (done: number, total: number): void => {
        expect(total).toBe(5);
        seen.push(done);
      };
      await withReference(leaky(4), { backend, memory: 0.001 }, (engine) =>
        engine.run(steady(5, 20, 4), { onProgress }),
      );
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect(seen.length).toBeGreaterThan(5);
      expect(seen.at(-1)).toBe(5);
    });

    it("of no samples or no steps is an empty recording", async () => {
      await withReference(leaky(2), { backend }, async (engine) => {
        for (const [samples, steps] of [
          [0, 5],
          [3, 0],
        ] as const) {
          const recording = await engine.run(steady(samples, steps, 2), {
            probes: [{ population: "lif", register: "membrane" }],
          });
          expect(recording).toMatchObject({ samples, steps });
          expect(populationOf(recording, "lif").spikes.start).toHaveLength(1);
          expect(recording.outputs.get("out")).toHaveLength(0);
        }
      });
    });

    it("refuses missing data and registers that are not there", async () => {
      await withReference(leaky(2), { backend }, async (engine) => {
        expect(await codeOfRun(engine.run(new Map()))).toBe("RUN_STIMULUS_MISSING");
        const probes = [{ population: "lif", register: "voltage" }];
        expect(await codeOfRun(engine.run(steady(1, 1, 2), { probes }))).toBe("RUN_PROBE");
      });
    });
  });
});
