/** Numbers as people read them, independent of the locale. */

/** A whole number with its thousands apart: `1,234,567`. Other numbers keep at most `decimals` decimals. */
export function grouped(value: number, decimals: number = 1): string {
  const [whole = "", fraction] = trimmed(Math.abs(value), Number.isInteger(value) ? 0 : decimals).split(".");
  const digits = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return (value < 0 ? "-" : "") + digits + (fraction === undefined ? "" : `.${fraction}`);
}

/** A count with its noun: `1 sample`, `1,500 samples`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** An average count: one decimal below 100, whole and grouped above. */
export function meanText(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(1) : grouped(Math.round(value));
}

/**
 * A share as per cent, `96.5 %`. Only exactly 0 and 1 are shown as `0 %` and `100 %`: a share that would round to one
 * of them gets more decimals, and in the end `< 0.000001 %`.
 *
 * @param decimals fewest decimals shown; they are kept, so that columns align
 */
export function percent(share: number, decimals: number = 1): string {
  if (share === 0 || share === 1) return `${(share * 100).toFixed(decimals)} %`;
  for (let more = decimals; more <= 6; more++) {
    const text = (share * 100).toFixed(more);
    if (Number(text) !== 0 && Number(text) !== 100) return `${text} %`;
  }
  return share < 0.5 ? "< 0.000001 %" : "> 99.999999 %";
}

/** A share as per cent in a sentence: two decimals at most, none when none are needed. */
export function percentInText(share: number): string {
  return percent(share, 2).replace(/\.?0+ %$/, " %");
}

/** A number with so many significant digits at least; all digits before the point are kept. */
export function significant(value: number, digits: number = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e15) return value.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude)));
  return magnitude >= 1e4 ? grouped(Math.round(value)) : trimmed(value, decimals);
}

/** Energy given in pJ with the unit that keeps it between 1 and 1000: `2.41 nJ`. */
export function energyText(pJ: number): string {
  return withUnit(pJ, 1000, ["pJ", "nJ", "µJ", "mJ", "J"]);
}

/** Power given in mW, both ends with the unit that suits the larger: `29 mW`, `27.3 µW`. */
export function powerRangeText(low: number, high: number): string {
  const units = ["nW", "µW", "mW", "W"];
  const top = withUnit(high * 1e6, 1000, units);
  const factor = 1000 ** units.indexOf(top.slice(top.indexOf(" ") + 1));
  return low === high ? top : `${significant((low * 1e6) / factor)} to ${top}`;
}

/** A duration given in nanoseconds with the unit that keeps it between 1 and 1000: `1.06 µs`. */
export function durationOfNs(ns: number): string {
  return withUnit(ns, 1000, ["ns", "µs", "ms", "s"]);
}

/** Both ends of a range with the unit that suits its larger end: `2.1 to 3.0 nJ`; one number when they are equal. */
export function energyRangeText(low: number, high: number): string {
  const top = energyText(high);
  const unit = top.slice(top.indexOf(" ") + 1);
  const factor = 1000 ** ["pJ", "nJ", "µJ", "mJ", "J"].indexOf(unit);
  return low === high ? top : `${significant(low / factor)} to ${top}`;
}

/** A duration given in milliseconds: `340 ms`, `12.3 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bits as bytes: `96 B`, `12.5 KiB`, `3.2 MiB`. */
export function memoryText(bits: number): string {
  return withUnit(bits / 8, 1024, ["B", "KiB", "MiB", "GiB"]);
}

function withUnit(value: number, step: number, units: readonly string[]): string {
  let index = 0;
  let scaled = value;
  while (Number(scaled.toPrecision(3)) >= step && index < units.length - 1) {
    scaled /= step;
    index++;
  }
  return `${significant(scaled)} ${units[index] ?? ""}`;
}

/** At most so many decimals, without zeros at the end. */
function trimmed(value: number, decimals: number): string {
  const text = value.toFixed(Math.min(decimals, 100));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
