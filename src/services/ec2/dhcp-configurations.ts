import { isIPv4, isIPv6 } from "node:net";
import type { NewDhcpConfiguration } from "@aws-sdk/client-ec2";
import { AMAZON_PROVIDED } from "../../domain/told-names.ts";
import type { DhcpConfiguration } from "../../state/ec2-dhcp-options.ts";
import { AwsError } from "../aws-error.ts";
import { invalidValue } from "./ec2-operation.ts";

interface Option {
  readonly most: number;
  readonly takes: (value: string) => boolean;
}

const isAddress = (value: string): boolean => isIPv4(value) || isIPv6(value);

/** Source: API reference, CreateDhcpOptions. */
const OPTIONS: Readonly<Record<string, Option>> = {
  "domain-name-servers": { most: 4, takes: (value) => value === AMAZON_PROVIDED || isAddress(value) },
  // Several may stand in one value, with spaces between them, which Linux takes as a list to search.
  "domain-name": { most: 1, takes: (value) => /^[a-zA-Z0-9._ -]{1,255}$/.test(value) },
  "ntp-servers": { most: 8, takes: isAddress },
  "netbios-name-servers": { most: 4, takes: isIPv4 },
  "netbios-node-type": { most: 1, takes: (value) => ["1", "2", "4", "8"].includes(value) },
  "ipv6-address-preferred-lease-time": {
    most: 1,
    takes: (value) => /^\d{3,10}$/.test(value) && Number(value) >= 140 && Number(value) <= 4_294_967_295,
  },
};

/**
 * The options that a request spells out.
 * @throws InvalidParameterValue, MissingParameter
 */
export function dhcpConfigurations(given: readonly NewDhcpConfiguration[] = []): readonly DhcpConfiguration[] {
  const configurations = given.map(({ Key = "", Values = [] }) => configuration(Key, Values));
  if (configurations.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter dhcpConfiguration");
  const twice = configurations.find(({ key }, at) => configurations.findIndex((other) => other.key === key) !== at);
  if (twice) throw invalidValue(`Value (${twice.key}) for parameter key is invalid. Duplicate DHCP option.`);
  return configurations;
}

function configuration(key: string, values: readonly string[]): DhcpConfiguration {
  const option = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
  if (!option) throw invalidValue(`Value (${key}) for parameter key is invalid. Unknown DHCP option.`);
  if (values.length === 0) throw invalidValue(`Value () for parameter value is invalid. ${key} needs a value.`);
  if (values.length > option.most)
    throw invalidValue(`Value (${values.join(", ")}) for parameter value is invalid. ${key} takes ${option.most} at most.`);
  for (const value of values)
    if (!option.takes(value)) throw invalidValue(`Value (${value}) for parameter value is invalid. Invalid value for DHCP option ${key}.`);
  return { key, values };
}
