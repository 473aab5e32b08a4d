/** HTML that cannot be broken by what stands in it: every interpolated text is escaped. */

/** A piece of HTML that is known to be well-formed. Made by `markup` and `trusted` only. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = string | number | Markup | readonly Piece[];

/** Template tag: strings and numbers are escaped, `Markup` and lists of pieces are put in as they are. */
export function markup(fixed: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    fixed.map((text, index) => text + (index < pieces.length ? toText(pieces[index] ?? "") : "")).join(""),
  );
}

/** Text of our own that is HTML already: styles, scripts, coordinates. Never anything that a user gave. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** A script or style of our own or of a library, made unable to end its element early. */
export function embedded(text: string): Markup {
  return trusted(text.replaceAll(/<\/(script|style)/gi, String.raw`<\/$1`).replaceAll("<!--", String.raw`<\!--`));
}

/** A value as JSON inside a `<script type="application/json">`. */
export function jsonData(value: unknown): Markup {
  return trusted(JSON.stringify(value).replaceAll("<", String.raw`\u003c`));
}

function toText(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  return typeof piece === "object" ? piece.map(toText).join("") : escaped(String(piece));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
