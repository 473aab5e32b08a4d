/** Types that take their width from a setting of the chip: `int[membrane_bits]`. */

import type { DatapathSpec, ParameterSpec, TypeSpec } from "../datapath/spec.ts";
import type { Target } from "./types.ts";

type Parts = Pick<Target, "settings" | "datapaths">;

/**
 * The same target with the ranges that such types have at these settings.
 *
 * @param values of settings, by name; the default counts for those that are left out
 */
export function withWidths<T extends Parts>(target: T, values: Readonly<Record<string, number>> = {}): T {
  const { settings } = target;
  const widthOf = (name: string): number | undefined => {
    return (
      values[name] ?? (Object.hasOwn(settings, name) ? (settings[name]!.default ?? settings[name]!.low) : undefined)
    );
  };
  return { ...target, datapaths: mapValues(target.datapaths, (spec) => sized(spec, widthOf)) };
}

function sized(spec: DatapathSpec, widthOf: (name: string) => number | undefined): DatapathSpec {
  const own = <S extends TypeSpec>(type: S): S => {
    const bits = type.width === undefined ? undefined : widthOf(type.width);
    return bits === undefined ? type : { ...type, ...rangeOf(bits, type.low < 0) };
  };
  const parameter = (one: ParameterSpec): ParameterSpec => {
    const sure = own(one);
    return sure.documented === undefined ? sure : { ...sure, documented: own(sure.documented) };
  };
  return {
    ...spec,
    state: mapValues(spec.state, own),
    parameters: mapValues(spec.parameters, parameter),
    projection: mapValues(spec.projection, parameter),
  };
}

/** The range of an integer of so many bits. */
export function rangeOf(bits: number, signed: boolean): { low: number; high: number } {
  return signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
