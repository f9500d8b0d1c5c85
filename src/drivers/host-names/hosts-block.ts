/** What one installation adds to a hosts file. */
export interface HostsBlock {
  /** The installation's id: several installations on one machine have a block each. */
  readonly owner: string;
  readonly address: string;
  readonly hosts: readonly string[];
}

/** A hosts file that is not edited, since it cannot be told what is ours in it. */
export class DamagedBlockError extends Error {
  constructor(owner: string) {
    super(`the block of this installation ("# BEGIN airfield ${owner}" to "# END airfield ${owner}") is not whole, or there are several`);
    this.name = "DamagedBlockError";
  }
}

const NO_NEWLINE = " The line above had no newline.";

/**
 * The text with the block in it: at its end, or where an earlier one of this owner stood. All other lines stay as they are, and
 * `withoutBlock` gives back exactly what was there before.
 * @throws DamagedBlockError
 */
export function withBlock(text: string, block: HostsBlock): string {
  const found = locate(text, block.owner);
  if (found) return text.slice(0, found.start) + render(block, found.joined) + text.slice(found.end);
  const joined = text !== "" && !text.endsWith("\n");
  return text + (joined ? "\n" : "") + render(block, joined);
}

/**
 * The text without this owner's block.
 * @throws DamagedBlockError
 */
export function withoutBlock(text: string, owner: string): string {
  const found = locate(text, owner);
  if (!found) return text;
  const before = text.slice(0, found.start);
  const after = text.slice(found.end);
  // A newline that we added goes too, unless somebody wrote below in the meantime.
  return found.joined && after === "" ? before.replace(/\n$/, "") : before + after;
}

export interface Mapping {
  /** Counted from 1. */
  readonly line: number;
  readonly address: string;
  readonly host: string;
}

/** Lines outside of the block that give one of its hosts another address. The first line that names a host wins, so the block might do nothing. */
export function rivals(text: string, { owner, address, hosts }: HostsBlock): readonly Mapping[] {
  const found = locate(text, owner);
  const wanted = new Set(hosts);
  const rival: Mapping[] = [];
  for (const { line, start, number } of linesOf(text)) {
    if (found && start >= found.start && start < found.end) continue;
    const [target, ...names] = (line.split("#", 1)[0] ?? "").trim().split(/\s+/);
    for (const name of names)
      if (target !== undefined && target !== address && wanted.has(name.toLowerCase()))
        rival.push({ line: number, address: target, host: name });
  }
  return rival;
}

/** The block as it stands in the file, for who writes it by hand. */
export function blockText(block: HostsBlock): string {
  return render(block, false);
}

function render({ owner, address, hosts }: HostsBlock, joined: boolean): string {
  const begin = `${beginning(owner)} Written by \`airfield hosts install\`; \`airfield hosts remove\` takes it out.${joined ? NO_NEWLINE : ""}`;
  return [begin, ...hosts.map((host) => `${address} ${host}`), ending(owner), ""].join("\n");
}

const beginning = (owner: string): string => `# BEGIN airfield ${owner}.`;
const ending = (owner: string): string => `# END airfield ${owner}`;

function locate(text: string, owner: string): { readonly start: number; readonly end: number; readonly joined: boolean } | undefined {
  const lines = [...linesOf(text)];
  const begins = lines.filter(({ line }) => line.startsWith(beginning(owner)));
  const ends = lines.filter(({ line }) => line.trimEnd() === ending(owner));
  const [begin] = begins;
  const [end] = ends;
  if (!begin && !end) return undefined;
  if (!begin || !end || begins.length > 1 || ends.length > 1 || end.start < begin.start) throw new DamagedBlockError(owner);
  return { start: begin.start, end: end.end, joined: begin.line.trimEnd().endsWith(NO_NEWLINE) };
}

/** The lines with where they start and where the next one does. */
function* linesOf(
  text: string,
): Generator<{ readonly line: string; readonly start: number; readonly end: number; readonly number: number }> {
  let start = 0;
  for (let number = 1; start < text.length; number += 1) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline + 1;
    yield { line: text.slice(start, newline < 0 ? end : newline), start, end, number };
    start = end;
  }
}
