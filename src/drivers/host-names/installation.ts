import { defined } from "../../domain/defined.ts";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AUTHORITY_CERTIFICATE_FILE, AUTHORITY_FILE, openAuthority, SERVER_FILE } from "./certificates.ts";
import { rivals, withBlock, withoutBlock, type HostsBlock, type Mapping } from "./hosts-block.ts";
import { HOST_NAMES_FILE, hostNamesFolder, readHostNames, writeHostNames, type HostNames } from "./record.ts";
import { distrust, missingFolders, trust } from "./trust.ts";
import { editFile, makeFolder, readBytes } from "./write-file.ts";

/** The installation that the names shall lead to. */
export interface Home {
  readonly dataDirectory: string;
  /** The id that its traces outside bear. */
  readonly id: string;
}

/** What is wanted; what is left out stays as it is, or as usual. */
export interface Wish {
  /** Added to those that are installed. */
  readonly hosts: readonly string[];
  readonly address?: string | undefined;
  readonly hostsFile?: string | undefined;
  readonly dockerCerts?: string | undefined;
  readonly revision: string;
  readonly now: number;
}

export const USUAL = { address: "127.45.66.1", hostsFile: "/etc/hosts", dockerCerts: "/etc/docker/certs.d" } as const;

/** A wish that contradicts what is installed, or what others wrote into the hosts file. */
export class HostNamesConflictError extends Error {
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.name = "HostNamesConflictError";
    this.advice = advice;
  }
}

export interface Prepared {
  readonly names: HostNames;
  readonly block: HostsBlock;
  /** The authority's certificate, as PEM. */
  readonly certificate: string;
  /** What was on record before. */
  readonly before: HostNames | undefined;
}

/**
 * The part of an installation that needs no rights over the machine: the record, which the server follows, and the authority. Done first, so that
 * a removal knows what to undo, whatever happens next.
 * @throws HostNamesConflictError, DamagedBlockError, and what reading the hosts file throws
 */
export async function prepare({ dataDirectory, id }: Home, wish: Wish): Promise<Prepared> {
  const folder = hostNamesFolder(dataDirectory);
  const known = await readHostNames(folder);
  for (const setting of ["address", "hostsFile", "dockerCerts"] as const)
    if (known && wish[setting] !== undefined && wish[setting] !== known[setting])
      throw new HostNamesConflictError(
        `host names are installed already, with ${known[setting]} instead of ${wish[setting]}`,
        "Run `airfield hosts remove` first.",
      );
  const { address, hostsFile, dockerCerts } = { ...USUAL, ...known, ...defined(wish) };
  const hosts = [...new Set([...(known?.hosts ?? []), ...wish.hosts])];
  const block: HostsBlock = { owner: id, address, hosts };
  const text = await readBytes(hostsFile);
  refuseRivals(hostsFile, rivals(text, block));
  withBlock(text, block);

  const owner = await stat(dataDirectory);
  await makeFolder(folder, owner);
  const { certificate } = await openAuthority({ folder, installation: id, now: wish.now, owner });
  const madeFolders = [...new Set([...(known?.madeFolders ?? []), ...(await missingFolders(dockerCerts, hosts))])];
  const names: HostNames = { revision: wish.revision, address, hosts, hostsFile, dockerCerts, madeFolders };
  await writeHostNames(folder, names, owner);
  return { names, block, certificate, before: known };
}

/** Takes `prepare` back where `place` was refused: names that lead elsewhere are not recorded as ours. The authority stays, for who goes on by hand. */
export async function withdraw({ dataDirectory }: Home, { before }: Prepared): Promise<void> {
  const folder = hostNamesFolder(dataDirectory);
  if (before) await writeHostNames(folder, before, await stat(dataDirectory));
  else await rm(join(folder, HOST_NAMES_FILE), { force: true });
}

/** The part that changes the machine, as a rule for root alone. The names come last: they lead here once they are believed. Gives whether anything changed. */
export async function place({ names, block, certificate }: Prepared): Promise<boolean> {
  let changed = false;
  for (const host of names.hosts) changed = (await trust(names.dockerCerts, host, block.owner, certificate)) || changed;
  return (await editFile(names.hostsFile, (text) => withBlock(text, block))) || changed;
}

/**
 * Takes back all that `prepare` and `place` did, or a part of it that was done. Gives whether there was anything.
 * Where the record is lost, the places to look at are the usual ones, unless they are named.
 */
export async function removeHostNames(
  { dataDirectory, id }: Home,
  where: { readonly hostsFile?: string | undefined; readonly dockerCerts?: string | undefined } = {},
): Promise<boolean> {
  const folder = hostNamesFolder(dataDirectory);
  const known = await readHostNames(folder);
  const { hostsFile, dockerCerts } = { ...USUAL, ...known, ...defined(where) };
  const edited = await editFile(hostsFile, (text) => withoutBlock(text, id));
  const distrusted = await distrust(dockerCerts, id, known?.madeFolders ?? []);
  // The server stops listening at this.
  await rm(join(folder, HOST_NAMES_FILE), { force: true });
  for (const file of [SERVER_FILE, AUTHORITY_FILE, AUTHORITY_CERTIFICATE_FILE]) await rm(join(folder, file), { force: true });
  return edited || distrusted.length > 0 || known !== undefined;
}

function refuseRivals(hostsFile: string, [rival]: readonly Mapping[]): void {
  if (rival)
    throw new HostNamesConflictError(
      `line ${rival.line} of ${hostsFile} leads ${rival.host} to ${rival.address}`,
      "That is not ours to change: take the line out, then try again.",
    );
}
