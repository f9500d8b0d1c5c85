import type { Migration } from "./migration.ts";
import { policiesHaveVersions } from "./0002-policies-have-versions.ts";
import { aDefaultSubnetInEachZone } from "./0003-a-default-subnet-in-each-zone.ts";
import { defaultVpcsHaveEndpoints } from "./0005-default-vpcs-have-endpoints.ts";
import { routesAreRecords } from "./0004-routes-are-records.ts";

/** In order; the last one leads to today's version. A folder without a version is of the first one. */
export const MIGRATIONS: readonly Migration[] = [
  policiesHaveVersions,
  aDefaultSubnetInEachZone,
  routesAreRecords,
  defaultVpcsHaveEndpoints,
];
