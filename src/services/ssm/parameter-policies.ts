import {
  IncompatiblePolicyException,
  InvalidPolicyAttributeException,
  InvalidPolicyTypeException,
  PoliciesLimitExceededException,
} from "@aws-sdk/client-ssm";
import type { ParameterPolicyRecord } from "../../state/parameters.ts";
import { because } from "../operation.ts";
import { invalid } from "./parameter.ts";

const MOST_POLICIES = 10;
const UNITS: Readonly<Record<string, number>> = { Hours: 3_600_000, Days: 86_400_000 };
/** ISO_INSTANT or ISO_OFFSET_DATE_TIME. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

type Attributes = Readonly<Record<string, unknown>>;

/**
 * Reads what PutParameter takes for policies: a JSON array, in which an empty object stands for none.
 * Source: Systems Manager User Guide, "Assigning parameter policies in Parameter Store".
 */
export function readPolicies(text: string, now: number): readonly ParameterPolicyRecord[] {
  const policies = parsed(text)
    .filter((policy) => Object.keys(policy).length > 0)
    .map((policy) => read(policy, now));
  if (policies.length > MOST_POLICIES)
    throw new PoliciesLimitExceededException(
      because(`You specified more than the maximum number of allowed policies for the parameter. The maximum is ${MOST_POLICIES}.`),
    );
  const expirations = policies.filter(({ type }) => type === "Expiration").length;
  if (expirations > 1)
    throw new IncompatiblePolicyException(
      because(
        "There is a conflict in the policies specified for this parameter. You can't specify two Expiration policies for a parameter.",
      ),
    );
  if (expirations === 0 && policies.some(({ type }) => type === "ExpirationNotification"))
    throw new IncompatiblePolicyException(
      because(
        "There is a conflict in the policies specified for this parameter. An ExpirationNotification policy needs an Expiration policy.",
      ),
    );
  return policies;
}

function parsed(text: string): readonly Attributes[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (!list.every((item): item is Attributes => typeof item === "object" && item !== null && !Array.isArray(item)))
    throw invalid("The policies of a parameter must be a JSON array of policies.");
  return list;
}

function read(policy: Attributes, now: number): ParameterPolicyRecord {
  const { Type: type, Version: version, Attributes: attributes = {} } = policy;
  const text = JSON.stringify(policy);
  if (version !== "1.0") throw attribute("Version", version, "1.0");
  const given = attributes as Attributes;
  switch (type) {
    case "Expiration": {
      const at = typeof given["Timestamp"] === "string" && INSTANT.test(given["Timestamp"]) ? Date.parse(given["Timestamp"]) : Number.NaN;
      if (Number.isNaN(at)) throw attribute("Timestamp", given["Timestamp"], "a date and time such as 2030-12-02T21:34:33.000Z");
      if (at <= now) throw attribute("Timestamp", given["Timestamp"], "a date and time in the future");
      return { text, type, at };
    }
    case "ExpirationNotification":
      return { text, type, before: duration("Before", given) };
    case "NoChangeNotification":
      return { text, type, after: duration("After", given) };
    default:
      throw new InvalidPolicyTypeException(
        because(
          "The policy type isn't supported. Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.",
        ),
      );
  }
}

function duration(name: string, given: Attributes): number {
  const count = given[name];
  const unit = given["Unit"];
  if ((typeof count !== "string" && typeof count !== "number") || !/^[1-9]\d{0,5}$/.test(String(count)))
    throw attribute(name, count, "a whole number above 0");
  if (typeof unit !== "string" || !Object.hasOwn(UNITS, unit)) throw attribute("Unit", unit, "Days or Hours");
  return Number(count) * (UNITS[unit] ?? 0);
}

function attribute(name: string, value: unknown, wanted: string): InvalidPolicyAttributeException {
  return new InvalidPolicyAttributeException(
    because(`A policy attribute or its value is invalid: ${name} is ${JSON.stringify(value) ?? "missing"}, and must be ${wanted}.`),
  );
}
