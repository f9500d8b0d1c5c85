import type { ContainerSpec } from "../../ports/task-runner.ts";
import { ANYBODY, type PulledRepository } from "./pulled-images.ts";

export interface StoredImage {
  /** The engine's id of it. */
  readonly id: string;
  /** By a digest, it was named by something that a registry said once: nobody makes such a name by building. */
  readonly byDigest: boolean;
  readonly storedImage: ContainerSpec["storedImage"];
  /** What is remembered of its repository, where that was ever asked. */
  readonly pulled: PulledRepository | undefined;
  /** For whom it would be used. */
  readonly account: string;
  /** What the engine says of the pull that failed. */
  readonly failure: string;
  /** Whether the operator lets every account have what was made on this engine. */
  readonly madeHere: boolean;
}

/**
 * Whether an image that the engine has under exactly the name may be used although the registry did not give it now. One that was made on this engine
 * has no other registry to ask. One that came from a registry may be used while that cannot be asked, as ECS's agent does by default, and by nobody
 * that it was not got for.
 */
export function mayUseStored({ id, byDigest, storedImage, pulled, account, failure, madeHere }: StoredImage): boolean {
  if (storedImage !== undefined) return false;
  const holders = pulled?.given.get(id);
  if (!holders && !pulled?.guarded && !byDigest) return madeHere;
  return isUnreachable(failure) && holders !== undefined && (holders.has(ANYBODY) || holders.has(account));
}

/** How the engine tells that a registry could not be asked, or was too busy to answer. All else that it says is the registry's word. */
const UNREACHABLE = [
  /\bdial (?:tcp|udp)\b/,
  /\bno such host\b/,
  /\bserver misbehaving\b/,
  /\bconnection (?:refused|reset by peer)\b/,
  /\b(?:network is unreachable|no route to host)\b/,
  /\b(?:i\/o|handshake) timeout\b/,
  /\bClient\.Timeout exceeded\b/,
  /\bcontext deadline exceeded\b/,
  /\b(?:inactivity time exceeded timeout|timed out after waiting)\b/,
  /\brequest canceled while waiting for connection\b/,
  /\bproxyconnect\b/,
  /\b(?:tls|x509): /,
  /: (?:unexpected )?EOF$/,
  /\btoomanyrequests: /,
  /\bHTTP status:? (?:429|5\d\d)\b/,
];

function isUnreachable(failure: string): boolean {
  return UNREACHABLE.some((sign) => sign.test(failure));
}
