/** `bitspike run --float`: a model in float, recorded as a chip is. */

import { chooseLabels, prepareInputs } from "../encoding/prepare.ts";
import type { Probe } from "../engine.ts";
import { mistake } from "../errors.ts";
import { prepareFile, readArrays, writeWhole } from "../files.ts";
import { writeNpz } from "../formats/npz.ts";
import { durationText, grouped, percent } from "../measure/numbers.ts";
import { accuracyOf, readOut } from "../measure/readout.ts";
import { discretize } from "../network/discretize.ts";
import { warningsText } from "../report/program-text.ts";
import { section } from "../report/table.ts";
import { inputsOf } from "../validate.ts";
import { enginesOf } from "./engines.ts";
import { readLabelFile, readModel } from "./models.ts";
import { prepareOptionsOf, timeOf } from "./options.ts";
import type { Output } from "./output.ts";
import { arraysOf, layersOf, populationsTable, probesOf } from "./recorded.ts";
import type { RunCommandFlags } from "./run.ts";
import type { Terminal } from "./terminal.ts";

/** Run a model in float. @throws RUN_FLOAT for options about a chip */
export async function runFloat(
  terminal: Terminal,
  output: Output,
  path: string,
  flags: RunCommandFlags,
): Promise<void> {
  const { target, recipe, set, splitSigns, approximate, calibrate, mapping, chipTime } = flags;
  const asked = {
    target,
    recipe,
    set,
    "split-signs": splitSigns,
    approximate,
    calibrate,
    mapping,
    "chip-time": chipTime,
  };
  const given = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (given.length > 0) throw mistake("RUN_FLOAT", { options: given.join(", ") }, { field: "--float" });
  const { network, warnings } = await readModel(path);
  const data = await readArrays(flags.input);
  const prepared = prepareInputs(inputsOf(network), data, prepareOptionsOf(flags));
  const labels =
    flags.labels === undefined
      ? prepared.labels
      : chooseLabels(await readLabelFile(flags.labels), prepared, prepared.all);
  const discrete = discretize(network, timeOf(flags));
  await prepareFile(flags.out);
  for (const note of prepared.notes) output.say(`  ${note}`);
  output.say(warningsText([...warnings, ...discrete.warnings], terminal.style).trimEnd());
  const populations = discrete.network.nodes.filter(({ kind }) => kind === "population");
  const engine = await enginesOf(flags).openReference(discrete.network);
  const bar = terminal.progress("float");
  const start = performance.now();
  const outputs = flags.decode === "spikes" || flags.decode === "first-spike" ? [] : populations.slice(-1);
  const recording = await engine
    .run(prepared.stimuli, {
      probes: probesOf(
        flags,
        populations,
        outputs.map(({ name }): Probe => ({ population: name, register: "membrane" })),
      ),
      signal: terminal.signal,
      onProgress: (done, total) => bar.update(done, total),
    })
    .finally(async () => {
      bar.stop();
      await engine.close();
    });
  const wallMs = performance.now() - start;
  const read = readOut(recording, { decode: flags.decode });
  await writeWhole(flags.out, writeNpz(arraysOf(recording, read, labels)));
  const accuracy = labels === null ? null : accuracyOf(read.predictions, labels, read.classes);
  const lines = [
    `  ${grouped(recording.samples)} samples of ${recording.steps} timesteps in ${durationText(wallMs)}`,
    ...(accuracy === null ? [] : [`  accuracy ${percent(accuracy)}`]),
    "",
    ...populationsTable(recording, terminal.style),
  ];
  output.say(section("Run", `in float (${engine.backend.name})`, terminal.style, lines).trimEnd());
  output.say(`\nRecording: ${flags.out}`);
  return output.json({
    model: path,
    target: null,
    engine: recording.engine,
    backend: engine.backend.name,
    samples: recording.samples,
    steps: recording.steps,
    accuracy,
    predictions: read.predictions,
    layers: layersOf(recording),
    warnings: [...warnings, ...discrete.warnings],
    wallMs,
    out: flags.out,
  });
}
