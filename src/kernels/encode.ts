/**
 * WebAssembly modules as bytes: functions over one imported memory, with 128-bit vectors. Opcodes are those of the
 * WebAssembly core specification 2.0, section 5.4.
 */

/** Types of parameters, results and locals. */
export type ValueType = "i32" | "f64" | "v128";

const valueTypes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };

const scalars = {
  return: 0x0f,
  select: 0x1b,
  "i32.load": 0x28,
  "i32.store": 0x36,
  "i32.load8_s": 0x2c,
  "i32.load16_s": 0x2e,
  "i32.load16_u": 0x2f,
  "i32.eqz": 0x45,
  "i32.lt_u": 0x49,
  "i32.gt_u": 0x4b,
  "i32.le_u": 0x4d,
  "i32.ge_u": 0x4f,
  "i32.popcnt": 0x69,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.xor": 0x73,
  "i32.shl": 0x74,
  "i32.shr_u": 0x76,
} as const;

const vectors = {
  "v128.load": 0x00,
  "v128.load8x8_s": 0x01,
  "v128.load8x8_u": 0x02,
  "v128.load16x4_s": 0x03,
  "v128.load16x4_u": 0x04,
  "v128.store": 0x0b,
  "i8x16.swizzle": 0x0e,
  "i16x8.splat": 0x10,
  "i32x4.splat": 0x11,
  "f64x2.splat": 0x14,
  "i32x4.extract_lane": 0x1b,
  "i16x8.eq": 0x2d,
  "i16x8.ne": 0x2e,
  "i16x8.lt_s": 0x2f,
  "i16x8.gt_s": 0x31,
  "i16x8.le_s": 0x33,
  "i16x8.ge_s": 0x35,
  "i32x4.eq": 0x37,
  "i32x4.ne": 0x38,
  "i32x4.lt_s": 0x39,
  "i32x4.gt_s": 0x3b,
  "i32x4.le_s": 0x3d,
  "i32x4.ge_s": 0x3f,
  "f64x2.eq": 0x47,
  "f64x2.ne": 0x48,
  "f64x2.lt": 0x49,
  "f64x2.gt": 0x4a,
  "f64x2.le": 0x4b,
  "f64x2.ge": 0x4c,
  "v128.not": 0x4d,
  "v128.and": 0x4e,
  "v128.andnot": 0x4f,
  "v128.or": 0x50,
  "v128.xor": 0x51,
  "v128.bitselect": 0x52,
  "v128.any_true": 0x53,
  "v128.load16_lane": 0x55,
  "v128.load32_lane": 0x56,
  "v128.load64_lane": 0x57,
  "v128.load32_zero": 0x5c,
  "v128.store16_lane": 0x59,
  "v128.store32_lane": 0x5a,
  "v128.store64_lane": 0x5b,
  "i8x16.bitmask": 0x64,
  "i8x16.narrow_i16x8_s": 0x65,
  "f32x4.floor": 0x68,
  "f64x2.floor": 0x75,
  "f64x2.trunc": 0x7a,
  "i16x8.abs": 0x80,
  "i16x8.neg": 0x81,
  "i16x8.q15mulr_sat_s": 0x82,
  "i16x8.bitmask": 0x84,
  "i16x8.narrow_i32x4_s": 0x85,
  "i16x8.narrow_i32x4_u": 0x86,
  "i16x8.extend_low_i8x16_s": 0x87,
  "i16x8.shl": 0x8b,
  "i16x8.shr_s": 0x8c,
  "i16x8.shr_u": 0x8d,
  "i16x8.add": 0x8e,
  "i16x8.add_sat_s": 0x8f,
  "i16x8.sub": 0x91,
  "i16x8.sub_sat_s": 0x92,
  "f64x2.nearest": 0x94,
  "i16x8.mul": 0x95,
  "i16x8.min_s": 0x96,
  "i16x8.max_s": 0x98,
  "i32x4.abs": 0xa0,
  "i32x4.neg": 0xa1,
  "i32x4.bitmask": 0xa4,
  "i32x4.extend_low_i16x8_s": 0xa7,
  "i32x4.extend_high_i16x8_s": 0xa8,
  "i32x4.extend_low_i16x8_u": 0xa9,
  "i32x4.extend_high_i16x8_u": 0xaa,
  "i32x4.shl": 0xab,
  "i32x4.shr_s": 0xac,
  "i32x4.shr_u": 0xad,
  "i32x4.add": 0xae,
  "i32x4.sub": 0xb1,
  "i32x4.mul": 0xb5,
  "i32x4.min_s": 0xb6,
  "i32x4.max_s": 0xb8,
  "i32x4.dot_i16x8_s": 0xba,
  "i32x4.extmul_low_i16x8_s": 0xbc,
  "i32x4.extmul_high_i16x8_s": 0xbd,
  "i64x2.extend_low_i32x4_s": 0xc7,
  "i64x2.extend_high_i32x4_s": 0xc8,
  "i64x2.shl": 0xcb,
  "i64x2.add": 0xce,
  "f32x4.add": 0xe4,
  "f32x4.mul": 0xe6,
  "f32x4.div": 0xe7,
  "f64x2.abs": 0xec,
  "f64x2.neg": 0xed,
  "f64x2.add": 0xf0,
  "f64x2.sub": 0xf1,
  "f64x2.mul": 0xf2,
  "f64x2.div": 0xf3,
  "f64x2.pmin": 0xf6,
  "f64x2.pmax": 0xf7,
  "f32x4.convert_i32x4_s": 0xfa,
  "f64x2.convert_low_i32x4_s": 0xfe,
} as const;

/** An instruction without immediate operands, or one whose own method writes them. */
export type Instruction = keyof typeof scalars | keyof typeof vectors;

/** Alignment hints, log2 of bytes; none of the accesses depends on it. */
const unaligned = 0;

/** The body of one function, written instruction by instruction. */
export class Code {
  readonly bytes: number[] = [];
  /** Instructions so far that work on vectors; loads, stores and constants left out. */
  operations = 0;

  op(name: Instruction): this {
    if (!Object.hasOwn(scalars, name) && !/[.](load|store)/.test(name)) this.operations++;
    if (Object.hasOwn(scalars, name)) this.bytes.push(scalars[name as keyof typeof scalars]);
    else {
      this.bytes.push(0xfd);
      unsigned(this.bytes, vectors[name as keyof typeof vectors]);
    }
    return this;
  }

  /** A load or store at the address on the stack plus `offset`. */
  memory(name: Instruction, offset: number): this {
    this.op(name);
    unsigned(this.bytes, unaligned);
    unsigned(this.bytes, offset);
    return this;
  }

  /** A load or store of one lane. */
  memoryLane(name: Instruction, offset: number, lane: number): this {
    this.memory(name, offset);
    this.bytes.push(lane);
    return this;
  }

  lane(name: Instruction, lane: number): this {
    this.op(name);
    this.bytes.push(lane);
    return this;
  }

  get(local: number): this {
    return this.indexed(0x20, local);
  }

  set(local: number): this {
    return this.indexed(0x21, local);
  }

  tee(local: number): this {
    return this.indexed(0x22, local);
  }

  int(value: number): this {
    this.bytes.push(0x41);
    signed(this.bytes, value | 0);
    return this;
  }

  /** A vector constant, 16 bytes. */
  vector(bytes: Uint8Array): this {
    this.bytes.push(0xfd, 0x0c, ...bytes);
    return this;
  }

  /** Bytes of two vectors by number: 0 to 15 of the first, 16 to 31 of the second. */
  shuffle(bytes: readonly number[]): this {
    this.operations++;
    this.bytes.push(0xfd, 0x0d, ...bytes);
    return this;
  }

  block(): this {
    this.bytes.push(0x02, 0x40);
    return this;
  }

  loop(): this {
    this.bytes.push(0x03, 0x40);
    return this;
  }

  if(): this {
    this.bytes.push(0x04, 0x40);
    return this;
  }

  end(): this {
    this.bytes.push(0x0b);
    return this;
  }

  /** Leave `depth` blocks, or begin a loop again. */
  branch(depth: number): this {
    return this.indexed(0x0c, depth);
  }

  branchIf(depth: number): this {
    return this.indexed(0x0d, depth);
  }

  private indexed(opcode: number, index: number): this {
    this.bytes.push(opcode);
    unsigned(this.bytes, index);
    return this;
  }
}

/** The code of a function while it is written, and the locals that it takes. */
export class Draft {
  readonly code: Code = new Code();
  readonly parameters: readonly ValueType[];
  readonly locals: ValueType[] = [];

  constructor(parameters: readonly ValueType[]) {
    this.parameters = parameters;
  }

  /** A new local's index. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameters.length + this.locals.length - 1;
  }
}

/** One exported function. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Beyond the parameters, numbered after them. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Pages of the largest memory that 32-bit addresses reach. */
export const largestMemoryPages = 65_536;

/**
 * A module that imports its memory as `env.memory` and exports functions.
 *
 * @param shared whether that memory is one shared between threads; then it must have been made with
 *   `largestMemoryPages` as its maximum or less
 */
export function encodeModule(functions: readonly WasmFunction[], shared: boolean): Uint8Array {
  const bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = functions.map(({ parameters, results }) => [0x60, ...listOf(parameters), ...listOf(results)]);
  section(bytes, 1, counted(types));
  section(bytes, 2, [1, ...text("env"), ...text("memory"), 0x02, ...limits(shared)]);
  section(bytes, 3, counted(functions.map((_, index) => unsigned([], index))));
  section(bytes, 7, counted(functions.map(({ name }, index) => unsigned([...text(name), 0x00], index))));
  section(bytes, 10, counted(functions.map(bodyOf)));
  return Uint8Array.from(bytes);
}

function limits(shared: boolean): number[] {
  return shared ? unsigned([0x03, 0], largestMemoryPages) : [0x00, 0];
}

function bodyOf({ locals, body }: WasmFunction): number[] {
  const runs = locals.map((type) => [1, valueTypes[type]]);
  const bytes = [...counted(runs), ...body.bytes, 0x0b];
  return [...unsigned([], bytes.length), ...bytes];
}

function section(bytes: number[], id: number, content: readonly number[]): void {
  bytes.push(id);
  unsigned(bytes, content.length);
  for (const byte of content) bytes.push(byte);
}

function counted(items: readonly (readonly number[])[]): number[] {
  return [...unsigned([], items.length), ...items.flat()];
}

function listOf(types: readonly ValueType[]): number[] {
  return [types.length, ...types.map((type) => valueTypes[type])];
}

function text(value: string): number[] {
  return [value.length, ...Array.from(value, (letter) => letter.charCodeAt(0))];
}

/** LEB128. */
function unsigned(bytes: number[], value: number): number[] {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

function signed(bytes: number[], value: number): void {
  let rest = value;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
}
