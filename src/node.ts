/** bitspike for Node.js: everything that runs anywhere, files, and engines over worker threads. */

export * from "./index.ts";
export { pageAssets, readArrays, readBytes, readMappingFile, readTarget, targetNames, writeWhole } from "./files.ts";
export { connect, type ConnectOptions } from "./connect/node.ts";
export { openShards } from "./shard/engine.ts";
