import type { Migration } from "./migration.ts";
import { policiesHaveVersions } from "./0002-policies-have-versions.ts";

/** In order; the last one leads to today's version. A folder without a version is of the first one. */
export const MIGRATIONS: readonly Migration[] = [policiesHaveVersions];
