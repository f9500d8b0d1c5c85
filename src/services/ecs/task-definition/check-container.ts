import type { ContainerDefinition, HealthCheck, RepositoryCredentials } from "@aws-sdk/client-ecs";
import { claimsToBeArn, parseArn } from "../../../domain/arn.ts";
import { parseImageReference } from "../../../domain/image-reference.ts";
import { isAccount } from "../../../domain/scope.ts";
import { isEcsName, mustBeOneOf } from "../ecs-operation.ts";
import { checkLinux } from "./check-linux.ts";
import { checkLogging } from "./check-logging.ts";
import type { CompleteDefinition } from "./complete.ts";
import { refusal } from "./refusal.ts";

/** One container by itself. @throws ClientException */
export function checkContainer(container: ContainerDefinition, definition: CompleteDefinition): void {
  const { name, image } = container;
  if (!name) throw refusal("Container.name should not be null or empty.");
  if (!isEcsName(name)) throw refusal("Container.name contains invalid characters.");
  if (!image) throw refusal("Container.image should not be null or empty.");
  checkImage(image);
  checkMemory(name, container, definition);
  if ((container.cpu ?? 0) < 0) throw refusal(`Invalid 'cpu' setting for container '${name}'.`);
  checkEnvironment(name, container, definition);
  checkHealthCheck(name, container.healthCheck);
  checkLogging(name, container);
  checkLimits(name, container);
  checkLinux(name, container, definition);
  checkTimeouts(name, container);
  mustBeOneOf("versionConsistency", container.versionConsistency, ["enabled", "disabled"]);
}

const LONGEST_IMAGE = 255;

/**
 * By the grammar of references, but for letters in upper case: as on AWS they are taken here, and it is the pull that fails.
 * Source: Amazon ECS API Reference, "ContainerDefinition", `image`, and reports of users.
 */
function checkImage(image: string): void {
  if (image.length > LONGEST_IMAGE) throw refusal(`Container.image should be ${LONGEST_IMAGE} characters or less.`);
  if (!parseImageReference(image.toLowerCase())) throw refusal("Container.image contains invalid characters.");
}

const SMALLEST_MEMORY_MIB = 4;

function checkMemory(name: string, { memory, memoryReservation }: ContainerDefinition, definition: CompleteDefinition): void {
  if (memory === undefined && memoryReservation === undefined && definition.memory === undefined)
    throw refusal(`Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`);
  for (const [setting, mib] of Object.entries({ memory, memoryReservation }))
    if (mib !== undefined && mib < SMALLEST_MEMORY_MIB)
      throw refusal(`Invalid setting for container '${name}'. '${setting}' must be at least ${SMALLEST_MEMORY_MIB} MB.`);
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation)
    throw refusal(`Invalid setting for container '${name}'. 'memory' must be greater than or equal to 'memoryReservation'.`);
}

function checkEnvironment(
  name: string,
  { environment = [], secrets = [], environmentFiles = [], repositoryCredentials }: ContainerDefinition,
  definition: CompleteDefinition,
): void {
  if (environment.some((variable) => !variable.name))
    throw refusal(`Environment variable names of container '${name}' should not be null or empty.`);
  for (const secret of secrets) {
    if (!secret.name) throw refusal(`Secret names of container '${name}' should not be null or empty.`);
    if (!secret.valueFrom) throw refusal("Secrets valueFrom should not be null or empty.");
    checkReference(secret.name, secret.valueFrom);
  }
  if (secrets.length > 0 && !definition.executionRoleArn)
    throw refusal("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
  if (repositoryCredentials) checkCredentials(name, repositoryCredentials, definition);
  const seen = new Set(environment.map((variable) => variable.name));
  for (const secret of secrets) {
    if (seen.has(secret.name))
      throw refusal(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${secret.name}'.`,
      );
    seen.add(secret.name);
  }
  if (environmentFiles.length > 10) throw refusal("A maximum of 10 environment files can be specified for a container.");
}

/** A reference that is no ARN of a secret is the name of a parameter, or its ARN. */
function checkReference(secret: string, reference: string): void {
  const arn = claimsToBeArn(reference) ? parseArn(reference) : undefined;
  if (arn?.service === "secretsmanager") return;
  const isParameter = claimsToBeArn(reference)
    ? arn?.service === "ssm" && isAccount(arn.account) && arn.resource.startsWith("parameter/")
    : true;
  const name = arn?.resource.replace(/^parameter/, "") ?? reference;
  if (!isParameter || !/^[a-zA-Z0-9_.\-/]{1,2048}$/.test(name))
    throw refusal(
      `The Systems Manager parameter name specified for secret ${secret} is invalid. The parameter name can be up to 2048 characters and include the following letters and symbols: a-zA-Z0-9_.-, and /`,
    );
}

function checkCredentials(
  name: string,
  { credentialsParameter = "" }: RepositoryCredentials,
  { executionRoleArn }: CompleteDefinition,
): void {
  const secret = claimsToBeArn(credentialsParameter)
    ? parseArn(credentialsParameter)?.resource.replace(/^secret:/, "")
    : credentialsParameter;
  if (!/^[\w/+=.@-]{1,512}$/.test(secret ?? ""))
    throw refusal(
      `The repository credentials parameter specified for container '${name}' is invalid. Parameter names can include up to 255 (uppercase and lowercase), numbers, hyphens, and underscores are allowed. Spaces are not allowed.`,
    );
  if (!executionRoleArn)
    throw refusal("Private repository authentication requires that the task definition specify a value for executionRoleArn.");
}

/** Source: Amazon ECS API Reference, "HealthCheck". */
function checkHealthCheck(name: string, check: HealthCheck | undefined): void {
  if (!check) return;
  const kind = check.command?.[0];
  if (!kind) throw refusal("Container.healthCheck.command should not be null or empty.");
  if (kind !== "NONE" && (check.command?.length ?? 0) < 2 && (kind === "CMD" || kind === "CMD-SHELL"))
    throw refusal(`Invalid health check command of container '${name}': ${kind} needs a command.`);
  const ranges = { interval: [5, 300], timeout: [2, 60], retries: [1, 10], startPeriod: [0, 300] } as const;
  for (const [setting, [least, most]] of Object.entries(ranges)) {
    const value = check[setting as keyof typeof ranges];
    if (value !== undefined && (value < least || value > most))
      throw refusal(`Health check ${setting} of container '${name}' must be between ${least} and ${most}.`);
  }
}

const ULIMITS = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

function checkLimits(name: string, { ulimits = [] }: ContainerDefinition): void {
  const seen = new Set<string>();
  for (const { name: limit = "", softLimit = 0, hardLimit = 0 } of ulimits) {
    mustBeOneOf("ulimits.name", limit, ULIMITS);
    if (seen.has(limit)) throw refusal(`Ulimit '${limit}' is set more than once for container '${name}'.`);
    seen.add(limit);
    if (hardLimit !== -1 && softLimit > hardLimit)
      throw refusal(`The softLimit of ulimit '${limit}' cannot be greater than its hardLimit for container '${name}'.`);
  }
}

function checkTimeouts(name: string, { startTimeout, stopTimeout, restartPolicy }: ContainerDefinition): void {
  if (startTimeout !== undefined && startTimeout < 2) throw refusal(`The startTimeout of container '${name}' must be at least 2 seconds.`);
  if (stopTimeout !== undefined && stopTimeout < 0) throw refusal(`The stopTimeout of container '${name}' must not be negative.`);
  if ((restartPolicy?.ignoredExitCodes ?? []).length > 50)
    throw refusal(`The ignoredExitCodes of container '${name}' can have at most 50 items.`);
  const period = restartPolicy?.restartAttemptPeriod;
  if (period !== undefined && (period < 60 || period > 1800))
    throw refusal(`The restartAttemptPeriod of container '${name}' must be between 60 and 1800 seconds.`);
}
