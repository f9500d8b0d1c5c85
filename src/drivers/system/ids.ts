import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../../ports/ids.ts";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Ids from the machine's random number generator. */
export const systemIds: Ids = {
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString("hex")
      .slice(0, length),
  alphanumeric: (length) => Array.from({ length }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join(""),
  digits: (length) => Array.from({ length }, (_, at) => (at === 0 ? randomInt(1, 10) : randomInt(10))).join(""),
  uuid: () => randomUUID(),
};
