/** snnTorch: neurons step by step, the tutorial's experiments, feed-forward networks, encoders, constructors. */

import { hasFields, type Adapter, type Case } from "./oracle.ts";
import type { VectorFolder } from "./folder.ts";
import { constructorCase, handWrittenCase, neuronCase } from "./snntorch-neurons.ts";
import { factCase } from "./snntorch-facts.ts";
import { feedForwardCase } from "./snntorch-feedforward.ts";
import { encoderCase, rateCase } from "./snntorch-spikegen.ts";

export const snntorch: Adapter = {
  name: "snntorch",
  read(document, folder) {
    if (Array.isArray(document)) return followed(document, folder);
    if (hasFields(document, "facts")) return listed(document, "facts", factCase);
    if (hasFields(document, "weights", "rasters", "sizes")) return [feedForwardCase(document, folder)];
    if (!hasFields(document, "cases")) return null;
    return [
      ...listed(document, "cases", caseOf),
      ...listed(document, "functions", handWrittenCase),
      ...listed((document as { rate_distribution?: unknown }).rate_distribution, "empirical", rateCase),
    ];
  },
};

/** An index of files gives no cases of its own, but what it names must be there. */
function followed(files: readonly unknown[], folder: VectorFolder): readonly Case[] | null {
  if (!files.every((entry) => hasFields(entry, "file"))) return null;
  for (const { file } of files) folder.bytes(file as string);
  return [];
}

function caseOf(entry: unknown): Case {
  if (hasFields(entry, "function", "args", "data")) return encoderCase(entry as never);
  if (hasFields(entry, "class", "params", "raises")) return constructorCase(entry as never);
  if (hasFields(entry, "class", "input", "mem", "spk")) return neuronCase(entry as never);
  throw new Error(`a case of no kind that is known, with the fields ${Object.keys(entry as object).join(", ")}`);
}

function listed(document: unknown, field: string, make: (entry: never) => Case): Case[] {
  const entries = hasFields(document, field) ? document[field] : [];
  return (entries as never[]).map(make);
}
