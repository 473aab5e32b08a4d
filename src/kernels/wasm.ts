/** The part of the WebAssembly interface that is used here; the types of Node.js 20 do not declare it. */

/** Bytes that compiled code works on, 64 KiB a page. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Make it larger by some pages. @returns how many there were */
  grow(pages: number): number;
}

interface WebAssemblyInterface {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<object>;
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** Undefined where WebAssembly is switched off. */
export const webAssembly: WebAssemblyInterface | undefined = (
  globalThis as unknown as { readonly WebAssembly?: WebAssemblyInterface }
).WebAssembly;

/** The smallest module that uses a SIMD instruction: () => v128 with i8x16.splat of 0. */
const simdProbe = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

/** Whether WebAssembly with 128-bit vectors can be compiled and run here. */
export function hasSimd(): boolean {
  return webAssembly?.validate(simdProbe) ?? false;
}
