import { digest, entryLine, type CertificateEntry, type CertificateList } from "./tls-names.ts";

/** What a worker shows: the lines of each list, the default's first, and a digest of what is in each file. Nothing in it is secret. */
export interface ShownCertificates {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly files: Readonly<Record<string, string>>;
}

/** Commands of the runtime API that belong together, and what the last of them answers when all were done. */
export interface CertificateStep {
  readonly commands: readonly string[];
  readonly done: RegExp;
  /** What takes back a step that was not done, where something is left of it. */
  readonly undo?: string;
  /** What is shown when it was done. */
  readonly after: (shown: ShownCertificates) => ShownCertificates;
}

export function shownIn(lists: readonly CertificateList[]): ShownCertificates {
  return {
    lists: Object.fromEntries(lists.map(({ name, entries }) => [name, entries.map(entryLine)])),
    files: Object.fromEntries(lists.flatMap(({ entries }) => entries.map(({ file, pem }) => [file, digest(pem)]))),
  };
}

/**
 * What turns the certificates that a worker shows into those that it is to show, while it goes on: new ones and new contents first, then those that leave, so
 * that a name is never without the certificate it has before or after. `undefined` where that cannot be done without a reload.
 */
export function planCertificateChanges(
  shown: ShownCertificates | undefined,
  wanted: readonly CertificateList[],
): readonly CertificateStep[] | undefined {
  if (!shown) return wanted.length === 0 ? [] : undefined;
  if (wanted.some(({ name }) => shown.lists[name] === undefined)) return undefined;
  const entries = new Map(wanted.flatMap((list) => list.entries.map((entry) => [entry.file, entry])));
  if ([...entries.values()].some(({ pem }) => pem.length > LONGEST_PEM)) return undefined;
  const contents = [...entries.values()].filter(({ file, pem }) => shown.files[file] !== digest(pem));
  const isNew = ({ file }: CertificateEntry): boolean => shown.files[file] === undefined;
  const leaving = (name: string, lines: ReadonlySet<string>): readonly string[] =>
    (shown.lists[name] ?? []).filter((line) => !lines.has(line)).map((line) => line.split(" ", 1).join(""));
  return [
    ...contents.flatMap((entry) => [...(isNew(entry) ? [creation(entry)] : []), content(entry)]),
    ...wanted.flatMap(({ name, entries: [, ...others] }) =>
      others.filter((entry) => !shown.lists[name]?.includes(entryLine(entry))).map((entry) => addition(name, entry)),
    ),
    ...wanted.flatMap(({ name, entries: all }) => leaving(name, new Set(all.map(entryLine))).map((file) => removal(name, file))),
    ...Object.keys(shown.files)
      .filter((file) => !entries.has(file))
      .map(deletion),
  ];
}

/** Characters that a command may have: HAProxy reads it into a buffer of 16 KiB. */
const LONGEST_PEM = 15_000;

function creation({ file }: CertificateEntry): CertificateStep {
  return { commands: [`new ssl cert ${file}`], done: /^New empty certificate store/, after: withFile(file, digest("")) };
}

/** The end of what is handed over is an empty line, so that none may be in it. */
function content({ file, pem }: CertificateEntry): CertificateStep {
  const text = pem
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .join("\n");
  return {
    commands: [`set ssl cert ${file} <<\n${text}\n`, `commit ssl cert ${file}`],
    done: /Success!$/,
    undo: `abort ssl cert ${file}`,
    after: withFile(file, digest(pem)),
  };
}

function addition(list: string, entry: CertificateEntry): CertificateStep {
  const line = entryLine(entry);
  return { commands: [`add ssl crt-list ${list} <<\n${line}\n`], done: /Success!$/, after: withLines(list, (lines) => [...lines, line]) };
}

function removal(list: string, file: string): CertificateStep {
  const isOther = (line: string): boolean => !line.startsWith(`${file} `);
  return {
    commands: [`del ssl crt-list ${list} ${file}`],
    done: /deleted in crtlist/,
    after: withLines(list, (lines) => lines.filter(isOther)),
  };
}

function deletion(file: string): CertificateStep {
  return { commands: [`del ssl cert ${file}`], done: /deleted!$/, after: withFile(file, undefined) };
}

function withFile(file: string, pemDigest: string | undefined): CertificateStep["after"] {
  return ({ lists, files }) => {
    const { [file]: _before, ...others } = files;
    return { lists, files: pemDigest === undefined ? others : { ...others, [file]: pemDigest } };
  };
}

function withLines(list: string, change: (lines: readonly string[]) => readonly string[]): CertificateStep["after"] {
  return ({ lists, files }) => ({ files, lists: { ...lists, [list]: change(lists[list] ?? []) } });
}
