import { parseArgs } from "node:util";
import { untilDone } from "../src/cli/until-done.ts";
import type { Figure } from "./figure.ts";

/** The groups, loaded when they are asked for. */
const GROUPS: Readonly<Record<string, () => Promise<{ readonly measure: (tell: (figure: Figure) => void) => Promise<void> }>>> = {
  "control-plane": () => import("./control-plane/control-plane.ts"),
  identity: () => import("./identity/identity.ts"),
  "main-job": () => import("./main-job/main-job.ts"),
  network: () => import("./network/network.ts"),
  registry: () => import("./registry/registry.ts"),
  traffic: () => import("./traffic/traffic.ts"),
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean", default: false } } });
const chosen = positionals.length > 0 ? positionals : Object.keys(GROUPS);
const figures: Figure[] = [];
for (const name of chosen) {
  const group = GROUPS[name];
  if (!group) {
    process.stderr.write(`There is no group ${name}. Groups: ${Object.keys(GROUPS).join(", ")}\n`);
    process.exit(2);
  }
  const { measure } = await group();
  await untilDone(
    measure((figure) => {
      figures.push(figure);
      if (!values.json) console.log(line(figure));
    }),
  );
}
if (values.json) console.log(JSON.stringify(figures, undefined, 2));

function line({ name, unit, ours, peer, ratio, aim, met }: Figure): string {
  const against = peer === undefined ? "" : `  peer ${round(peer)} ${unit}`;
  return `${name.padEnd(44)} ours ${round(ours)} ${unit}${against}  ratio ${round(ratio)}  aim ${aim}  ${met ? "met" : "MISSED"}`;
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
