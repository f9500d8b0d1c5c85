/** An IPv4 block. */
export interface Cidr {
  /** The network address as a number; its host bits are zero. */
  readonly base: number;
  /** 0 to 32. */
  readonly prefix: number;
  /** How many addresses it has. */
  readonly size: number;
}

/** Parses `10.0.1.0/24`; `undefined` where the text is not a block, or its host bits are not zero. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d|[12]\d|3[0-2])$/.exec(text);
  const base = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  if (base === undefined || match?.[2] === undefined) return undefined;
  const prefix = Number(match[2]);
  const size = 2 ** (32 - prefix);
  return base % size === 0 ? { base, prefix, size } : undefined;
}

/** Parses `10.0.1.4` into a number; `undefined` where the text is not an address in its plain form. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((address, part) => address * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function contains(block: Cidr, address: number): boolean {
  return address >= block.base && address < block.base + block.size;
}

/** Whether a block, as text, has an address, as text. What is neither has and is nothing. */
export function blockHas(block: string, address: string): boolean {
  const cidr = parseCidr(block);
  const number = parseAddress(address);
  return cidr !== undefined && number !== undefined && contains(cidr, number);
}

/** The second address of a block, which AWS gives a VPC's router: here the host's own in the VPC's network. */
export function routerOf(block: Cidr): string {
  return formatAddress(block.base + 1);
}

/** The third address of a VPC's first block, at which AWS has the VPC's resolver. */
export function resolverOf(block: Cidr): string {
  return formatAddress(block.base + 2);
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

/** A block as AWS stores it: `10.0.1.4/24` is `10.0.1.0/24`. `undefined` where the text is no block. */
export function canonicalBlock(text: string): string | undefined {
  const [address = "", prefix = ""] = text.split("/");
  const number = parseAddress(address);
  if (number === undefined || text !== `${address}/${prefix}` || !/^(\d|[12]\d|3[0-2])$/.test(prefix)) return undefined;
  const size = 2 ** (32 - Number(prefix));
  return `${formatAddress(Math.floor(number / size) * size)}/${prefix}`;
}

/** Whether all of a block lies in another one, or is it. */
export function encloses(outer: Cidr | undefined, inner: Cidr): boolean {
  return outer !== undefined && inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}
