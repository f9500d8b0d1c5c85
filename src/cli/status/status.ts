import { setTimeout as wait } from "node:timers/promises";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { clientSettings, rootAccess, type Access, type AccessFlags } from "../access.ts";
import { CliError } from "../cli-error.ts";
import { readTroubles } from "../../drivers/filesystem/troubles.ts";
import { diskRoom, fullDiskText, leavesRoom } from "../../drivers/sqlite/disk-room.ts";
import { runningServer } from "../running-server.ts";
import { dataSetting, regionSetting, START_COMMAND } from "../settings.ts";
import type { Overview, RegionOverview } from "./overview.ts";
import { KNOWN_REGIONS } from "./regions.ts";
import { render } from "./render.ts";
import { surveyClusters } from "./survey-ecs.ts";
import { surveyLoadBalancers } from "./survey-elb.ts";

/** The AWS APIs have no event for "something changed", so watching asks anew. */
const WATCH_EVERY_MS = 1000;

export interface StatusFlags extends AccessFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** `airfield status`: an overview over the public APIs. */
export async function status(flags: StatusFlags): Promise<void> {
  const access = await rootAccess(flags);
  const dataDirectory = dataSetting(flags.data);
  const regions = flags.region ? [flags.region] : [...new Set([regionSetting(), ...KNOWN_REGIONS])];
  if (!flags.watch) {
    const overview = await survey(access, dataDirectory, regions);
    console.log(flags.json ? JSON.stringify(overview, undefined, 2) : render(overview));
    return;
  }
  for (;;) {
    const overview = await survey(access, dataDirectory, regions);
    // Home, the text with every line cleared to its end, and all below it.
    process.stdout.write(`\u001B[H${render(overview).replaceAll("\n", "\u001B[K\n")}\u001B[K\n\u001B[J`);
    await wait(WATCH_EVERY_MS);
  }
}

/** Of a server that is not there any more, its last words are none. One whose disk is full may have had no room to say so. */
function troublesOf(dataDirectory: string): Overview["troubles"] {
  if (!runningServer(dataDirectory)) return [];
  const full = fullDiskText(dataDirectory);
  const told = readTroubles(dataDirectory);
  const now = leavesRoom(diskRoom(dataDirectory)) || told.some(({ text }) => text === full) ? [] : [{ since: Date.now(), text: full }];
  return [...told, ...now].map(({ since, text }) => ({ since: new Date(since).toISOString(), text }));
}

async function survey(access: Access, dataDirectory: string, regions: readonly string[]): Promise<Overview> {
  try {
    const all = await Promise.all(regions.map((region) => surveyRegion(access, region)));
    const troubles = troublesOf(dataDirectory);
    return {
      endpoint: access.endpoint,
      troubles,
      regions: all.filter(({ clusters, loadBalancers }) => clusters.length + loadBalancers.length > 0),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    throw new CliError(
      `nothing answers at ${access.endpoint}`,
      `Run \`${START_COMMAND}\`, or say where Airfield listens with AIRFIELD_PORT.`,
      {
        cause: error,
      },
    );
  }
}

async function surveyRegion(access: Access, region: string): Promise<RegionOverview> {
  const settings = { ...clientSettings(access, region), maxAttempts: 1 };
  const ecs = new ECSClient(settings);
  const elb = new ElasticLoadBalancingV2Client(settings);
  try {
    const [clusters, loadBalancers] = await Promise.all([surveyClusters(ecs), surveyLoadBalancers(elb)]);
    return { region, clusters, loadBalancers };
  } finally {
    ecs.destroy();
    elb.destroy();
  }
}
