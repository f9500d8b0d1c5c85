import { colors } from "../colors.ts";
import type {
  ClusterOverview,
  DeploymentOverview,
  LoadBalancerOverview,
  Overview,
  RegionOverview,
  ServiceOverview,
  TaskOverview,
} from "./overview.ts";

/** The overview as text for a terminal. */
export function render({ endpoint, troubles, regions }: Overview): string {
  const wrong = troubles.map(({ since, text }) => `${colors.red("trouble")} since ${since}: ${text}`);
  const head =
    regions.length === 0
      ? `Airfield at ${endpoint}: no clusters and no load balancers yet. \`airfield demo\` shows what it does.`
      : `Airfield at ${endpoint}`;
  return [[head, ...wrong].join("\n"), ...regions.map(renderRegion)].join("\n\n");
}

function renderRegion({ region, clusters, loadBalancers }: RegionOverview): string {
  return [colors.bold(region), ...clusters.map(renderCluster), ...loadBalancers.map(renderLoadBalancer)].join("\n");
}

function renderCluster({ name, services, tasks }: ClusterOverview): string {
  const lines = [`  cluster ${colors.cyan(name)}${services.length + tasks.length === 0 ? colors.dim("  empty") : ""}`];
  for (const service of services) lines.push(...serviceLines(service));
  if (tasks.length > 0) lines.push(colors.dim("    tasks of no service"), ...taskLines(tasks));
  return lines.join("\n");
}

function serviceLines(service: ServiceOverview): readonly string[] {
  const { name, status, running, desired, pending, deployments, tasks, lastEvent } = service;
  const count = `${running}/${desired} running${pending > 0 ? `, ${pending} pending` : ""}`;
  return [
    `    service ${colors.cyan(name)}  ${status === "ACTIVE" ? "" : `${status}  `}${running === desired ? colors.green(count) : colors.yellow(count)}`,
    ...deploymentLines(deployments).map((line) => `      ${line}`),
    ...taskLines(tasks),
    ...(lastEvent === undefined ? [] : [colors.dim(`      ${lastEvent}`)]),
  ];
}

/** The deployments of a service side by side, a line each. */
export function deploymentLines(deployments: readonly DeploymentOverview[]): readonly string[] {
  return columns(
    deployments.map(({ status, rolloutState, taskDefinition, desired, running, pending, failed }) => [
      `deployment ${status}`,
      taskDefinition,
      rolloutState,
      `desired ${desired}`,
      `running ${running}`,
      `pending ${pending}`,
      failed > 0 ? `failed ${failed}` : "",
    ]),
  );
}

function taskLines(tasks: readonly TaskOverview[]): readonly string[] {
  const rows = tasks.map(({ id, status, health, taskDefinition, address }) => [
    `task ${id.slice(0, 8)}`,
    taskDefinition,
    status,
    health === "UNKNOWN" ? "" : health,
    address ?? "",
  ]);
  return columns(rows).map((line) => `      ${line}`);
}

function renderLoadBalancer({ name, type, state, listeners }: LoadBalancerOverview): string {
  const lines = listeners.map(({ url, port, boundPort, onlyByName, healthyTargets, targets }) => {
    const health = `${healthyTargets} of ${targets} targets healthy`;
    const moved = boundPort === undefined ? "" : colors.dim(`  (port ${port} could not be bound)`);
    const second = onlyByName ? colors.dim("  (by this name only: another load balancer took the port first)") : "";
    return `    ${colors.underline(url)}  ${healthyTargets === targets && targets > 0 ? colors.green(health) : colors.yellow(health)}${moved}${second}`;
  });
  return [`  ${type} load balancer ${colors.cyan(name)}  ${state}`, ...lines].join("\n");
}

/** Rows of cells, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
