/** The remarks that stand beside a number or a message. */

import type { Place } from "../errors.ts";

export { legendOf, markOf, marksOf } from "../measure/marks.ts";

/** `model.nir:12:3, weights.bits, node lif`; empty when nothing is known. */
export function placeText(place: Place | undefined): string {
  if (place === undefined) return "";
  const { file = "", line, column, field, node } = place;
  const at = [file, line, column].filter((part) => part !== undefined && part !== "").join(":");
  return [at, field ?? "", node === undefined ? "" : `node ${node}`].filter((part) => part !== "").join(", ");
}
