import { InvalidParameterException, type Filter } from "@aws-sdk/client-secrets-manager";
import { isReplica, type SecretRecord } from "../../state/secrets.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because } from "../operation.ts";
import { refuse } from "./secret.ts";

const FILTERS = ["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"];

/** @throws ValidationException, InvalidParameterException */
export function refuseFilters(filters: readonly Filter[]): void {
  refuse(
    lengthWithin("filters", filters, 0, 10),
    ...filters.map(({ Key }, at) => oneOf(`filters.${at + 1}.member.key`, Key, FILTERS)),
    ...filters.map(({ Values }, at) => lengthWithin(`filters.${at + 1}.member.values`, Values, 1, 10)),
  );
  for (const { Key, Values } of filters)
    if (!Key || !Values?.length) throw new InvalidParameterException(because("Invalid filter: a key and at least one value are needed."));
}

/** Values are alternatives; `!` before one turns it round. Source: Secrets Manager API, Filter. */
export function passes(secret: SecretRecord, { Key, Values = [] }: Filter): boolean {
  const negative = Values.filter((value) => value.startsWith("!"));
  const positive = Values.filter((value) => !value.startsWith("!"));
  if (negative.some((value) => holds(secret, Key, value.slice(1)))) return false;
  return positive.length === 0 || positive.some((value) => holds(secret, Key, value));
}

function holds(secret: SecretRecord, key: string | undefined, value: string): boolean {
  switch (key) {
    case "name":
      return secret.name.startsWith(value);
    case "description":
      return hasWords(value, secret.description);
    case "tag-key":
      return secret.tags.some((tag) => tag.Key?.startsWith(value));
    case "tag-value":
      return secret.tags.some((tag) => tag.Value?.startsWith(value));
    case "primary-region":
      return primaryRegion(secret).startsWith(value) && primaryRegion(secret) !== "";
    case "all":
      return hasWords(
        value,
        secret.name,
        secret.description,
        primaryRegion(secret),
        ...secret.tags.flatMap(({ Key, Value }) => [Key, Value]),
      );
    default:
      // No other service keeps secrets of its own here.
      return false;
  }
}

/** Of a secret that is not replicated: none. */
function primaryRegion(secret: SecretRecord): string {
  return isReplica(secret) ? (secret.primaryRegion ?? "") : secret.replicas ? secret.region : "";
}

/** Whether each word of a value is the beginning of a word of one of the texts, whatever the case. A value without words is nowhere. */
function hasWords(value: string, ...texts: readonly (string | undefined)[]): boolean {
  const known = texts.flatMap((text = "") => wordsOf(text));
  const wanted = wordsOf(value);
  return wanted.length > 0 && wanted.every((part) => known.some((word) => word.startsWith(part)));
}

/** Words in lower case: what stands between spaces and signs, taken apart again where a capital follows a small letter. */
function wordsOf(text: string): readonly string[] {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[\s/_+=.@-]+/)
    .filter((word) => word !== "");
}
