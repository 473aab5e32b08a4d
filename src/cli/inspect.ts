/** `bitspike inspect`: what a file holds, whichever of the files of this work it is. */

import { Command } from "commander";
import { decodeProgram } from "../compile/file.ts";
import { noAddress, type Program } from "../compile/program.ts";
import { brackets } from "../encoding/data.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { inFile, readArrays, readBytes, readTarget } from "../files.ts";
import { kindNames, kindOf, type FileKind } from "../formats/kind.ts";
import { readNir } from "../formats/nir.ts";
import type { NpyArray } from "../formats/npy.ts";
import type { NpzFile } from "../formats/npz.ts";
import { grouped, significant } from "../measure/numbers.ts";
import { programText, runs, warningsText } from "../report/program-text.ts";
import type { Style } from "../report/style.ts";
import { shapeText, summarizeNetwork } from "../report/summary.ts";
import { section, table } from "../report/table.ts";
import { targetText } from "../report/target-text.ts";
import { networkText } from "../report/text.ts";
import type { MakeCommand } from "./command.ts";
import { readNetworkFile, type Model } from "./models.ts";
import { addJsonOption } from "./options.ts";
import { openOutput, type JsonOption } from "./output.ts";

const examples = `
Examples:
  $ bitspike inspect model.nir
  $ bitspike inspect program.safetensors --json program.json
  $ bitspike inspect recording.npz`;

/** The `inspect` command. */
export const inspectCommand: MakeCommand = ({ terminal }) =>
  addJsonOption(
    new Command("inspect")
      .description("show what a file holds: a model, a program, a target, a recording or data")
      .argument("<file>", ".nir, .safetensors, .yaml, .npz or .npy; the content decides, not the name"),
  )
    .addHelpText("after", examples)
    .action(async (path: string, options: JsonOption) => {
      const output = await openOutput(terminal, options);
      const { text, document } = await describe(path, terminal.style);
      output.say(text.trim());
      return output.json(document);
    });

interface Description {
  readonly text: string;
  readonly document: unknown;
}

async function describe(path: string, style: Style): Promise<Description> {
  const bytes = await readBytes(path);
  // A broken model gets the words of the NIR reader, which knows best what is wrong with it.
  const kind = /\.(nir|h5|hdf5)$/i.test(path) ? "nir" : kindOf(bytes);
  switch (kind) {
    case "nir":
      return describeModel(await readNir(bytes, path), path, style);
    case "network":
      return describeModel(await readNetworkFile(bytes, path), path, style);
    case "safetensors":
      return describeProgram(
        inFile(path, () => decodeProgram(bytes)),
        style,
      );
    case "text": {
      if (!/\.ya?ml$/i.test(path)) throw notKnown(path, "a text file whose name does not end in .yaml");
      const target = readTarget(path);
      return { text: targetText(target, style), document: { kind: "target", target } };
    }
    case "npz":
    case "npy":
      return describeArrays(path, kind, await readArrays(path), style);
    case "unknown":
      throw notKnown(path, kindNames.unknown);
    default:
      return kind satisfies never;
  }
}

function notKnown(path: string, found: string): Error {
  return mistake("FILE_KIND", { path, found, wanted: "a model, program, target, recording or data file" });
}

function describeModel({ network, warnings }: Omit<Model, "kind">, path: string, style: Style): Description {
  const summary = summarizeNetwork(network);
  const text = networkText(path, summary, style) + warningsText(warnings, style);
  return { text, document: { kind: "model", file: path, network: summary, warnings } };
}

function describeProgram(program: Program, style: Style): Description {
  const { recipe, settings, inputs, latency, decisions, warnings, fit } = program;
  const populations = program.populations.map(({ name, shape, neurons, datapath, offset }) => {
    return { name, shape, neurons, datapath, offset };
  });
  const projections = program.projections.map(({ name, from, to, arrivesAfter, parameters, synapses }) => {
    return { name, from, to, arrivesAfter, parameters, kind: synapses.kind, weights: synapses.weight.length };
  });
  const rows = [
    ...inputs.map(({ name, shape, payloadScale, payloadLimit, addresses }) => [
      name,
      "input",
      "",
      shapeText(shape),
      (payloadScale === null ? `events, at most ${payloadLimit} a timestep` : `payloads to ${payloadLimit}`) +
        addressesText(addresses),
    ]),
    ...program.populations.map(({ name, shape, datapath, offset, addresses }) => [
      name,
      "population",
      "",
      shapeText(shape),
      `${datapath}, starts at timestep ${offset}${addressesText(addresses)}`,
    ]),
    ...projections.map(({ name, from, to, kind, weights, parameters }) => [
      name,
      "projection",
      `${from} -> ${to}`,
      "",
      [
        `${kind}, ${grouped(weights)} weights`,
        ...Object.entries(parameters).map(([key, value]) => `${key} ${value}`),
      ].join(", "),
    ]),
  ];
  const columns = [{ header: "name" }, { header: "kind" }, { header: "between" }, { header: "shape" }, { header: "" }];
  const text = programText(program, style) + section("Parts", "", style, table(columns, rows, style));
  const target = program.target.name;
  const document = { kind: "program", target, recipe, settings, inputs, populations, projections, latency, decisions };
  return { text, document: { ...document, warnings, fit } };
}

/** `, addresses 0-4, 9`; nothing for a chip that has none. */
function addressesText(addresses: Uint32Array | undefined): string {
  return addresses === undefined ? "" : `, addresses ${runs(addresses.filter((address) => address !== noAddress))}`;
}

/** One array of a file, or why it cannot be read. */
interface ArrayFacts {
  readonly name: string;
  readonly shape: readonly number[] | null;
  readonly dtype: string;
  /** Smallest and largest value; null for an empty array or one that cannot be read. */
  readonly range: readonly [number, number] | null;
}

function describeArrays(path: string, kind: FileKind, file: NpzFile, style: Style): Description {
  const arrays = file.names.map((name) => arrayFacts(name, file));
  const rows = arrays.map(({ name, shape, dtype, range }) => [
    name,
    shape === null ? "" : brackets(shape),
    dtype,
    range === null ? "" : significant(range[0], 6),
    range === null ? "" : significant(range[1], 6),
  ]);
  const right = { align: "right" } as const;
  const columns = [
    { header: "array" },
    { header: "shape" },
    { header: "dtype" },
    { header: "smallest", ...right },
    { header: "largest", ...right },
  ];
  const recording = ["samples", "steps"].every((name) => file.names.includes(name));
  const title = recording ? "Recording" : "Data";
  const text = section(title, `${path}, ${kindNames[kind]}`, style, table(columns, rows, style));
  return { text, document: { kind: title.toLowerCase(), file: path, arrays } };
}

function arrayFacts(name: string, file: NpzFile): ArrayFacts {
  try {
    const { shape, dtype, data } = file.read(name);
    return { name, shape, dtype, range: rangeOf(data) };
  } catch (error) {
    // A broken array in an archive is a fact about it; a file of one array has nothing else to show.
    if (!(error instanceof BitspikeError) || file.names.length === 1) throw error;
    return { name, shape: null, dtype: `cannot be read (${error.code})`, range: null };
  }
}

function rangeOf(data: NpyArray["data"]): [number, number] | null {
  let low = data[0];
  if (low === undefined) return null;
  let high = low;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
