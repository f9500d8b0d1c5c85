import { refusal } from "./refusal.ts";

const TROUBLESHOOTING = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/** CPU units of a task's `cpu`: `1024`, `1 vCPU`, `.25vcpu`. @throws ClientException */
export function cpuUnits(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const plain = /^\s*(\d+)\s*$/.exec(text)?.[1];
  const cores = /^\s*(\d*\.?\d+)\s*vcpu\s*$/i.exec(text)?.[1];
  const units = plain === undefined ? Number(cores ?? Number.NaN) * 1024 : Number(plain);
  if (!Number.isInteger(units) || units < 1) throw refusal(`Invalid 'cpu' setting for task. ${TROUBLESHOOTING}`);
  return units;
}

/** MiB of a task's `memory`: `2048`, `2GB`, `0.5 GB`. @throws ClientException */
export function memoryMib(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const plain = /^\s*(\d+)\s*(?:mb)?\s*$/i.exec(text)?.[1];
  const gigabytes = /^\s*(\d*\.?\d+)\s*gb\s*$/i.exec(text)?.[1];
  const mib = plain === undefined ? Number(gigabytes ?? Number.NaN) * 1024 : Number(plain);
  if (!Number.isInteger(mib) || mib < 1) throw refusal(`Invalid 'memory' setting for task. ${TROUBLESHOOTING}`);
  return mib;
}

/**
 * Which memory, in MiB, Fargate offers for which CPU units: first, last and step.
 * Source: Amazon ECS Developer Guide, "Fargate task sizes".
 */
const FARGATE_SIZES: ReadonlyMap<number, readonly [first: number, last: number, step: number]> = new Map([
  [512, [1024, 4096, 1024]],
  [1024, [2048, 8192, 1024]],
  [2048, [4096, 16_384, 1024]],
  [4096, [8192, 30_720, 1024]],
  [8192, [16_384, 61_440, 4096]],
  [16_384, [32_768, 122_880, 8192]],
]);

export function isFargateSize(cpu: number, memory: number): boolean {
  if (cpu === 256) return [512, 1024, 2048].includes(memory);
  const size = FARGATE_SIZES.get(cpu);
  if (!size) return false;
  const [first, last, step] = size;
  return memory >= first && memory <= last && (memory - first) % step === 0;
}
