/** The datapath language as data: what the parser makes and every reading of the equations takes. */

/** 1-based, within the text that was parsed. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type UnaryOperator = "-" | "!";
export type BinaryOperator = "+" | "-" | "*" | "/" | "<<" | ">>" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||";

export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly at: Position }
  | { readonly kind: "name"; readonly name: string; readonly at: Position }
  /** A register's value at the entry of the block. */
  | { readonly kind: "old"; readonly name: string; readonly at: Position }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression; readonly at: Position }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: "choice";
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
      readonly at: Position;
    }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[]; readonly at: Position };

/** One line of a block: `name = value`. */
export interface Assignment {
  readonly name: string;
  readonly value: Expression;
  readonly at: Position;
}

/** `name(a, b) = value`: put in where it is used. */
export interface Definition {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly value: Expression;
  readonly at: Position;
}

/** Lines in the order in which they run. */
export type Block = readonly Assignment[];

/** Integer functions and how many arguments each takes; `evaluate.ts` says what they mean. */
export const integerFunctions: Readonly<Record<string, number>> = {
  min: 2,
  max: 2,
  abs: 1,
  sign: 1,
  clamp: 3,
  saturate: 3,
  wrap: 2,
  toward_zero: 2,
  down: 2,
  nearest_even: 2,
  div_down: 2,
  rem: 2,
  bits: 3,
};

/** Functions of the real expressions in which a target says what an integer encodes. */
export const realFunctions: Readonly<Record<string, number>> = {
  min: 2,
  max: 2,
  abs: 1,
  floor: 1,
  nearest_even: 2,
  exp: 1,
  log: 1,
  log2: 1,
  pow2: 1,
  float32: 1,
};

/** Every name that an expression reads, `old(x)` included. */
export function namesIn(expression: Expression, into: Set<string> = new Set()): Set<string> {
  switch (expression.kind) {
    case "number":
      break;
    case "name":
    case "old":
      into.add(expression.name);
      break;
    default:
      for (const child of childrenOf(expression)) namesIn(child, into);
  }
  return into;
}

/** Whether an expression calls a function. */
export function calls(expression: Expression, name: string): boolean {
  const own = expression.kind === "call" && expression.name === name;
  return own || childrenOf(expression).some((child) => calls(child, name));
}

/** The operands of an expression, in the order written. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "choice":
      return [expression.condition, expression.yes, expression.no];
    case "call":
      return expression.args;
    default:
      return [];
  }
}

/** The same expression with every operand replaced by what `change` gives for it. */
export function mapChildren(expression: Expression, change: (child: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "unary":
      return { ...expression, operand: change(expression.operand) };
    case "binary":
      return { ...expression, left: change(expression.left), right: change(expression.right) };
    case "choice": {
      const { condition, yes, no } = expression;
      return { ...expression, condition: change(condition), yes: change(yes), no: change(no) };
    }
    case "call":
      return { ...expression, args: expression.args.map(change) };
    default:
      return expression;
  }
}

/** The same block with one name, read and written, called otherwise. */
export function renamed(block: Block, from: string, to: string): Block {
  const change = (expression: Expression): Expression => {
    const named = expression.kind === "name" || expression.kind === "old";
    return named && expression.name === from ? { ...expression, name: to } : mapChildren(expression, change);
  };
  return block.map((line) => ({ ...line, name: line.name === from ? to : line.name, value: change(line.value) }));
}
