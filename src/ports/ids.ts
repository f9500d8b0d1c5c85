/** Chance as an argument: where ids and suffixes come from. */
export interface Ids {
  /** Lower-case hexadecimal of exactly `length` characters. */
  hex(length: number): string;
  /** Characters of `A-Za-z0-9`, as in the suffix of a secret's ARN. */
  alphanumeric(length: number): string;
  /** Decimal digits without a leading zero, as in an ECS deployment id. */
  digits(length: number): string;
  /** A random UUID (RFC 9562, version 4). */
  uuid(): string;
}
