import type { AuditRetention } from "../composition/options.ts";
import { CliError } from "./cli-error.ts";

/** How often a principal may call an API: so many requests a second, and so many at once. */
interface RequestLimitSetting {
  readonly rate: number;
  readonly burst: number;
}

/** Beyond loopback there are others to be protected from. */
const BEYOND_LOOPBACK: RequestLimitSetting = { rate: 500, burst: 1000 };

/**
 * `AIRFIELD_REQUEST_RATE` (requests a second of each principal to each API; `unlimited`) and `AIRFIELD_REQUEST_BURST` (twice the rate where
 * absent). Where neither is set there is no limit on loopback, and 500 and 1000 beyond it.
 */
export function requestLimitSetting(beyondLoopback: boolean): RequestLimitSetting | undefined {
  const rateText = process.env["AIRFIELD_REQUEST_RATE"];
  if (/^unlimited$/i.test(rateText ?? "")) return undefined;
  const rate = positive("AIRFIELD_REQUEST_RATE", 0.001);
  const burst = positive("AIRFIELD_REQUEST_BURST", 1);
  if (rate === undefined && burst === undefined) return beyondLoopback ? BEYOND_LOOPBACK : undefined;
  const perSecond = rate ?? BEYOND_LOOPBACK.rate;
  return { rate: perSecond, burst: burst ?? Math.max(1, 2 * perSecond) };
}

const DEFAULT_DAYS = 90;
const DEFAULT_MEGABYTES = 1024;

/** `AIRFIELD_AUDIT_DAYS` and `AIRFIELD_AUDIT_MEGABYTES`: how long audit records are kept, and how many. */
export function auditSetting(): AuditRetention {
  return {
    days: positive("AIRFIELD_AUDIT_DAYS", 1) ?? DEFAULT_DAYS,
    largestTotal: (positive("AIRFIELD_AUDIT_MEGABYTES", 1) ?? DEFAULT_MEGABYTES) * 1024 * 1024,
  };
}

/** `AIRFIELD_REGISTRY_MEMORY_MEGABYTES`: layers that are pulled again and again stay in memory, so many bytes of them; none for 0. */
export function registryMemorySetting(): number | undefined {
  const megabytes = positive("AIRFIELD_REGISTRY_MEMORY_MEGABYTES", 0);
  return megabytes === undefined ? undefined : megabytes * 1024 * 1024;
}

/** `AIRFIELD_UNREACHABLE_SECONDS`: how long a task waits for a way to its image, its secrets or its log before it stops; two minutes where absent. In milliseconds. */
export function unreachableSetting(): number | undefined {
  const seconds = positive("AIRFIELD_UNREACHABLE_SECONDS", 0);
  return seconds === undefined ? undefined : seconds * 1000;
}

function positive(name: string, least: number): number | undefined {
  const text = process.env[name];
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least) return value;
  throw new CliError(`${name}=${text} is not a number of at least ${least}`, "Unset it to have the default.");
}
