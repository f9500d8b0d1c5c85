import { InvalidLookupAttributesException } from "@aws-sdk/client-cloudtrail";
import type { AuditRecord } from "../../ports/audit-log.ts";
import { because } from "../operation.ts";
import { resourcesOf, userNameOf } from "./event.ts";

interface Condition {
  /** Texts that a record which fits holds for certain. */
  readonly holding: readonly string[];
  readonly wanted: (record: AuditRecord) => boolean;
}

/**
 * What a lookup attribute asks of a record. Values are compared exactly and mind case.
 * @throws InvalidLookupAttributesException for a key that is none
 */
export function lookupCondition({ key, value }: { readonly key: string; readonly value: string }): Condition {
  const quoted = JSON.stringify(value);
  const inner = quoted.slice(1, -1);
  switch (key) {
    case "EventId":
      return { holding: [`"eventID":${quoted}`], wanted: ({ eventID }) => eventID === value };
    case "EventName":
      return { holding: [`"eventName":${quoted}`], wanted: ({ eventName }) => eventName === value };
    case "EventSource":
      return { holding: [`"eventSource":${quoted}`], wanted: ({ eventSource }) => eventSource === value };
    case "ReadOnly":
      return {
        holding: value === "true" || value === "false" ? [`"readOnly":${value}`] : [],
        wanted: ({ readOnly }) => String(readOnly) === value,
      };
    case "AccessKeyId":
      return { holding: [`"accessKeyId":${quoted}`], wanted: ({ userIdentity }) => userIdentity["accessKeyId"] === value };
    case "Username":
      return { holding: value === "root" ? [] : [inner], wanted: (record) => userNameOf(record) === value };
    case "ResourceName":
      return {
        holding: [inner],
        wanted: (record) =>
          resourcesOf(record).some(({ ResourceName }) => ResourceName === value) ||
          (record.resources ?? []).some(({ ARN }) => ARN === value),
      };
    case "ResourceType":
      return { holding: [`"type":${quoted}`], wanted: (record) => (record.resources ?? []).some(({ type }) => type === value) };
    default:
      throw new InvalidLookupAttributesException(because(`The lookup attribute ${key} is not valid.`));
  }
}
