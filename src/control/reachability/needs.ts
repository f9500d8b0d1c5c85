import { parseArn } from "../../domain/arn.ts";
import { formatImageReference, fullImageReference, parseImageReference } from "../../domain/image-reference.ts";
import { isLoopbackHost } from "../../domain/loopback.ts";
import type { Scope } from "../../domain/scope.ts";
import type { TaskDefinitionRecord, TaskRecord } from "../../state/ecs.ts";

/** What Fargate's agent fetches from the task's own interface, before its containers run. */
export type Need =
  | { readonly kind: "secret"; readonly service: "secretsmanager"; readonly region: string; readonly reference: string }
  | { readonly kind: "parameter"; readonly service: "ssm"; readonly region: string; readonly reference: string }
  | { readonly kind: "registry-auth"; readonly service: "ecr.api"; readonly region: string }
  | { readonly kind: "log"; readonly service: "logs"; readonly region: string; readonly group: string }
  /** The manifest: from ECR here, or without a `service` from a registry on the internet. */
  | {
      readonly kind: "image";
      readonly service?: "ecr.dkr";
      readonly region: string;
      readonly image: string;
      readonly containers: readonly string[];
      readonly host: string;
    }
  | {
      readonly kind: "layers";
      readonly service: "s3";
      readonly region: string;
      readonly image: string;
      readonly containers: readonly string[];
    };

/** The account and region of ECR that an image is of; `undefined` where it is of no registry here. */
export type ImageHome = (reference: string, scope: Scope) => Scope | undefined;

/** In the order in which the agent asks: secrets and the login, loggers, images. What is needed twice is told once. */
export function needsOf(task: TaskRecord, { definition }: TaskDefinitionRecord, homeOf: ImageHome): readonly Need[] {
  const containers = definition.containerDefinitions ?? [];
  const references = containers.flatMap(({ secrets = [], repositoryCredentials }) => [
    ...secrets.map(({ valueFrom = "" }) => valueFrom),
    ...(repositoryCredentials?.credentialsParameter === undefined ? [] : [asSecret(repositoryCredentials.credentialsParameter, task)]),
  ]);
  const images = new Map<string, string[]>();
  for (const { name = "", image = "" } of containers) images.set(image, [...(images.get(image) ?? []), name]);
  const pulls = [...images].flatMap(([image, names]) => pullOf(image, names, task, homeOf));
  const auth = pulls.find(({ service }) => service === "ecr.dkr");
  const logs = containers.flatMap(({ logConfiguration }): readonly Need[] => {
    const { "awslogs-region": region = task.region, "awslogs-group": group = "" } = logConfiguration?.options ?? {};
    return logConfiguration?.logDriver === "awslogs" ? [{ kind: "log", service: "logs", region, group }] : [];
  });
  return distinct([
    ...references.map((reference) => secretNeed(reference, task)),
    ...(auth ? [{ kind: "registry-auth" as const, service: "ecr.api" as const, region: auth.region }] : []),
    ...logs,
    ...pulls,
  ]);
}

/** `repositoryCredentials` may give a name in the place of an ARN. */
function asSecret(named: string, { region, account }: Scope): string {
  return named.startsWith("arn:") ? named : `arn:aws:secretsmanager:${region}:${account}:secret:${named}`;
}

function secretNeed(reference: string, scope: Scope): Need {
  const arn = parseArn(reference);
  const region = arn?.region || scope.region;
  return arn?.service === "secretsmanager"
    ? { kind: "secret", service: "secretsmanager", region, reference }
    : { kind: "parameter", service: "ssm", region, reference };
}

type Pull = Extract<Need, { readonly kind: "image" | "layers" }>;

/** None of a registry on this machine, for which AWS has nothing alike. Fargate's agent names images with nothing left out. */
function pullOf(reference: string, containers: readonly string[], scope: Scope, homeOf: ImageHome): readonly Pull[] {
  const parsed = parseImageReference(reference);
  if (!parsed) return [];
  const full = fullImageReference(parsed);
  const image = formatImageReference(full);
  const home = homeOf(reference, scope);
  if (home) {
    const { region, account } = home;
    return [
      { kind: "image", service: "ecr.dkr", region, image, containers, host: `${account}.dkr.ecr.${region}.amazonaws.com` },
      { kind: "layers", service: "s3", region, image, containers },
    ];
  }
  if (isLoopbackHost(full.host.replace(/:\d+$/, ""))) return [];
  return [{ kind: "image", region: scope.region, image, containers, host: full.host === "docker.io" ? "registry-1.docker.io" : full.host }];
}

function distinct(needs: readonly Need[]): readonly Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}
