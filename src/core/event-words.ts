/** What a host sends and what a chip makes of it: words to events. */

import { parseExpression } from "../datapath/parse.ts";
import type { Expression } from "../datapath/syntax.ts";
import { mistake } from "../errors.ts";
import type { EventKind, WordRule } from "../target/event-types.ts";
import type { Target } from "../target/types.ts";
import { settingValues, valueOf, type NamedValues } from "../target/values.ts";

/** What a program says of its chip. */
export interface EventProgram {
  readonly target: Target;
  readonly settings: Readonly<Record<string, number>>;
}

/** Stands for every neuron of the sweep, or every source. */
export const all = -1;

/** A kind of event with its name and its number in the queue. */
export interface NumberedKind extends EventKind {
  readonly name: string;
  readonly number: number;
}

/** Something that happens to a chip; what its kind does not need is 0. */
export interface ChipEvent {
  readonly kind: NumberedKind;
  readonly source: number;
  readonly neuron: number;
  readonly weight: number;
}

/** The kinds of events of a program's target, numbered. */
export function kindsOf({ target }: Pick<EventProgram, "target">): ReadonlyMap<string, NumberedKind> {
  const kinds = Object.entries(target.events!.kinds);
  return new Map(kinds.map(([name, kind], number) => [name, { ...kind, name, number }]));
}

interface Rule {
  readonly when: Expression | null;
  readonly kind: NumberedKind;
  readonly source: Expression | typeof all | null;
  readonly neuron: Expression | typeof all | null;
  readonly weight: Expression | typeof all | null;
}

/** Makes events of words. */
export class WordReader {
  private readonly rules: readonly Rule[];
  private readonly settings: NamedValues;
  private readonly low: number;
  private readonly high: number;
  /** Settings never change, so that a word always means the same. */
  private readonly known = new Map<number, ChipEvent>();

  constructor(program: EventProgram) {
    const { rules, word } = program.target.events!.host;
    const kinds = kindsOf(program);
    this.rules = rules.map((rule) => parsed(rule, kinds));
    this.settings = settingValues(program.target, program.settings);
    this.low = word.low;
    this.high = word.high;
  }

  /** @throws ENGINE_WORD for a number that is no word, or one that means nothing */
  read(word: number): ChipEvent {
    const before = this.known.get(word);
    if (before !== undefined) return before;
    const { low, high } = this;
    if (!Number.isInteger(word) || word < low || word > high) {
      throw mistake("ENGINE_WORD", { word, problem: `words are whole numbers from ${low} to ${high}` });
    }
    const event = this.decode(word);
    this.known.set(word, event);
    return event;
  }

  private decode(word: number): ChipEvent {
    const values = new Map([...this.settings, ["word", BigInt(word)] as const]);
    const rule = this.rules.find(({ when }) => when === null || valueOf(when, values) !== 0);
    if (rule === undefined) throw mistake("ENGINE_WORD", { word, problem: "no rule of the target says what it means" });
    const value = (part: Expression | typeof all | null): number =>
      part === null ? 0 : part === all ? all : valueOf(part, values);
    const { kind, source, neuron, weight } = rule;
    return { kind, source: value(source), neuron: value(neuron), weight: value(weight) };
  }
}

function parsed(rule: WordRule, kinds: ReadonlyMap<string, NumberedKind>): Rule {
  const when = rule.when === null ? null : parseExpression(rule.when, "integer");
  const kind = kinds.get(rule.event)!;
  return {
    when,
    kind,
    source: parsedPart(rule.source),
    neuron: parsedPart(rule.neuron),
    weight: parsedPart(rule.weight),
  };
}

function parsedPart(text: string | null): Rule["source"] {
  return text === null ? null : text === "all" ? all : parseExpression(text, "integer");
}
