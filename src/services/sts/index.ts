import type { Operation } from "../operation.ts";
import { getCallerIdentity } from "./caller-identity.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [getCallerIdentity];
