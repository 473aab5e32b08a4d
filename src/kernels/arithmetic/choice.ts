/** Comparisons, truths of truths, and choices between values. */

import { hull } from "../../datapath/interval.ts";
import type { Vector } from "../vector.ts";
import { truths, within, type Value } from "./value.ts";
import type { Vectors } from "./vectors.ts";

export function not(vectors: Vectors, value: Value): Value {
  return vectors.truthMade(vectors.graph.not(vectors.truth(value)), value);
}

/** Both, or either; the second side counts only where the first does not decide. */
export function logical(vectors: Vectors, operator: "&&" | "||", a: Value, b: Value): Value {
  const [first, second] = [vectors.truth(a), vectors.truth(b)];
  const matters = operator === "&&" ? first : vectors.graph.not(first);
  const lost = vectors.union(a.lost, b.lost === null ? null : vectors.both(matters, b.lost));
  const node = operator === "&&" ? vectors.both(first, second) : vectors.either(first, second);
  return { kind: "truth", range: truths, node, lost };
}

export function comparison(vectors: Vectors, operator: string, a: Value, b: Value): Value {
  const lane = vectors.lane(a.range, b.range);
  return vectors.truthMade(vectors.compare(operator, lane, vectors.lanes(a, lane), vectors.lanes(b, lane)), a, b);
}

/** One value where the condition holds, and the other where it does not. */
export function select(vectors: Vectors, condition: Value, yes: Value, no: Value): Value {
  const where = vectors.truth(condition);
  const range = hull(yes.range, no.range);
  const lost = vectors.union(
    condition.lost,
    yes.lost === null ? null : vectors.both(where, yes.lost),
    no.lost === null ? null : vectors.both(vectors.graph.not(where), no.lost),
  );
  if (within(range, truths) && yes.kind !== "lanes" && no.kind !== "lanes") {
    return {
      kind: "truth",
      range: truths,
      node: selectTruth(vectors, where, vectors.truth(yes), vectors.truth(no)),
      lost,
    };
  }
  const lane = vectors.lane(range);
  const wanted = vectors.graph.convert(lane, where, "truth");
  return {
    kind: "lanes",
    range,
    node: vectors.graph.select(wanted, vectors.lanes(yes, lane), vectors.lanes(no, lane)),
    lost,
  };
}

function selectTruth(vectors: Vectors, where: Vector, yes: Vector, no: Vector): Vector {
  const otherwise = vectors.graph.not(where);
  if (yes.kind === "constant") return yes.value === 0 ? vectors.both(no, otherwise) : vectors.either(where, no);
  if (no.kind === "constant") return no.value === 0 ? vectors.both(yes, where) : vectors.either(yes, otherwise);
  return vectors.either(vectors.both(yes, where), vectors.both(no, otherwise));
}
