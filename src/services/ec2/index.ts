import type { Operation } from "../operation.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [];
