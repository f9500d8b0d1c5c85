import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** There is no HAProxy to be started. */
export class HaproxyMissingError extends Error {
  constructor(binary: string) {
    super(`${binary} is not installed, or is not HAProxy`);
    this.name = "HaproxyMissingError";
  }
}

/** @throws HaproxyMissingError */
export async function requireHaproxy(binary = "haproxy"): Promise<void> {
  if ((await haproxyVersion(binary)) === undefined) throw new HaproxyMissingError(binary);
}

/** The version that `binary` tells, such as `2.6.12`; `undefined` where there is no such program or it is something else. */
export async function haproxyVersion(binary = "haproxy"): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ["-v"]);
    return /^HA-?Proxy version (\d+(?:\.\d+)+)/im.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
