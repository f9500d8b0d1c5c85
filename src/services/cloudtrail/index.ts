import type { Operation } from "../operation.ts";
import { lookupEvents } from "./lookup-events.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. There are no trails: all is one log. */
export const operations: readonly Operation[] = [lookupEvents];
