/**
 * Object headers: the messages that describe one group or dataset.
 *
 * Source: HDF5 File Format Specification 3.0, section IV.A.1.
 */

import { BrokenFile, UnreadableStorage, type Source } from "./source.ts";

/** Numbers of the messages that are read. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fill: 0x05,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

export interface Message {
  readonly type: number;
  /** Place of its first byte. */
  readonly at: number;
  readonly size: number;
}

/**
 * All messages of an object header, also those in continuation blocks and those that live in another header (a named
 * datatype).
 *
 * @param at place of the header
 * @throws BrokenFile
 */
export function readHeader(source: Source, at: number): readonly Message[] {
  return ownMessages(source, at).map(({ isShared, ...message }) =>
    isShared ? sharedMessage(source, message) : message,
  );
}

/** The first message of a type. */
export function find(messages: readonly Message[], type: number): Message | null {
  return messages.find((message) => message.type === type) ?? null;
}

type OwnMessage = Message & { readonly isShared: boolean };

interface Block {
  readonly at: number;
  readonly size: number;
}

/** How messages are framed: version 1, or version 2 with or without the order in which they were made. */
interface Framing {
  readonly isNew: boolean;
  readonly head: number;
}

function ownMessages(source: Source, at: number): readonly OwnMessage[] {
  const isNew = source.number(at, 1) !== 1;
  const flags = isNew ? source.number(source.expect(at, "OHDR") + 5, 1) : 0;
  const framing = { isNew, head: isNew ? (flags & 0x04 ? 6 : 4) : 8 };
  const blocks = [isNew ? newBlock(source, at, flags) : { at: at + 16, size: source.number(at + 8, 4) }];
  const messages: OwnMessage[] = [];
  for (const block of blocks) {
    for (const message of blockMessages(source, block, framing)) {
      if (message.type === MESSAGE.continuation) blocks.push(continuation(source, message.at, isNew));
      else messages.push(message);
    }
    // Every block holds a few bytes at least, so more blocks than this must overlap.
    if (blocks.length * 8 > source.bytes.length) throw new BrokenFile("an object header goes round in circles");
  }
  return messages;
}

function newBlock(source: Source, at: number, flags: number): Block {
  const sizeAt = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  return { at: sizeAt + sizeBytes, size: source.number(sizeAt, sizeBytes) };
}

function continuation(source: Source, at: number, isNew: boolean): Block {
  const place = source.address(at);
  const size = source.length(at + source.superblock.addressBytes);
  if (place === null) throw new BrokenFile("an object header goes on nowhere");
  // New blocks are framed by a signature and a checksum.
  return isNew ? { at: source.expect(place, "OCHK") + 4, size: size - 8 } : { at: place, size };
}

function* blockMessages(source: Source, block: Block, { isNew, head }: Framing): Generator<OwnMessage> {
  const end = block.at + block.size;
  for (let at = block.at; at + head <= end;) {
    const type = source.number(at, isNew ? 1 : 2);
    const size = source.number(at + (isNew ? 1 : 2), 2);
    const flags = source.number(at + (isNew ? 3 : 4), 1);
    if (at + head + size > end) throw new BrokenFile("a message is longer than its object header");
    yield { type, at: at + head, size, isShared: (flags & 2) !== 0 };
    at += head + size;
  }
}

function sharedMessage(source: Source, { type, at }: Message): Message {
  const version = source.number(at, 1);
  if (version === 3 && source.number(at + 1, 1) !== 2) throw new UnreadableStorage("with shared messages");
  const place = source.address(at + (version === 1 ? 8 : 2));
  const message = place === null ? undefined : ownMessages(source, place).find((other) => other.type === type);
  if (message === undefined || message.isShared) throw new BrokenFile("a shared message is missing");
  return message;
}
