/** What `bitspike measure` found, as text for a terminal. */

import type { HardwareUse } from "../measure/hardware.ts";
import type { NeurobenchMetrics } from "../measure/neurobench.ts";
import { grouped, meanText, memoryText, percent } from "../measure/numbers.ts";
import { type Style, plainStyle } from "./style.ts";
import { section, table } from "./table.ts";

const right = { align: "right" } as const;

/** NeuroBench's metrics; what was not recorded is named. */
export function neurobenchSection(
  metrics: NeurobenchMetrics,
  accuracy: number | null,
  style: Style = plainStyle,
): string {
  const { footprintBytes, synapticOperationsPerSample: operations, neuronOperationsPerSample: neurons } = metrics;
  const { membraneUpdatesPerSample: updates } = metrics;
  const unrecorded = "membranes were not recorded (bitspike run --measurable)";
  const byLayer = [...metrics.activationSparsityByLayer].map(([name, share]) => `${name} ${percent(share)}`);
  const rows = [
    ...(accuracy === null ? [] : [["accuracy", percent(accuracy)]]),
    ["parameters", grouped(metrics.parameterCount)],
    [
      "footprint",
      footprintBytes === null ? "not defined for these neurons" : `${memoryText(8 * footprintBytes)} as float32`,
    ],
    ["connection sparsity", percent(metrics.connectionSparsity)],
    ["activation sparsity", `${percent(metrics.activationSparsity)}: ${byLayer.join(", ")}`],
    [
      "effective MACs, ACs",
      `${meanText(operations.effectiveMacs)}, ${meanText(operations.effectiveAcs)} of ${meanText(operations.dense)} dense`,
    ],
    ["membrane updates", updates === null ? unrecorded : meanText(updates)],
    [
      "neuron operations",
      neurons === null
        ? updates === null
          ? unrecorded
          : "not defined for these neurons"
        : `${meanText(neurons.effective)} of ${meanText(neurons.dense)} dense`,
    ],
  ];
  return section("NeuroBench 2.3.0", "per sample", style, table([{ header: "" }, { header: "" }], rows, style));
}

/** Weights in the chip's format. */
export function hardwareSection({ weights, synapseBits, cores }: HardwareUse, style: Style = plainStyle): string {
  const rows = weights.map(({ projection, stored, zeros, bits, effectiveBits }) => [
    projection,
    grouped(stored),
    percent(zeros),
    String(bits),
    String(effectiveBits),
  ]);
  const columns = [
    { header: "weights of" },
    { header: "stored", ...right },
    { header: "zeros", ...right },
    { header: "bits", ...right },
    { header: "effective bits", ...right },
  ];
  const rest = `${memoryText(synapseBits)} of synapse memory on ${grouped(cores)} ${cores === 1 ? "core" : "cores"}`;
  return section("On the chip", rest, style, table(columns, rows, style));
}
