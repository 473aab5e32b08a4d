/** Whether the words that a host sends all become events that the chip has. */

import { rangesOf } from "../datapath/ranges.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import type { Expression } from "../datapath/syntax.ts";
import type { EventKind, EventSpec, WordRule } from "./event-types.ts";
import { rangesOfTypes, type Findings, type Names } from "./findings.ts";

const parts = ["source", "neuron", "weight"] as const;
type Part = (typeof parts)[number];

/** One rule, parsed. */
interface Parsed {
  readonly field: string;
  readonly when: Expression;
  readonly parts: Readonly<Record<Part, Expression | null>>;
}

/**
 * Check the rules by which words become events.
 *
 * @param limits what source, neuron and weight may be
 * @param readsWeight whether the neurons' block of a kind of event reads the weight
 */
export function checkWords(
  { host, kinds }: EventSpec,
  settings: Names,
  limits: Readonly<Record<Part, TypeSpec>>,
  readsWeight: (kind: EventKind) => boolean,
  findings: Findings,
): void {
  const names = new Map([...settings, ...rangesOfTypes({ word: host.word })]);
  const before = findings.issues.length;
  const rules = host.rules.map((rule, index): Parsed => {
    const field = `events.host.words.${index}`;
    const known = findings.reference(`${field}.event`, "kind of event", rule.event, Object.keys(kinds));
    if (known) checkCarried(field, rule, kinds[rule.event]!, readsWeight(kinds[rule.event]!), findings);
    const parse = (part: Part | "when"): Expression | null => {
      const text = rule[part];
      return text === null || text === "all" ? null : findings.parse(`${field}.${part}`, text, names);
    };
    return {
      field,
      when: parse("when") ?? always,
      parts: { source: parse("source"), neuron: parse("neuron"), weight: parse("weight") },
    };
  });
  if (findings.issues.length === before) checkReached(rules, names, limits, findings);
}

/** A rule gives exactly what its kind of event needs to know. */
function checkCarried(
  field: string,
  rule: WordRule,
  { reaches }: EventKind,
  weighs: boolean,
  findings: Findings,
): void {
  const needs = {
    source: reaches !== "neuron",
    neuron: reaches === "neuron" || reaches === "synapse",
    weight: reaches === "neuron" && weighs,
  };
  const all = { source: reaches === "synapses", neuron: reaches === "neuron", weight: false };
  for (const part of parts) {
    const given = rule[part];
    if (needs[part] && given === null) findings.wrong(field, `${part} is missing, which the event ${rule.event} needs`);
    else if (!needs[part] && given !== null)
      findings.wrong(`${field}.${part}`, `the event ${rule.event} has no ${part}`);
    else if (given === "all" && !all[part]) findings.wrong(`${field}.${part}`, "all is not possible here");
  }
  if (rule.when === "all") findings.wrong(`${field}.when`, "all is not possible here");
}

/** Rules to which no word comes, and addresses or weights that there are not. */
function checkReached(
  rules: readonly Parsed[],
  names: Names,
  limits: Readonly<Record<Part, TypeSpec>>,
  findings: Findings,
): void {
  // One expression in which each rule is reached where those above it do not hold.
  const choices: Expression[] = [];
  const chain = rules.reduceRight((no, { when, parts: own }): Expression => {
    const yes = parts.reduce<Expression>((sum, part) => plus(sum, own[part]), always);
    choices.unshift({ kind: "choice", condition: when, yes, no, at: when.at });
    return choices[0]!;
  }, always);
  const { of, acts, fails } = rangesOf([{ name: "rule", value: chain, at: chain.at }], names);
  for (const [index, { field, when, parts: own }] of rules.entries()) {
    const happens = acts.get(choices[index]!);
    if (happens === undefined) findings.wrong(field, "no word comes to this rule: one above it always holds");
    else if (happens === "never") findings.wrong(`${field}.when`, "it is 0 for every word that comes to it");
    else if (when.kind !== "number" && happens === "always") {
      findings.wrong(`${field}.when`, "it is never 0 for the words that come to it: leave it out");
    } else {
      for (const part of parts) {
        const expression = own[part];
        if (expression !== null) findings.inside(`${field}.${part}`, of.get(expression), limits[part]);
      }
    }
  }
  if (fails.size > 0) findings.wrong("events.host.words", "for some word an operation has no result");
}

function plus(left: Expression, right: Expression | null): Expression {
  return right === null ? left : { kind: "binary", operator: "+", left, right, at: left.at };
}

const always: Expression = { kind: "number", value: 1, at: { line: 1, column: 1 } };
