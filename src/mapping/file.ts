/** Mappings as YAML files: which neurons lie on which cores. */

import { z } from "zod";
import { mistake, type BitspikeError } from "../errors.ts";
import { formIssues, nearest, readYaml, reasonOf, type Spots } from "../yaml.ts";
import type { CoreUse } from "./types.ts";

/** A place for some neurons of a population. */
export interface PlaceRule {
  readonly population: string;
  /** The first and the last one; all of them where it is left out. */
  readonly neurons?: readonly [first: number, last: number] | undefined;
  /** Counted from 0, which is what it is where nothing is said. */
  readonly chip?: number | undefined;
  /** A core of the chip, or the first and last of several that are filled one after the other. */
  readonly core?: number | readonly [first: number, last: number] | undefined;
  /** Column and row of a tile of the chip's mesh, whose cores are filled one after the other. */
  readonly tile?: readonly [column: number, row: number] | undefined;
}

/** Where neurons have to lie. The others are placed on cores that are not named. */
export interface Mapping {
  /** Name of the target that it was written for; any where it is left out. */
  readonly target?: string | undefined;
  /** Every neuron has to have a place. */
  readonly complete?: boolean | undefined;
  readonly places: readonly PlaceRule[];
  /** The file that it was read from, and where everything stands in it. */
  readonly origin?: { readonly file: string; readonly spots: Spots } | undefined;
}

const whole = z.int().min(0);

/** One number, or `first..last`. */
function span(what: string) {
  const text = z.string().regex(/^\d+\.\.\d+$/, "a number, or first..last");
  return z
    .union([whole, text], "a number, or first..last")
    .transform((given): readonly [number, number] => {
      if (typeof given === "number") return [given, given];
      const [first = 0, last = 0] = given.split("..").map(Number);
      return [first, last];
    })
    .refine(([first, last]) => first <= last, "the first number is above the last")
    .describe(what);
}

const place = z
  .strictObject({
    population: z.union([z.string(), z.number()]).transform(String).describe("Name of a node with neurons"),
    neurons: span("Number of a neuron, or first..last, counted from 0; all of them if left out").optional(),
    chip: whole.optional().describe("Counted from 0; the first one if left out"),
    core: span("Number of a core of the chip, or first..last: filled one after the other").optional(),
    tile: z
      .tuple([whole, whole])
      .optional()
      .describe("Column and row of a tile of the chip, whose cores are filled one after the other"),
  })
  .refine(({ core, tile }) => (core === undefined) !== (tile === undefined), "either core or tile was expected");

const mappingSchema = z
  .strictObject({
    target: z.string().optional().describe("Name of the target that it is for"),
    complete: z.boolean().optional().describe("true: every neuron has to have a place here"),
    places: z.array(place).min(1).describe("Neurons and where they lie; the others are placed on cores not named here"),
  })
  .describe("A mapping for bitspike: see docs/mapping.md");

/** The JSON Schema of mapping files, for editors. */
export function mappingJsonSchema(): unknown {
  return z.toJSONSchema(mappingSchema, { io: "input" });
}

/**
 * Read a mapping; whether it goes with a network and a chip shows when they are compiled.
 *
 * @param file its name, for messages
 * @throws MAPPING_INVALID with every mistake as an issue, each with file, line, column and hint
 */
export function readMapping(text: string, file: string): Mapping {
  const source = readYaml(text, file);
  if ("problems" in source) {
    throw invalidMapping(
      file,
      source.problems.map(({ reason, place: at }) => mistake("MAPPING_YAML", { reason }, at)),
    );
  }
  const result = mappingSchema.safeParse(source.data);
  if (result.success) return { ...result.data, origin: { file, spots: source.spots } };
  const issues = formIssues(result.error).map((issue) => {
    const field = issue.path.join(".");
    const reason = reasonOf(issue, source.spots);
    const { place: at } = nearest(issue.path, source.spots, file);
    return mistake("MAPPING_FIELD", { field: field === "" ? "the file" : field, reason }, { ...at, field });
  });
  throw invalidMapping(file, issues);
}

/** All mistakes of a mapping as one. */
export function invalidMapping(file: string | undefined, issues: readonly BitspikeError[]): BitspikeError {
  const facts = { file: file ?? "given", count: issues.length };
  return mistake("MAPPING_INVALID", facts, file === undefined ? {} : { file }, { issues });
}

/**
 * A complete mapping of where neurons lie, which `readMapping` reads back.
 *
 * @param target name of the chip
 * @param perChip cores of one chip
 */
export function writeMapping(target: string, perChip: number, placement: readonly CoreUse[]): string {
  const lines = placement.map(({ population, core, from, to }) => {
    const neurons = to - from === 1 ? `${from}` : `${from}..${to - 1}`;
    const where = `chip: ${Math.floor(core / perChip)}, core: ${core % perChip}`;
    return `  - { population: ${JSON.stringify(population)}, neurons: ${neurons}, ${where} }`;
  });
  return [`target: ${JSON.stringify(target)}`, "complete: true", "places:", ...lines, ""].join("\n");
}
