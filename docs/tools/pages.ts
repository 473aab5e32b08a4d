/** The TypeScript on a page of the documentation: taken out, run, and what it printed. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { deserialize } from "node:v8";
import ts from "typescript";

/** A block of code, and what the page says that it prints. */
export interface Block {
  readonly code: string;
  /** The ```text block that follows; empty when there is none. */
  readonly output: string;
}

/** A page with code. */
export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Read a page. */
export function readPage(path: string): Page {
  const text = readFileSync(path, "utf8");
  const fences = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, body]) => ({
    language,
    body: body ?? "",
  }));
  const blocks = fences.flatMap(({ language, body }, index) => {
    if (language !== "ts") return [];
    const next = fences[index + 1];
    return [{ code: body, output: next?.language === "text" ? next.body : "" }];
  });
  return { path, text, blocks };
}

/** What a page's code did. */
export interface Run {
  /** What each block printed. */
  readonly outputs: readonly string[];
  /** The values of the constants at the top level, by name. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Line that is printed after each block. */
const mark = "\u0001";

/**
 * Run the blocks of a page one after the other as one program, with the packages of this project.
 *
 * @throws with what it wrote to standard error when the program fails
 */
export function runPage(page: Page): Run {
  const folder = resolve(dirname(page.path));
  const scratch = mkdtempSync(join(tmpdir(), "bitspike-page-"));
  const result = join(scratch, "values");
  const names = page.blocks.flatMap(({ code }) => constantsOf(code));
  const program = [
    ...page.blocks.map(({ code }) => `${code}\nconsole.log(${JSON.stringify(mark)});`),
    `import { serialize as __serialize } from "node:v8";`,
    `import { writeFileSync as __write } from "node:fs";`,
    `const __plain = (value) => { try { return __serialize(value), value; } catch { return undefined; } };`,
    `__write(${JSON.stringify(result)}, __serialize(Object.fromEntries(Object.entries({ ${names.join(", ")} }).map(([k, v]) => [k, __plain(v)]))));`,
  ].join("\n");
  // Beside the page, so that its imports are found as they stand there.
  const helpers = [...new Set([...program.matchAll(/from "\.\/(\w+)\.ts"/g)].map(([, name]) => name ?? ""))];
  const written: string[] = [];
  const write = (name: string, code: string): string => {
    const path = join(folder, `.${name}-${process.pid}.mjs`);
    const local = helpers.reduce((all, one) => all.replaceAll(`./${one}.ts`, `./.${one}-${process.pid}.mjs`), code);
    writeFileSync(path, stripped(local));
    written.push(path);
    return path;
  };
  try {
    for (const name of helpers) write(name, readFileSync(join(folder, `${name}.ts`), "utf8"));
    const main = write(basename(page.path, ".md"), program);
    const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: "utf8", cwd: folder });
    if (status !== 0) throw new Error(`${page.path} does not run:\n${stderr}`);
    const outputs = stdout.split(`${mark}\n`).slice(0, -1);
    return { outputs, values: deserialize(readFileSync(result)) as Record<string, unknown> };
  } finally {
    for (const path of written) rmSync(path, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

function stripped(code: string): string {
  const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}

/** Names of the `const` declarations at the top level. */
function constantsOf(code: string): string[] {
  const file = ts.createSourceFile("page.ts", code, ts.ScriptTarget.ES2023);
  return file.statements.flatMap((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
      : [],
  );
}

/**
 * Mistakes of type in the code of pages, as "file: line: message"; lines count within the page's code.
 *
 * @param declarations the types of the package
 * @param more libraries of types, such as that of a browser's page, `lib.dom.d.ts`
 */
export function typeMistakes(pages: readonly Page[], declarations: string, more: readonly string[] = []): string[] {
  const sources = new Map(
    pages.map(({ path, blocks }) => [`${path.slice(0, -3)}.page.ts`, blocks.map(({ code }) => code).join("\n")]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    lib: ["lib.es2023.d.ts", ...more],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    paths: { bitspike: [declarations] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, source, ts.ScriptTarget.ES2023);
  };
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${basename(file?.fileName ?? "")}: ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

/** The text of a page with what its blocks printed in the ```text blocks behind them. */
export function withOutputs({ text }: Page, outputs: readonly string[]): string {
  let block = -1;
  let before = "";
  return text.replaceAll(/^```(\w*)\n(.*?)^```$/gms, (whole: string, language: string) => {
    if (language === "ts") block++;
    const own = language === "text" && before === "ts";
    before = language;
    return own ? `\`\`\`text\n${outputs[block] ?? ""}\`\`\`` : whole;
  });
}
