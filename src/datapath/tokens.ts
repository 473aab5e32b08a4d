/** Text of a block to tokens, positions kept. */

import { mistake } from "../errors.ts";
import type { Position } from "./syntax.ts";

export interface Token {
  readonly kind: "number" | "name" | "symbol" | "end";
  readonly text: string;
  readonly at: Position;
}

/** Space and comments; the end of a line (1); a number (2); a name (3); a symbol (4). Named groups take twice as long. */
const pattern =
  /[ \t\r]+|#[^\n]*|(\n)|(0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(<<|>>|==|!=|<=|>=|&&|\|\||[-+*/<>!?:=(),])/y;

/**
 * Split a text into tokens, the last of kind `end`.
 *
 * @throws DATAPATH_SYNTAX at a character that belongs to no token
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let offset = 0;
  while (offset < text.length) {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    const at = { line, column: offset - lineStart + 1 };
    if (match === null) {
      const found = String.fromCodePoint(text.codePointAt(offset)!);
      throw mistake("DATAPATH_SYNTAX", { found: `"${found}"`, expected: "a name, a number or an operator" }, at);
    }
    const [token, newLine, number, name, symbol] = match;
    const kind = number !== undefined ? "number" : name !== undefined ? "name" : symbol !== undefined ? "symbol" : null;
    if (kind !== null) tokens.push({ kind, text: token, at });
    offset += token.length;
    if (newLine !== undefined) {
      line++;
      lineStart = offset;
    }
  }
  tokens.push({ kind: "end", text: "", at: { line, column: offset - lineStart + 1 } });
  return tokens;
}
