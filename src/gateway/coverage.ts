import type { ServiceDescriptor } from "../services/service.ts";
import { loadService } from "./loaded-service.ts";
import { operationNames } from "./schema.ts";

/** What AWS has of a service, and what answers here. Names are sorted. */
export interface ServiceCoverage {
  readonly title: string;
  readonly id: string;
  readonly implemented: readonly string[];
  readonly missing: readonly string[];
  /** What only AWS itself can offer: the reasons, with the operations that each is for. */
  readonly notOffered: readonly { readonly reason: string; readonly names: readonly string[] }[];
  readonly refuses: readonly string[];
}

export async function coverageOf(descriptor: ServiceDescriptor): Promise<ServiceCoverage> {
  const { client, operations } = await loadService(descriptor);
  const names = operationNames(client);
  const reasons = [...new Set(Object.values(descriptor.notOffered ?? {}))];
  return {
    title: descriptor.title,
    id: descriptor.id,
    implemented: names.filter((name) => operations.has(name)),
    missing: names.filter((name) => !operations.has(name) && descriptor.notOffered?.[name] === undefined),
    refuses: descriptor.refuses ?? [],
    notOffered: reasons.map((reason) => ({ reason, names: names.filter((name) => descriptor.notOffered?.[name] === reason) })),
  };
}

/** The text of `docs/coverage.md`. Equal catalogues and SDK packages give equal texts. */
export async function coverageDocument(services: readonly ServiceDescriptor[]): Promise<string> {
  const all = await Promise.all(services.map(coverageOf));
  const rows = all.map((service) => `| [${service.title}](#${service.id}) | ${service.implemented.length} | ${operationsOf(service)} |`);
  const total = all.reduce((sum, { implemented }) => sum + implemented.length, 0);
  return `${[
    "# Coverage",
    "<!-- Made by `npm run coverage` from the catalogue of services and the schemas of the AWS SDK; a test fails where it is stale. -->",
    "Every operation that AWS has in the services offered here, and whether Airfield implements it. One that it does not answers the error " +
      "`NotImplemented`, which no SDK retries. The registry's own surface, `/v2/` of the OCI distribution specification, is not an AWS API and not counted.",
    ["| service | implemented | of |", "|---|---:|---:|", ...rows, `| **all** | **${total}** | |`].join("\n"),
    ...all.flatMap(section),
    '<a id="appmesh"></a>',
    "## AWS App Mesh",
    "Not here: AWS has ended it on September 30, 2026, and names ECS Service Connect in its place.",
  ].join("\n\n")}\n`;
}

function operationsOf({ implemented, missing, notOffered }: ServiceCoverage): number {
  return implemented.length + missing.length + notOffered.flatMap(({ names }) => names).length;
}

function section({ title, id, implemented, missing, notOffered, refuses }: ServiceCoverage): readonly string[] {
  return [
    `<a id="${id}"></a>`,
    `## ${title}`,
    `Implemented (${implemented.length}): ${list(implemented)}`,
    `Not yet (${missing.length}): ${list(missing)}`,
    ...(refuses.length > 0 ? [`Refused by name: ${refuses.join("; ")}.`] : []),
    ...notOffered.map(({ reason, names }) => `Not offered (${names.length}): ${list(names)}: ${reason}.`),
  ];
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `\`${name}\``).join(", ");
}
