import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, writeWhole, type Owner } from "./write-file.ts";

/** That host names are on, as the data folder says. The server follows this file. */
export interface HostNames {
  /** Changes with every installation, so that the server tries again. */
  readonly revision: string;
  /** A loopback address of their own: what load balancers bind on 127.0.0.1 is not in the way. */
  readonly address: string;
  readonly hosts: readonly string[];
  readonly hostsFile: string;
  /** Where the engine looks for authorities, a folder a host. */
  readonly dockerCerts: string;
  /** Folders that did not exist before us, outermost first. */
  readonly madeFolders: readonly string[];
}

/** What the server made of it. */
export interface EndpointState {
  readonly pid: number;
  readonly revision: string;
  /** Why nobody listens; absent where the server does. */
  readonly problem?: { readonly code: string; readonly message: string };
}

export const HOST_NAMES_FILE = "names.json";
export const ENDPOINT_FILE = "endpoint.json";

/** The folder within the data folder. */
export function hostNamesFolder(dataDirectory: string): string {
  return join(dataDirectory, "host-names");
}

/** `undefined` where host names are off. */
export function readHostNames(folder: string): Promise<HostNames | undefined> {
  return readJson<HostNames>(join(folder, HOST_NAMES_FILE));
}

export function writeHostNames(folder: string, names: HostNames, owner: Owner): Promise<void> {
  return writeJson(join(folder, HOST_NAMES_FILE), names, owner);
}

export function readEndpointState(folder: string): Promise<EndpointState | undefined> {
  return readJson<EndpointState>(join(folder, ENDPOINT_FILE));
}

export function writeEndpointState(folder: string, state: EndpointState): Promise<void> {
  return writeJson(join(folder, ENDPOINT_FILE), state);
}

export function forgetEndpointState(folder: string): Promise<void> {
  return rm(join(folder, ENDPOINT_FILE), { force: true });
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

function writeJson(file: string, value: unknown, owner?: Owner): Promise<void> {
  return writeWhole(file, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600, owner });
}
