/** The places that a mapping gives, checked against the network and the chip. */

import { mistake, type BitspikeError, type ErrorCode } from "../errors.ts";
import { closest } from "../spelling.ts";
import { tileAt, tilesOf } from "../target/mesh.ts";
import type { Target } from "../target/types.ts";
import { nearest } from "../yaml.ts";
import { invalidMapping, type Mapping, type PlaceRule } from "./file.ts";
import type { Meters } from "./meters.ts";
import { partition, type Part } from "./partition.ts";
import type { Mapped, NeuronRange } from "./types.ts";

/** A part whose core is given. */
export interface PinnedPart extends Part {
  readonly core: number;
}

/**
 * The parts that a mapping names, in the order of the network's neurons.
 *
 * @throws MAPPING_INVALID with every mistake as an issue
 */
export function pinnedParts(mapping: Mapping, target: Target, mapped: Mapped, meters: Meters): PinnedPart[] {
  const reader = new Reader(mapping, target, mapped, meters);
  const parts = reader.parts();
  if (reader.issues.length > 0) throw invalidMapping(mapping.origin?.file, reader.issues);
  return parts;
}

/** Where a mapping's core sends more than it has room for, which shows when everything has its place. */
export function tooMuchSent(
  mapping: Mapping,
  sends: readonly { readonly core: number; readonly sent: number; readonly limit: number }[],
): BitspikeError {
  const issues = sends.map(({ core, sent, limit }) => {
    const facts = { where: `Core ${core}`, needed: sent, resource: "output axons", available: limit };
    return mistake("MAPPING_LIMIT", facts, mapping.origin === undefined ? {} : { file: mapping.origin.file });
  });
  return invalidMapping(mapping.origin?.file, issues);
}

/** What a mapping leaves to be placed: consecutive neurons, in the order of the network. */
export function runsBeside({ populations }: Mapped, pinned: readonly PinnedPart[]): NeuronRange[] {
  const given = pinned.flatMap(({ ranges }) => ranges);
  return populations.flatMap(({ name: population, neurons }) => {
    const own = given.filter((range) => range.population === population).toSorted((a, b) => a.from - b.from);
    const starts = [0, ...own.map(({ to }) => to)];
    const ends = [...own.map(({ from }) => from), neurons];
    return starts.flatMap((from, i) => (from < ends[i]! ? [{ population, from, to: ends[i]! }] : []));
  });
}

/** A rule whose population, neurons and cores exist. */
interface Rule {
  readonly index: number;
  readonly range: NeuronRange;
  readonly cores: readonly number[];
}

/** Goes through the rules and gathers what is wrong with them. */
class Reader {
  readonly issues: BitspikeError[] = [];
  private readonly mapping: Mapping;
  private readonly target: Target;
  private readonly mapped: Mapped;
  private readonly meters: Meters;

  constructor(mapping: Mapping, target: Target, mapped: Mapped, meters: Meters) {
    this.mapping = mapping;
    this.target = target;
    this.mapped = mapped;
    this.meters = meters;
  }

  parts(): PinnedPart[] {
    const { target: named, places, complete = false } = this.mapping;
    if (named !== undefined && named !== this.target.name) {
      this.wrong("MAPPING_TARGET", { named, target: this.target.name }, ["target"]);
    }
    const rules = places.flatMap((rule, index) => this.rule(rule, index) ?? []);
    this.refuseOverlaps(rules);
    if (complete) this.refuseMissing(rules);
    if (this.issues.length > 0) return [];
    const onCore = new Map<number, { readonly index: number; readonly range: NeuronRange }[]>();
    for (const rule of rules) {
      for (const { core, range } of this.divided(rule)) {
        const own = onCore.get(core) ?? [];
        onCore.set(core, own);
        own.push({ index: rule.index, range });
      }
    }
    const order = new Map(this.mapped.populations.map(({ name }, i) => [name, i]));
    const first = ({ ranges: [range] }: Part): number => order.get(range!.population)!;
    return [...onCore]
      .map(([core, own]) => this.part(core, own, order))
      .toSorted((a, b) => first(a) - first(b) || a.ranges[0]!.from - b.ranges[0]!.from);
  }

  private rule(rule: PlaceRule, index: number): Rule | null {
    const before = this.issues.length;
    const { populations } = this.mapped;
    const population = populations.find(({ name }) => name === rule.population);
    if (population === undefined) {
      const known = populations.map(({ name }) => name);
      const near = closest(rule.population, known);
      const facts = {
        population: rule.population,
        guess: near === undefined ? "" : `Did you mean ${near}? `,
        known: known.join(", "),
      };
      this.wrong("MAPPING_POPULATION", facts, ["places", index, "population"]);
    }
    const neurons = population?.neurons ?? Infinity;
    const [low, last] = rule.neurons ?? [0, neurons - 1];
    if (population !== undefined && (last >= neurons || low < 0 || low > last)) {
      const facts = { population: rule.population, first: low, last, neurons };
      this.wrong("MAPPING_NEURONS", facts, ["places", index, "neurons"]);
    }
    const cores = this.cores(rule, index);
    if (this.issues.length > before) return null;
    return { index, range: { population: rule.population, from: low, to: last + 1 }, cores };
  }

  /** The cores that a rule names, numbered over all chips. */
  private cores({ chip = 0, core, tile }: PlaceRule, index: number): number[] {
    const { noc, chip: own, name: target } = this.target;
    const perChip = own.cores.value;
    const chips = own.systems?.at(-1)?.chips.value ?? 1;
    if (chip >= chips || chip < 0) this.wrong("MAPPING_CHIP", { chip, target, chips }, ["places", index, "chip"]);
    if (tile !== undefined) {
      const [x, y] = tile;
      if (noc === undefined) {
        this.wrong("MAPPING_NO_TILES", { target }, ["places", index, "tile"]);
        return [];
      }
      if (x >= noc.width.value || y >= noc.height.value || x < 0 || y < 0) {
        const facts = { x, y, target, width: noc.width.value, height: noc.height.value };
        this.wrong("MAPPING_TILE", facts, ["places", index, "tile"]);
        return [];
      }
      const first = chip * perChip + (tileAt(x, y, noc) % tilesOf(noc)) * noc.coresPerTile.value;
      return between(first, Math.min(first + noc.coresPerTile.value, (chip + 1) * perChip) - 1);
    }
    const [first, last] = typeof core === "number" ? [core, core] : (core ?? [0, perChip - 1]);
    if (last >= perChip || first < 0 || first > last) {
      const facts = { core: first > last || first < 0 ? first : last, target, cores: perChip };
      this.wrong("MAPPING_CORE", facts, ["places", index, "core"]);
    }
    return between(chip * perChip + first, chip * perChip + last);
  }

  private refuseOverlaps(rules: readonly Rule[]): void {
    for (const [i, { range, index }] of rules.entries()) {
      const before = rules.slice(0, i).find(({ range: other }) => {
        return other.population === range.population && other.from < range.to && range.from < other.to;
      });
      if (before === undefined) continue;
      const facts = {
        population: range.population,
        first: Math.max(range.from, before.range.from),
        last: Math.min(range.to, before.range.to) - 1,
        other: `places.${before.index}`,
      };
      this.wrong("MAPPING_OVERLAP", facts, ["places", index, "neurons"]);
    }
  }

  private refuseMissing(rules: readonly Rule[]): void {
    for (const { name, neurons } of this.mapped.populations) {
      const has = new Uint8Array(neurons);
      for (const { range } of rules) if (range.population === name) has.fill(1, range.from, range.to);
      const missing = has.reduce((sum, one) => sum + 1 - one, 0);
      if (missing === 0) continue;
      const facts = { population: name, missing, first: has.indexOf(0) };
      this.wrong("MAPPING_MISSING", facts, ["complete"]);
    }
  }

  /** The neurons of a rule by core: on one all of them, on several as many as each has room for. */
  private divided({ index, range, cores }: Rule): { readonly core: number; readonly range: NeuronRange }[] {
    if (cores.length === 1) return [{ core: cores[0]!, range }];
    const { parts, left } = partition(this.meters, [range], false, new Map(), cores.length);
    const [rest] = left;
    if (rest !== undefined) {
      const facts = {
        population: range.population,
        cores: cores.length,
        first: rest.from,
        missing: rest.to - rest.from,
      };
      this.wrong("MAPPING_ROOM", facts, ["places", index]);
    }
    return parts.flatMap(({ ranges }, i) => ranges.map((one) => ({ core: cores[i]!, range: one })));
  }

  /** What lies on one core, and whether it has room for that. */
  private part(
    core: number,
    own: readonly { readonly index: number; readonly range: NeuronRange }[],
    order: ReadonlyMap<string, number>,
  ): PinnedPart {
    const { meters, target } = this;
    const sorted = own.toSorted((a, b) => {
      return order.get(a.range.population)! - order.get(b.range.population)! || a.range.from - b.range.from;
    });
    const ranges = joined(sorted.map(({ range }) => range));
    const { index } = own.at(-1)!;
    const others = new Set(ranges.map(({ population }) => population));
    if (others.size > 1 && target.core.shared !== true) {
      const facts = { core: this.named(core), populations: [...others].join(" and "), target: target.name };
      this.wrong("MAPPING_SHARED", facts, ["places", index]);
    }
    meters.clear();
    for (const { population, from, to } of ranges) {
      meters.begin(population);
      for (let neuron = from; neuron < to; neuron++) meters.take(neuron);
    }
    for (const { name, used, limit, unit } of meters.all) {
      if (used <= limit) continue;
      const resource = unit === null ? name : `${unit} of ${name}`;
      const facts = { where: this.named(core), needed: used, resource, available: limit };
      this.wrong("MAPPING_LIMIT", facts, ["places", index]);
    }
    return { core, ranges, used: meters.all.map(({ used }) => used) };
  }

  private named(core: number): string {
    const perChip = this.target.chip.cores.value;
    const chip = Math.floor(core / perChip);
    return chip === 0 ? `Core ${core}` : `Core ${core % perChip} of chip ${chip}`;
  }

  private wrong<C extends ErrorCode>(
    code: C,
    facts: Parameters<typeof mistake<C>>[1],
    path: readonly (string | number)[],
  ): void {
    const { origin } = this.mapping;
    const place = origin === undefined ? {} : nearest(path, origin.spots, origin.file).place;
    this.issues.push(mistake(code, facts, { ...place, field: path.join(".") }));
  }
}

function between(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** Ranges that follow each other as one. */
function joined(ranges: readonly NeuronRange[]): NeuronRange[] {
  const whole: NeuronRange[] = [];
  for (const range of ranges) {
    const last = whole.at(-1);
    if (last !== undefined && last.population === range.population && last.to === range.from) {
      whole[whole.length - 1] = { ...last, to: range.to };
    } else whole.push(range);
  }
  return whole;
}
