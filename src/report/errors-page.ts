/** The error catalogue as a page of the documentation. */

import { catalogue } from "../errors.ts";

/** Markdown with every code: what happened and what to do. Words in braces stand for the facts of the case. */
export function errorsPage(): string {
  const sections = Object.entries(catalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { title, message, hint }]) => `## ${code}\n\n**${title}.** ${message}\n\n${hint}\n`);
  const head =
    "# Errors\n\nEvery mistake that bitspike finds has a permanent code. Words in braces stand for the facts of the case. " +
    "This page is made from the source by `npm run docs`.\n";
  return [head, ...sections].join("\n");
}
