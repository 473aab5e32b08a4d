/** The one error class and the catalogue of permanent codes. A code is never renamed; its words may improve. */

/** Where the mistake is. Every part is optional; the command line prints what is known. */
export interface Place {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** Dotted path inside a document, such as `weights.bits`, or a command-line option. */
  readonly field?: string;
  /** Node of a network. */
  readonly node?: string;
}

/**
 * Every mistake a user can make, by permanent code: a title, what happened as full sentences, what to do about it.
 * Words in braces are facts that the thrower gives.
 */
export const catalogue = {
  // Command line and files
  FILE_NOT_FOUND: {
    title: "File not found",
    message: "There is no file {path}.",
    hint: "Check the path; it is relative to the current folder.",
  },
  FILE_UNREADABLE: {
    title: "File cannot be read",
    message: "{path} cannot be read: {reason}.",
    hint: "Check that it is a file and that you may read it.",
  },
  FILE_UNWRITABLE: {
    title: "File cannot be written",
    message: "{path} cannot be written: {reason}.",
    hint: "Choose another place, or make the folder writable.",
  },

  // Networks

  // Arrays and recordings
  NPY_SIGNATURE: {
    title: "Not a .npy file",
    message: "This is not a .npy file: {found}.",
    hint: "Save the array with numpy.save.",
  },
  NPY_HEADER: {
    title: "The header of a .npy file is broken",
    message: "The header of the .npy file cannot be read: {reason}.",
    hint: "The file is damaged or was not written by NumPy; save the array again with numpy.save.",
  },
  NPY_DTYPE: {
    title: "Kind of number not supported",
    message: "The array holds {dtype}, which is neither an integer, a bool nor a float of 16 to 64 bits.",
    hint: "Convert the array first, for example with array.astype(numpy.float32).",
  },
  NPY_PICKLED: {
    title: "Pickled objects are not read",
    message: "The array holds Python objects (dtype object), which are stored as a pickle that could run any program.",
    hint: "Store plain numbers of one shape: numpy.save(file, numpy.stack(list).astype(numpy.float32)).",
  },
  NPY_LENGTH: {
    title: "A .npy file is too short or too long",
    message: "The header declares {shape} of {dtype}, which takes {declared} bytes; the file holds {found}.",
    hint: "The file was cut off or holds more than one array; save the array again with numpy.save.",
  },
  NPY_INT64_RANGE: {
    title: "A 64-bit integer is too large",
    message: "Element {index} is {value}; whole numbers beyond 9007199254740991 in magnitude are not read exactly.",
    hint: "Store smaller integers, or floats.",
  },

  // Targets and equations

  // Compiling

  // Running
  RUN_INTERRUPTED: {
    title: "Interrupted",
    message: "The run was interrupted before it ended.",
    hint: "Start it again; nothing was written.",
  },
} as const;

export type ErrorCode = keyof typeof catalogue;

/** The names in braces in a text, as a type. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;
type Facts<C extends ErrorCode> = Readonly<
  Record<FactNames<(typeof catalogue)[C]["message"]> | FactNames<(typeof catalogue)[C]["hint"]>, string | number>
>;

/** A user's mistake: a permanent code, the facts, the place and a hint. Anything else that is thrown is our bug. */
export class BitspikeError extends Error {
  override readonly name = "BitspikeError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly place: Place;
  /** When several mistakes were found at once: each of them. */
  readonly issues: readonly BitspikeError[];

  constructor(
    code: ErrorCode,
    text: { message: string; hint: string },
    place: Place = {},
    options: { cause?: unknown; issues?: readonly BitspikeError[] } = {},
  ) {
    super(text.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = text.hint;
    this.place = place;
    this.issues = options.issues ?? [];
  }
}

/**
 * Make the error of one catalogue entry; the caller throws it.
 *
 * @param facts the words in braces of the entry
 * @param place what is known about where the mistake is
 * @param options `cause`: the error underneath; `issues`: the single mistakes when several were found
 */
export function mistake<C extends ErrorCode>(
  code: C,
  facts: Facts<C>,
  place?: Place,
  options?: { cause?: unknown; issues?: readonly BitspikeError[] },
): BitspikeError {
  const { message, hint } = catalogue[code];
  return new BitspikeError(code, { message: fill(message, facts), hint: fill(hint, facts) }, place, options);
}

function fill(text: string, facts: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(facts[name]));
}

/** The same error with more of its place known; used where a caller knows the file and the callee did not. */
export function located(error: BitspikeError, place: Place): BitspikeError {
  return new BitspikeError(
    error.code,
    error,
    { ...place, ...error.place },
    { cause: error.cause, issues: error.issues.map((issue) => located(issue, place)) },
  );
}

/** Something the user should know that does not stop the work. */
export interface Warning {
  /** Permanent, upper case, such as `NIR_OUTPUT_SHAPE`. */
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
}
