/** Tokens to expressions, by precedence climbing. The grammar is in docs/targets.md. */

import { mistake } from "../errors.ts";
import {
  childrenOf,
  integerFunctions,
  mapChildren,
  realFunctions,
  type Assignment,
  type BinaryOperator,
  type Definition,
  type Expression,
  type Position,
} from "./syntax.ts";
import { tokenize, type Token } from "./tokens.ts";

/** Binding strength of the binary operators; C's order. */
const strength: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "<<": 5,
  ">>": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
};

/** Binding strength of a binary operator; larger binds tighter. */
export function strengthOf(operator: BinaryOperator): number {
  return strength[operator]!;
}

const comparison = 3;
const shift = 5;

/** Parentheses, signs and choices inside each other: what recursion bears, and far more than anybody can read. */
const deepest = 200;
/** Operations of one line with all definitions put in; likewise. */
const longest = 5000;
/** Operations of which each is an operand of the next, as in a long sum; likewise. */
const highest = 500;

/** Integer arithmetic of a chip, or real numbers with `/` for what an integer encodes. */
export type Dialect = "integer" | "real";

class Parser {
  readonly dialect: Dialect;
  private readonly tokens: readonly Token[];
  /** Expressions that stood in parentheses: those may be mixed freely. */
  private readonly parenthesized = new WeakSet<Expression>();
  private next = 0;
  private depth = 0;

  constructor(text: string, dialect: Dialect) {
    this.tokens = tokenize(text);
    this.dialect = dialect;
  }

  get token(): Token {
    return this.tokens[this.next]!;
  }

  get atEnd(): boolean {
    return this.token.kind === "end";
  }

  /** Whether the next token begins a line. */
  get atLine(): boolean {
    return this.atEnd || this.token.at.line > this.tokens[this.next - 1]!.at.line;
  }

  is(text: string): boolean {
    return this.token.kind === "symbol" && this.token.text === text;
  }

  take(): Token {
    const token = this.token;
    if (token.kind !== "end") this.next++;
    return token;
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.next++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.refuse(`"${text}"`);
  }

  refuse(expected: string): never {
    const { kind, text, at } = this.token;
    throw mistake("DATAPATH_SYNTAX", { found: kind === "end" ? "the end" : `"${text}"`, expected }, at);
  }

  name(what: string): Token {
    if (this.token.kind !== "name") this.refuse(what);
    return this.take();
  }

  expression(): Expression {
    return this.nested(() => {
      const condition = this.binary(1);
      const { at } = this.token;
      if (!this.accept("?")) return condition;
      const yes = this.expression();
      this.expect(":");
      return { kind: "choice", condition, yes, no: this.expression(), at };
    });
  }

  private nested(read: () => Expression): Expression {
    if (++this.depth > deepest) throw mistake("DATAPATH_TOO_LONG", { limit: `${deepest} levels` }, this.token.at);
    const expression = read();
    this.depth--;
    return expression;
  }

  private binary(weakest: number): Expression {
    let left = this.unary();
    for (;;) {
      const { text, kind, at } = this.token;
      const own = kind === "symbol" ? strength[text] : undefined;
      if (own === undefined || own < weakest) return left;
      if (text === "/" && this.dialect === "integer") {
        throw mistake("DATAPATH_DIVISION", {}, at);
      }
      this.take();
      const right = this.binary(own + 1);
      this.refuseUnclear(own, left, at);
      this.refuseUnclear(own, right, at);
      left = { kind: "binary", operator: text as BinaryOperator, left, right, at };
    }
  }

  /** `a << b + c` and `a < b < c` read differently to different people: ask for parentheses. */
  private refuseUnclear(own: number, operand: Expression, at: Position): void {
    if (operand.kind !== "binary" || this.parenthesized.has(operand)) return;
    const inner = strength[operand.operator]!;
    const chained = isComparison(own) && isComparison(inner);
    if (own === shift && inner === shift + 1) throw mistake("DATAPATH_SHIFT_MIXED", {}, at);
    if (chained) throw mistake("DATAPATH_COMPARISON_CHAINED", {}, at);
  }

  private unary(): Expression {
    const { text, at } = this.token;
    if (!this.is("-") && !this.is("!")) return this.primary();
    this.take();
    return { kind: "unary", operator: text as "-" | "!", operand: this.nested(() => this.unary()), at };
  }

  private primary(): Expression {
    const token = this.take();
    if (token.kind === "number") return this.number(token);
    if (token.kind === "name") {
      return this.is("(") && this.token.at.line === token.at.line ? this.call(token) : named(token);
    }
    if (token.text === "(") {
      const inside = this.expression();
      this.expect(")");
      this.parenthesized.add(inside);
      return inside;
    }
    this.next -= token.kind === "end" ? 0 : 1;
    return this.refuse("a value");
  }

  private number(token: Token): Expression {
    const value = Number(token.text);
    if (this.dialect === "integer" && !Number.isSafeInteger(value)) {
      throw mistake("DATAPATH_NUMBER", { number: token.text }, token.at);
    }
    return { kind: "number", value, at: token.at };
  }

  private call(token: Token): Expression {
    this.expect("(");
    const args: Expression[] = [];
    if (!this.is(")")) {
      do args.push(this.expression());
      while (this.accept(","));
    }
    this.expect(")");
    if (token.text === "old" && this.dialect === "integer") return old(token, args);
    return { kind: "call", name: token.text, args, at: token.at };
  }
}

function isComparison(level: number): boolean {
  return level === comparison || level === comparison + 1;
}

function named(token: Token): Expression {
  return { kind: "name", name: token.text, at: token.at };
}

function old(token: Token, args: readonly Expression[]): Expression {
  const [argument] = args;
  if (args.length !== 1 || argument?.kind !== "name") {
    throw mistake("DATAPATH_ARGUMENTS", { name: "old", expected: "1 register", got: args.length }, token.at);
  }
  return { kind: "old", name: argument.name, at: token.at };
}

/** What follows a statement must begin on a line of its own. */
function endOfLine(parser: Parser): void {
  if (!parser.atLine) parser.refuse("an operator or the end of the line");
}

/**
 * Parse one expression; all of the text must belong to it.
 *
 * @param definitions already parsed; they are put in where they are used
 * @throws DATAPATH_SYNTAX and the other DATAPATH_ codes, place: line and column within `text`
 */
export function parseExpression(text: string, dialect: Dialect, definitions: readonly Definition[] = []): Expression {
  const parser = new Parser(text, dialect);
  const raw = parser.expression();
  if (!parser.atEnd) parser.refuse("an operator or the end");
  checkLength(raw);
  const expression = expand(raw, definitions);
  checkLength(expression);
  checkCalls(expression, functionsOf[dialect]);
  return expression;
}

/**
 * Parse the lines of a block, `name = expression` each; a line that begins otherwise continues the one above.
 *
 * @param definitions already parsed; they are put in where they are used
 */
export function parseBlock(
  text: string,
  definitions: readonly Definition[] = [],
  dialect: Dialect = "integer",
): Assignment[] {
  const parser = new Parser(text, dialect);
  const lines: Assignment[] = [];
  while (!parser.atEnd) {
    const target = parser.name("a name to assign to");
    refuseDefined(target, definitions);
    parser.expect("=");
    lines.push({ name: target.text, value: value(parser, definitions), at: target.at });
  }
  return lines;
}

/** Parse a `define` block: `name(a, b) = expression` or `name = expression`; later ones may use earlier ones. */
export function parseDefinitions(text: string, dialect: Dialect = "integer"): Definition[] {
  const parser = new Parser(text, dialect);
  const definitions: Definition[] = [];
  while (!parser.atEnd) {
    const target = parser.name("a name to define");
    refuseDefined(target, [...definitions, ...builtIn[dialect]]);
    const parameters: string[] = [];
    if (parser.accept("(")) {
      do parameters.push(parameter(parser, parameters));
      while (parser.accept(","));
      parser.expect(")");
    }
    parser.expect("=");
    const visible = definitions.filter(({ name }) => !parameters.includes(name));
    definitions.push({ name: target.text, parameters, value: value(parser, visible), at: target.at });
  }
  return definitions;
}

function parameter(parser: Parser, before: readonly string[]): string {
  const { text, at } = parser.name("a parameter");
  if (before.includes(text)) throw mistake("DATAPATH_DECLARED_TWICE", { name: text }, at);
  return text;
}

const functionsOf = { integer: integerFunctions, real: realFunctions };

/** Names of functions, which no definition may take. */
const builtIn = {
  integer: [...Object.keys(integerFunctions), "old"].map((name) => ({ name })),
  real: Object.keys(realFunctions).map((name) => ({ name })),
};

function refuseDefined({ text, at }: Token, definitions: readonly Pick<Definition, "name">[]): void {
  if (definitions.some(({ name }) => name === text)) throw mistake("DATAPATH_DECLARED_TWICE", { name: text }, at);
}

/** The right side of a line, definitions put in. */
function value(parser: Parser, definitions: readonly Definition[]): Expression {
  const { at } = parser.token;
  const raw = parser.expression();
  endOfLine(parser);
  checkLength(raw, at);
  const whole = expand(raw, definitions);
  checkLength(whole, at);
  checkCalls(whole, functionsOf[parser.dialect]);
  return whole;
}

/** Put definitions in where they are used; their parts then have that place, since a mistake shows there. */
function expand(expression: Expression, definitions: readonly Definition[]): Expression {
  if (expression.kind === "name") {
    const found = definitions.find((one) => one.name === expression.name && one.parameters.length === 0);
    return found === undefined ? expression : movedTo(found.value, expression.at);
  }
  const inner = mapChildren(expression, (child) => expand(child, definitions));
  return inner.kind === "call" ? expandCall(inner, definitions) : inner;
}

function movedTo(expression: Expression, at: Position): Expression {
  return { ...mapChildren(expression, (child) => movedTo(child, at)), at };
}

function expandCall(call: Extract<Expression, { kind: "call" }>, definitions: readonly Definition[]): Expression {
  const found = definitions.find((one) => one.name === call.name);
  if (found === undefined) return call;
  if (found.parameters.length !== call.args.length) {
    const expected = String(found.parameters.length);
    throw mistake("DATAPATH_ARGUMENTS", { name: call.name, expected, got: call.args.length }, call.at);
  }
  const args = new Map(found.parameters.map((name, i) => [name, call.args[i]!]));
  return substitute(movedTo(found.value, call.at), args);
}

function substitute(expression: Expression, values: ReadonlyMap<string, Expression>): Expression {
  if (expression.kind === "name") return values.get(expression.name) ?? expression;
  if (expression.kind === "old") return { ...expression, name: oldName(expression, values.get(expression.name)) };
  return mapChildren(expression, (child) => substitute(child, values));
}

/** In `d(x) = x - old(x)` the argument has to be a register. */
function oldName({ name, at }: Extract<Expression, { kind: "old" }>, argument: Expression | undefined): string {
  if (argument === undefined) return name;
  if (argument.kind !== "name") throw mistake("DATAPATH_OLD", { name }, at);
  return argument.name;
}

/** Without recursion, since this is what keeps all recursion over expressions shallow. */
function checkLength(expression: Expression, at: Position = expression.at): void {
  let level: readonly Expression[] = [expression];
  let count = 0;
  for (let levels = 1; level.length > 0; levels++) {
    count += level.length;
    if (count > longest) throw mistake("DATAPATH_TOO_LONG", { limit: `${longest} operations` }, at);
    if (levels > highest) throw mistake("DATAPATH_TOO_LONG", { limit: `${highest} levels` }, at);
    level = level.flatMap(childrenOf);
  }
}

function checkCalls(expression: Expression, functions: Readonly<Record<string, number>>): void {
  if (expression.kind === "call") {
    const expected = functions[expression.name];
    if (!Object.hasOwn(functions, expression.name) || expected === undefined) {
      const known = Object.keys(functions).join(", ");
      throw mistake("DATAPATH_FUNCTION", { name: expression.name, known }, expression.at);
    }
    if (expected !== expression.args.length) {
      const facts = { name: expression.name, expected, got: expression.args.length };
      throw mistake("DATAPATH_ARGUMENTS", facts, expression.at);
    }
  }
  for (const child of childrenOf(expression)) checkCalls(child, functions);
}
