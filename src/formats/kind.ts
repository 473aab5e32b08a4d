/** What kind of file some bytes are, by their content; the name does not matter. */

export type FileKind = "nir" | "npz" | "npy" | "safetensors" | "network" | "text" | "unknown";

/** The kind in words, for messages. */
export const kindNames: Readonly<Record<FileKind, string>> = {
  nir: "an HDF5 file (a NIR model)",
  npz: "a .npz archive (data or a recording)",
  npy: "a .npy array (data)",
  safetensors: "a .safetensors file (a program)",
  network: "a YAML file of nodes and edges (a network)",
  text: "a text file (a target)",
  unknown: "of no known kind",
};

/** Tell the kinds apart by their first bytes. */
export function kindOf(bytes: Uint8Array): FileKind {
  if (begins(bytes, 0, "\x89HDF\r\n\x1a\n")) return "nir";
  if (begins(bytes, 0, "\x93NUMPY")) return "npy";
  if (begins(bytes, 0, "PK\x03\x04") || begins(bytes, 0, "PK\x05\x06")) return "npz";
  // Eight bytes of length, of which the upper ones are zero, then JSON.
  if (begins(bytes, 5, "\0\0\0{")) return "safetensors";
  // HDF5 may stand behind a block of the user's, at 512 bytes or twice that any number of times.
  for (let at = 512; at + 8 <= bytes.length; at *= 2) if (begins(bytes, at, "\x89HDF\r\n\x1a\n")) return "nir";
  const sample = bytes.subarray(0, 4096);
  const isText = sample.length > 0 && sample.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
  if (!isText) return "unknown";
  // Of the two kinds of YAML files that there are only a network has nodes.
  return /^(["']?)nodes\1\s*:/m.test(new TextDecoder().decode(bytes)) ? "network" : "text";
}

function begins(bytes: Uint8Array, at: number, text: string): boolean {
  return bytes.length >= at + text.length && [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
}
