import { InvalidParameterException } from "@aws-sdk/client-ecs";
import { because, operationsOf } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-ecs")>();

export function invalid(message: string): InvalidParameterException {
  return new InvalidParameterException(because(message));
}

/** Refuses a value outside an enumeration. The gateway checks types only. @throws InvalidParameterException */
export function mustBeOneOf(member: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw invalid(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(", ")}]`,
  );
}

/** Hands a record's list to an answer. The gateway only reads answers, so nothing is copied. */
export function shown<T>(list: readonly T[]): T[] {
  return list as T[];
}

/** The same for one value of a record: a nested structure that an answer shows as it is. */
export function instant(epochMs: number | undefined): Date | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs);
}

/** The names that ECS allows for clusters, services, families and containers: 1 to 255 of `A-Za-z0-9_-`. */
export function isEcsName(text: string): boolean {
  return /^[a-zA-Z0-9_-]{1,255}$/.test(text);
}
